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
), measured_last_winter AS (
  /* metrics over last winter, as last computed */
  SELECT
    metering_point_id,
    CASE WHEN NOT ISNAN(electricity_use) THEN electricity_use END AS electricity_use
  FROM metrics
  WHERE
    metrics.controller = 'lahti_energia'
    AND period = 'last winter'
    AND as_of = (
      SELECT
        MAX(as_of)
      FROM metrics
      WHERE
        metrics.controller = 'lahti_energia'
        AND period = 'last winter'
        AND as_of <= CAST('2026-11-24' AS DATE)
    )
), held AS (
  /* where those contracts are, and what was measured there */
  SELECT
    running_contracts.person_id,
    metering_points.site_id,
    metering_points.metering_point_id,
    metering_points.energy,
    last_winter.electricity_use AS electricity_use_last_winter
  FROM running_contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_winter AS last_winter
    ON last_winter.metering_point_id = running_contracts.metering_point_id
), line_6_sites AS (
  /* sites that renewal.yml:6 speaks of */
  SELECT
    held.person_id,
    held.site_id,
    sites.building_type AS building_type,
    sites.heating AS heating,
    CASE
      WHEN COUNT(*) FILTER(WHERE
        held.energy = 'electricity') = COUNT(held.electricity_use_last_winter)
      THEN SUM(held.electricity_use_last_winter)
    END AS electricity_use_last_winter
  FROM held
  JOIN sites
    ON sites.controller = 'lahti_energia' AND sites.site_id = held.site_id
  GROUP BY
    held.person_id,
    held.site_id,
    sites.building_type,
    sites.heating
), line_8 AS (
  /* renewal.yml:8: building type is detached_house */
  SELECT
    sites.*,
    sites.building_type = 'detached_house' AS line_8
  FROM line_6_sites AS sites
), line_9 AS (
  /* renewal.yml:9: heating is direct_electric or storage_electric */
  SELECT
    sites.*,
    sites.heating IN ('direct_electric', 'storage_electric') AS line_9
  FROM line_8 AS sites
), line_10 AS (
  /* renewal.yml:10: electricity use over last winter at least 9000 kWh */
  SELECT
    sites.*,
    sites.electricity_use_last_winter >= 9000 AS line_10
  FROM line_9 AS sites
), line_11_contracts AS (
  /* contracts that renewal.yml:11 speaks of */
  SELECT
    contracts.contract_id,
    contracts.person_id,
    metering_points.site_id,
    contracts.contract_type AS contract_type,
    contracts.end_date AS end_date
  FROM contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = contracts.metering_point_id
  WHERE
    contracts.controller = 'lahti_energia' AND NOT contracts.person_id IS NULL
), line_13 AS (
  /* renewal.yml:13: contract type is fixed_term */
  SELECT
    contracts.*,
    contracts.contract_type = 'fixed_term' AS line_13
  FROM line_11_contracts AS contracts
), line_14 AS (
  /* renewal.yml:14: end date within the next 60 days */
  SELECT
    contracts.*,
    contracts.end_date BETWEEN CAST('2026-11-24' AS DATE) AND CAST('2027-01-23' AS DATE) AS line_14
  FROM line_13 AS contracts
), line_11 AS (
  /* renewal.yml:11: has a contract for which all of these lines hold */
  SELECT
    sites.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_11
  FROM line_10 AS sites
  LEFT JOIN (
    SELECT
      person_id,
      site_id,
      BOOL_OR(line_13 AND line_14) AS verdict
    FROM line_14 AS contracts
    WHERE
      line_13 IS DISTINCT FROM FALSE AND line_14 IS DISTINCT FROM FALSE
    GROUP BY
      person_id,
      site_id
  ) AS found
    USING (person_id, site_id)
), line_15_contracts AS (
  /* contracts that renewal.yml:15 speaks of */
  SELECT
    contracts.contract_id,
    contracts.person_id,
    metering_points.site_id,
    contracts.start_date AS start_date
  FROM contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = contracts.metering_point_id
  WHERE
    contracts.controller = 'lahti_energia' AND NOT contracts.person_id IS NULL
), line_17 AS (
  /* renewal.yml:17: start date after today */
  SELECT
    contracts.*,
    contracts.start_date > CAST('2026-11-24' AS DATE) AS line_17
  FROM line_15_contracts AS contracts
), line_15 AS (
  /* renewal.yml:15: has no contract for which all of these lines hold */
  SELECT
    sites.*,
    NOT CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_15
  FROM line_11 AS sites
  LEFT JOIN (
    SELECT
      person_id,
      site_id,
      BOOL_OR(line_17) AS verdict
    FROM line_17 AS contracts
    WHERE
      line_17 IS DISTINCT FROM FALSE
    GROUP BY
      person_id,
      site_id
  ) AS found
    USING (person_id, site_id)
), line_6 AS (
  /* renewal.yml:6: has a site for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_6,
    found.site_id AS site_id
  FROM audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(line_8 AND line_9 AND line_10 AND line_11 AND line_15) AS verdict,
      MIN(site_id) FILTER(WHERE
        line_8 AND line_9 AND line_10 AND line_11 AND line_15) AS site_id
    FROM line_15 AS sites
    WHERE
      line_8 IS DISTINCT FROM FALSE
      AND line_9 IS DISTINCT FROM FALSE
      AND line_10 IS DISTINCT FROM FALSE
      AND line_11 IS DISTINCT FROM FALSE
      AND line_15 IS DISTINCT FROM FALSE
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_19 AS (
  /* renewal.yml:19: complaint opened, within the last 30 days */
  SELECT
    people.*,
    COALESCE(found.times, 0) >= 1 AS line_19
  FROM line_6 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(*) AS times
    FROM events
    WHERE
      controller = 'lahti_energia'
      AND name = 'complaint_opened'
      AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
      AND occurred_at >= CAST('2026-10-24 21:00:00+00:00' AS TIMESTAMPTZ)
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
)
SELECT
  person_id,
  site_id
FROM line_19
WHERE
  line_6 AND line_19 IS DISTINCT FROM TRUE
ORDER BY
  person_id
