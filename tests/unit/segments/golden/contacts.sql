WITH audience AS (
  /* everyone of lahti_energia */
  SELECT
    persons.person_id
  FROM persons
  WHERE
    persons.controller = 'lahti_energia'
    AND (
      persons.ended_on IS NULL OR persons.ended_on > CAST('2026-11-24' AS DATE)
    )
), line_6 AS (
  /* contacts.yml:6: clicked a link of any newsletter, within the last 90 days, at least 2 times */
  SELECT
    people.*,
    CASE
      WHEN EXISTS(
        SELECT
          1
        FROM clicks
        WHERE
          controller = 'lahti_energia'
          AND kind = 'newsletter'
          AND clicked_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      )
      THEN COALESCE(found.times, 0) >= 2
    END AS line_6
  FROM audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM clicks
    WHERE
      controller = 'lahti_energia'
      AND kind = 'newsletter'
      AND clicked_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      AND clicked_at >= CAST('2026-08-25 21:00:00+00:00' AS TIMESTAMPTZ)
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_7 AS (
  /* contacts.yml:7: answered survey autumn question nps, answer at most 6 */
  SELECT
    people.*,
    COALESCE(found.times, 0) >= 1 AS line_7
  FROM line_6 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM events
    WHERE
      controller = 'lahti_energia'
      AND name = 'survey_answered'
      AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      AND (
        properties ->> '$.survey'
      ) = 'autumn'
      AND (
        properties ->> '$.question'
      ) = 'nps'
      AND TRY_CAST((
        properties ->> '$.answer'
      ) AS DECIMAL(18, 4)) <= 6
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_8 AS (
  /* contacts.yml:8: never answered survey spring, within the last 6 months */
  SELECT
    people.*,
    COALESCE(found.times, 0) = 0 AS line_8
  FROM line_7 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM events
    WHERE
      controller = 'lahti_energia'
      AND name = 'survey_answered'
      AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      AND occurred_at >= CAST('2026-05-23 21:00:00+00:00' AS TIMESTAMPTZ)
      AND (
        properties ->> '$.survey'
      ) = 'spring'
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_9 AS (
  /* contacts.yml:9: on the list energy_fair */
  SELECT
    people.*,
    NOT found.delete_on IS NULL AS line_9
  FROM line_8 AS people
  LEFT JOIN (
    SELECT
      person_id,
      MAX(delete_on) AS delete_on
    FROM list_members
    WHERE
      controller = 'lahti_energia'
      AND list_name = 'energy_fair'
      AND delete_on > CAST('2026-11-24' AS DATE)
      AND (
        added_on IS NULL OR added_on <= CAST('2026-11-24' AS DATE)
      )
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_10_companies AS (
  /* companies that contacts.yml:10 speaks of */
  SELECT
    roles.person_id,
    roles.company_id,
    companies.postal_code AS postal_code
  FROM roles
  JOIN companies
    ON companies.controller = 'lahti_energia'
    AND companies.company_id = roles.company_id
  WHERE
    roles.controller = 'lahti_energia'
    AND (
      (
        roles.start_date IS NULL OR roles.start_date <= CAST('2026-11-24' AS DATE)
      )
      AND (
        roles.end_date IS NULL OR roles.end_date >= CAST('2026-11-24' AS DATE)
      )
    )
), line_13 AS (
  /* contacts.yml:13: postal code starts with 151 or 15800 */
  SELECT
    companies.*,
    STARTS_WITH(companies.postal_code, '151')
    OR STARTS_WITH(companies.postal_code, '15800') AS line_13
  FROM line_10_companies AS companies
), line_14 AS (
  /* contacts.yml:14: postal code within 15 km of 15110 */
  SELECT
    companies.*,
    companies.postal_code IN ('15100', '15110', '15860') AS line_14
  FROM line_13 AS companies
), line_12 AS (
  /* contacts.yml:12: any of these lines */
  SELECT
    companies.*,
    companies.line_13 OR companies.line_14 AS line_12
  FROM line_14 AS companies
), line_10 AS (
  /* contacts.yml:10: has a company for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_10
  FROM line_9 AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(line_12) AS verdict
    FROM line_12 AS companies
    WHERE
      line_12 IS DISTINCT FROM FALSE
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_16 AS (
  /* contacts.yml:16: received renewal_offer, within the last 45 days */
  SELECT
    people.*,
    COALESCE(found.times, 0) >= 1 AS line_16
  FROM line_10 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM messages
    WHERE
      controller = 'lahti_energia'
      AND mailing = 'renewal_offer'
      AND handed_over_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      AND handed_over_at >= CAST('2026-10-09 21:00:00+00:00' AS TIMESTAMPTZ)
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_17 AS (
  /* contacts.yml:17: never received welcome */
  SELECT
    people.*,
    COALESCE(found.times, 0) = 0 AS line_17
  FROM line_16 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM messages
    WHERE
      controller = 'lahti_energia'
      AND mailing = 'welcome'
      AND handed_over_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_18 AS (
  /* contacts.yml:18: not on the list fair_2026 */
  SELECT
    people.*,
    found.delete_on IS NULL AS line_18
  FROM line_17 AS people
  LEFT JOIN (
    SELECT
      person_id,
      MAX(delete_on) AS delete_on
    FROM list_members
    WHERE
      controller = 'lahti_energia'
      AND list_name = 'fair_2026'
      AND delete_on > CAST('2026-11-24' AS DATE)
      AND (
        added_on IS NULL OR added_on <= CAST('2026-11-24' AS DATE)
      )
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
)
SELECT
  person_id
FROM line_18
WHERE
  line_6
  AND line_7
  AND line_8
  AND line_9
  AND line_10
  AND line_16 IS DISTINCT FROM TRUE
  AND line_17 IS DISTINCT FROM TRUE
  AND line_18 IS DISTINCT FROM TRUE
ORDER BY
  person_id
