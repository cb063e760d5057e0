-- name: companies
-- The company that each person is counted with: the lowest id of those with a running role.
SELECT
    person_id,
    min(company_id) AS company_id
FROM roles
WHERE
    controller = $controller
    AND (start_date IS NULL OR start_date <= $as_of)
    AND (end_date IS NULL OR end_date >= $as_of)
GROUP BY person_id

-- name: latest_activity
-- When each person last did anything, in microseconds: the most is preferred.
SELECT
    person_id,
    epoch_us(max(occurred_at)) AS preferred
FROM events
WHERE controller = $controller AND occurred_at < $until
GROUP BY person_id

-- name: longest_customer
-- For how many days each person has been a customer: the most is preferred.
SELECT
    person_id,
    date_diff('day', min(start_date), $as_of) AS preferred
FROM relationships
WHERE controller = $controller AND kind = 'customer' AND start_date <= $as_of
GROUP BY person_id

-- name: lots
-- Each person's place in the draw of a name, see drawing.py.
SELECT
    person_id,
    substring(md5($name || ':' || person_id), 1, 8) AS lot
FROM drawn_people
ORDER BY person_id

-- name: periods
-- The dates that metrics over these periods were last computed for.
SELECT
    period,
    max(as_of) AS as_of,
    arg_max(period_start, as_of) AS first_day,
    arg_max(period_end, as_of) AS last_day
FROM metrics
WHERE controller = $controller AND list_contains($periods, period) AND as_of <= $as_of
GROUP BY period
ORDER BY period

-- name: not_agreed
-- How many people of the audience are not among those who agreed.
SELECT count(DISTINCT person_id) AS people
FROM verdicts
ANTI JOIN agreed_people USING (person_id);

-- name: given_with_purchase
-- How many of these people gave their address of a channel with a purchase.
SELECT
    channel,
    count(DISTINCT person_id) AS people
FROM contact_points
SEMI JOIN denied_people USING (person_id, channel)
WHERE controller = $controller AND from_sale AND (valid_to IS NULL OR valid_to > $as_of)
GROUP BY channel

-- name: last_sizes
-- How many members a segment had at its last three snapshots, the newest first.
SELECT members FROM segment_snapshots
WHERE controller = $controller AND segment = $segment
ORDER BY taken_at DESC LIMIT 3

-- name: perhaps_not_profiled
-- People of whom the register says something that may keep them from being profiled: young, or dead.
SELECT DISTINCT person_id
FROM persons
WHERE controller = $controller
    AND (kind IN ('minor', 'estate') OR birth_year >= $at - 19 OR deceased)

-- name: last_score
-- When a score was last published, and by which version of its model.
SELECT max(scored_at) AS scored_at, arg_max(version, scored_at) AS version
FROM scores
WHERE controller = $controller AND score = $score AND scored_at < $until
