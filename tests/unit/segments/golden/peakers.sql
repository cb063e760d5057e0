WITH running_contracts AS (
  /* contracts that run on 2026-11-24 */
  SELECT DISTINCT
    person_id,
    metering_point_id
  FROM contracts
  WHERE
    contracts.controller = 'lahti_energia'
    AND NOT person_id IS NULL
    AND (
      (
        contracts.start_date IS NULL
        OR contracts.start_date <= CAST('2026-11-24' AS DATE)
      )
      AND (
        contracts.end_date IS NULL OR contracts.end_date >= CAST('2026-11-24' AS DATE)
      )
    )
), audience AS (
  /* customers of lahti_energia */
  SELECT
    persons.person_id
  FROM persons
  WHERE
    persons.controller = 'lahti_energia'
    AND (
      persons.ended_on IS NULL OR persons.ended_on > CAST('2026-11-24' AS DATE)
    )
    AND persons.person_id IN (
      SELECT
        person_id
      FROM running_contracts
    )
), measured_last_3_months AS (
  /* metrics over last 3 months, as last computed */
  SELECT
    metering_point_id,
    CASE WHEN NOT ISNAN(evening_share) THEN evening_share END AS evening_share,
    CASE WHEN NOT ISNAN(market_average) THEN market_average END AS market_average,
    CASE WHEN NOT ISNAN(spot_paid) THEN spot_paid END AS spot_paid
  FROM metrics
  WHERE
    metrics.controller = 'lahti_energia'
    AND period = 'last 3 months'
    AND as_of = (
      SELECT
        MAX(as_of)
      FROM metrics
      WHERE
        metrics.controller = 'lahti_energia'
        AND period = 'last 3 months'
        AND as_of <= CAST('2026-11-24' AS DATE)
    )
), held AS (
  /* where those contracts are, and what was measured there */
  SELECT
    running_contracts.person_id,
    metering_points.site_id,
    metering_points.metering_point_id,
    metering_points.energy,
    CASE
      WHEN NOT hourly_consents.person_id IS NULL
      THEN last_3_months.evening_share
    END AS evening_share_last_3_months,
    CASE
      WHEN NOT hourly_consents.person_id IS NULL
      THEN last_3_months.market_average
    END AS market_average_last_3_months,
    CASE WHEN NOT hourly_consents.person_id IS NULL THEN last_3_months.spot_paid END AS spot_paid_last_3_months
  FROM running_contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_3_months AS last_3_months
    ON last_3_months.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN hourly_consents
    ON hourly_consents.person_id = running_contracts.person_id
), line_6_sites AS (
  /* sites that peakers.yml:6 speaks of */
  SELECT
    held.person_id,
    held.site_id,
    MAX(held.evening_share_last_3_months) AS evening_share_last_3_months,
    AVG(held.market_average_last_3_months) AS market_average_last_3_months,
    MAX(held.spot_paid_last_3_months) AS spot_paid_last_3_months
  FROM held
  GROUP BY
    held.person_id,
    held.site_id
), line_8_contracts AS (
  /* contracts that peakers.yml:8 speaks of */
  SELECT
    contracts.contract_id,
    contracts.person_id,
    metering_points.site_id,
    contracts.contract_type AS contract_type,
    (
      contracts.start_date IS NULL
      OR contracts.start_date <= CAST('2026-11-24' AS DATE)
    )
    AND (
      contracts.end_date IS NULL OR contracts.end_date >= CAST('2026-11-24' AS DATE)
    ) AS running
  FROM contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = contracts.metering_point_id
  WHERE
    contracts.controller = 'lahti_energia' AND NOT contracts.person_id IS NULL
), line_9 AS (
  /* peakers.yml:9: contract type is spot */
  SELECT
    contracts.*,
    contracts.contract_type = 'spot' AS line_9
  FROM line_8_contracts AS contracts
), line_9_2 AS (
  /* peakers.yml:9: running is yes */
  SELECT
    contracts.*,
    contracts.running = TRUE AS line_9_2
  FROM line_9 AS contracts
), line_8 AS (
  /* peakers.yml:8: has a contract for which all of these lines hold */
  SELECT
    sites.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_8
  FROM line_6_sites AS sites
  LEFT JOIN (
    SELECT
      person_id,
      site_id,
      BOOL_OR(line_9 AND line_9_2) AS verdict
    FROM line_9_2 AS contracts
    WHERE
      line_9 IS DISTINCT FROM FALSE AND line_9_2 IS DISTINCT FROM FALSE
    GROUP BY
      person_id,
      site_id
  ) AS found
    USING (person_id, site_id)
), line_10 AS (
  /* peakers.yml:10: share of evenings over last 3 months at least 35 % */
  SELECT
    sites.*,
    sites.evening_share_last_3_months >= 0.35 AS line_10
  FROM line_8 AS sites
), line_11 AS (
  /* peakers.yml:11: spot price paid over last 3 months more than 110 % of market average */
  SELECT
    sites.*,
    sites.spot_paid_last_3_months > 1.1 * sites.market_average_last_3_months AS line_11
  FROM line_10 AS sites
), line_6 AS (
  /* peakers.yml:6: has a site for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_6,
    found.site_id AS site_id,
    found.order_value AS order_value
  FROM audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(line_8 AND line_10 AND line_11) AS verdict,
      MAX(spot_paid_last_3_months) FILTER(WHERE
        line_8 AND line_10 AND line_11) AS order_value,
      ARG_MAX(site_id, spot_paid_last_3_months) FILTER(WHERE
        line_8 AND line_10 AND line_11) AS site_id
    FROM line_11 AS sites
    WHERE
      line_8 IS DISTINCT FROM FALSE
      AND line_10 IS DISTINCT FROM FALSE
      AND line_11 IS DISTINCT FROM FALSE
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_13 AS (
  /* peakers.yml:13: page visited, page spot_price or front, within the last 60 days, at least 2 times */
  SELECT
    people.*,
    CASE
      WHEN people.person_id IN (
        SELECT
          person_id
        FROM browsing_consents
      )
      THEN COALESCE(found.times, 0) >= 2
    END AS line_13
  FROM line_6 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM events
    WHERE
      controller = 'lahti_energia'
      AND name = 'page_visited'
      AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      AND occurred_at >= CAST('2026-09-24 21:00:00+00:00' AS TIMESTAMPTZ)
      AND (
        properties ->> '$.page'
      ) IN ('spot_price', 'front')
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_14 AS (
  /* peakers.yml:14: relationship is not portal_user */
  SELECT
    people.*,
    NOT found.test_1 AS line_14
  FROM line_13 AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(kind = 'portal_user') AS test_1
    FROM relationships
    WHERE
      relationships.controller = 'lahti_energia'
      AND (
        (
          relationships.start_date IS NULL
          OR relationships.start_date <= CAST('2026-11-24' AS DATE)
        )
        AND (
          relationships.end_date IS NULL
          OR relationships.end_date >= CAST('2026-11-24' AS DATE)
        )
      )
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_12 AS (
  /* peakers.yml:12: any of these lines */
  SELECT
    people.*,
    people.line_13 OR people.line_14 AS line_12
  FROM line_14 AS people
)
SELECT
  person_id,
  site_id
FROM line_12
WHERE
  line_6 AND line_12
ORDER BY
  person_id
