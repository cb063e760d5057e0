-- name: periods
-- Who held each metering point of this person, and when; a contract left open ended when the next one's began.
WITH theirs AS (
    SELECT DISTINCT metering_point_id
    FROM contracts
    WHERE controller = $controller AND person_id = $person_id AND metering_point_id IS NOT NULL
),
held AS (
    SELECT DISTINCT metering_point_id, person_id, company_id, start_date, end_date
    FROM contracts JOIN theirs USING (metering_point_id)
    WHERE controller = $controller
)
SELECT one.metering_point_id, one.start_date AS first,
    one.person_id IS NOT DISTINCT FROM $person_id AS is_own,
    coalesce(one.end_date, min(next.start_date) - 1, DATE '9999-12-30') AS last
FROM held AS one
LEFT JOIN held AS next ON next.metering_point_id = one.metering_point_id
    AND next.start_date > one.start_date
    AND (next.person_id IS DISTINCT FROM one.person_id OR next.company_id IS DISTINCT FROM one.company_id)
GROUP BY one.metering_point_id, one.person_id, one.company_id, one.start_date, one.end_date
ORDER BY one.metering_point_id, first, last

-- name: points
-- The person's metering points; what another holder may have changed since is told only of those held now.
SELECT p.metering_point_id, p.site_id, p.energy, p.gsrn, own.is_held,
    CASE WHEN own.is_held THEN p.fuse_a END AS fuse_a, p.source, p.received_at
FROM metering_points AS p
JOIN (
    SELECT metering_point_id, max(last) >= $today AS is_held FROM periods WHERE is_own GROUP BY ALL
) AS own USING (metering_point_id)
WHERE p.controller = $controller
ORDER BY p.metering_point_id

-- name: sites
-- The sites of those metering points, by the same rule.
SELECT s.site_id, s.number, own.is_held, s.address, s.postal_code,
    CASE WHEN own.is_held THEN s.building_type END AS building_type,
    CASE WHEN own.is_held THEN s.building_year END AS building_year,
    CASE WHEN own.is_held THEN s.heating END AS heating,
    CASE WHEN own.is_held THEN s.area_m2 END AS area_m2,
    s.source, s.received_at
FROM sites AS s
JOIN (SELECT site_id, bool_or(is_held) AS is_held FROM points GROUP BY ALL) AS own USING (site_id)
WHERE s.controller = $controller
ORDER BY s.site_id

-- name: days
-- Consumption of the days that are this person's.
SELECT d.metering_point_id, d.gsrn, d.direction, d.local_date, d.resolution_min, d.wh, d.quality,
    d.wh_sum, d.intervals_expected, d.intervals_present
FROM consumption_days AS d
JOIN own_spans AS own ON own.metering_point_id = d.metering_point_id
    AND d.local_date BETWEEN own.first AND own.last
WHERE d.controller = $controller
ORDER BY d.metering_point_id, d.direction, d.local_date

-- name: day_facts
-- What was computed of those days.
SELECT d.* EXCLUDE (controller, month)
FROM day_facts AS d
JOIN own_spans AS own ON own.metering_point_id = d.metering_point_id
    AND d.local_date BETWEEN own.first AND own.last
WHERE d.controller = $controller
ORDER BY d.metering_point_id, d.local_date

-- name: reading_flags
-- Which of those days were flagged; a run that began under another holder begins with the person's own days.
SELECT f.metering_point_id, f.direction, f.flag, greatest(f.first_date, own.first) AS first_date,
    least(f.last_date, own.last) AS last_date,
    (least(f.last_date, own.last) - greatest(f.first_date, own.first))::INTEGER + 1 AS days
FROM reading_flags AS f
JOIN own_spans AS own ON own.metering_point_id = f.metering_point_id
    AND f.first_date <= own.last AND f.last_date >= own.first
WHERE f.controller = $controller
ORDER BY f.metering_point_id, f.direction, f.flag, first_date

-- name: reading_twins
-- And which had the same values as those of another metering point; not whose.
SELECT d.* EXCLUDE (controller, month)
FROM reading_twins AS d
JOIN own_spans AS own ON own.metering_point_id = d.metering_point_id
    AND d.local_date BETWEEN own.first AND own.last
WHERE d.controller = $controller
ORDER BY d.metering_point_id, d.direction, d.local_date

-- name: heat_registers
-- What the person's heat meters showed on those days.
SELECT d.* EXCLUDE (controller, month, received, file)
FROM heat_registers AS d
JOIN own_spans AS own ON own.metering_point_id = d.metering_point_id
    AND d.local_date BETWEEN own.first AND own.last
WHERE d.controller = $controller
ORDER BY d.metering_point_id, d.local_date

-- name: heat_days
-- What was computed of it.
SELECT d.* EXCLUDE (controller, month)
FROM heat_days AS d
JOIN own_spans AS own ON own.metering_point_id = d.metering_point_id
    AND d.local_date BETWEEN own.first AND own.last
WHERE d.controller = $controller
ORDER BY d.metering_point_id, d.local_date

-- name: kept_months
-- Monthly sums of days that are no longer kept; of a month that two held nobody can tell whose was what.
SELECT m.metering_point_id, m.direction, m.month, m.wh_sum, m.days, m.intervals_expected, m.intervals_present
FROM (SELECT *, strptime(month || '-01', '%Y-%m-%d')::DATE AS first FROM consumption_months) AS m
SEMI JOIN own_spans AS own ON own.metering_point_id = m.metering_point_id
    AND own.first <= last_day(m.first) AND own.last >= m.first
ANTI JOIN (SELECT * FROM periods WHERE NOT is_own) AS other ON other.metering_point_id = m.metering_point_id
    AND other.first <= last_day(m.first) AND other.last >= m.first
WHERE m.controller = $controller
ORDER BY m.metering_point_id, m.direction, m.month

-- name: month_facts
-- What was computed of those months, by the same rule.
SELECT m.* EXCLUDE (controller, first)
FROM (SELECT *, strptime(month || '-01', '%Y-%m-%d')::DATE AS first FROM month_facts) AS m
SEMI JOIN own_spans AS own ON own.metering_point_id = m.metering_point_id
    AND own.first <= last_day(m.first) AND own.last >= m.first
ANTI JOIN (SELECT * FROM periods WHERE NOT is_own) AS other ON other.metering_point_id = m.metering_point_id
    AND other.first <= last_day(m.first) AND other.last >= m.first
WHERE m.controller = $controller
ORDER BY m.metering_point_id, m.month

-- name: metrics
-- What was computed for the metering points that the person holds, about days that are theirs.
SELECT m.* EXCLUDE (controller)
FROM metrics AS m
JOIN own_spans AS own ON own.metering_point_id = m.metering_point_id AND m.as_of BETWEEN own.first AND own.last
WHERE m.controller = $controller
ORDER BY m.metering_point_id, m.period, m.as_of

-- name: metrics_history
-- The same, as it was at the end of each month.
SELECT m.* EXCLUDE (controller, month)
FROM metrics_history AS m
JOIN own_spans AS own ON own.metering_point_id = m.metering_point_id AND m.as_of BETWEEN own.first AND own.last
WHERE m.controller = $controller
ORDER BY m.metering_point_id, m.period, m.as_of

-- name: companies
-- The companies in which the person has or had a role.
SELECT c.* EXCLUDE (controller)
FROM companies AS c
JOIN (
    SELECT DISTINCT company_id FROM roles WHERE controller = $controller AND person_id = $person_id
) USING (company_id)
WHERE c.controller = $controller
ORDER BY c.company_id
