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
), measured_last_full_year AS (
  /* metrics over last full year, as last computed */
  SELECT
    metering_point_id,
    CASE WHEN NOT ISNAN(kwh_year) THEN kwh_year END AS kwh_year
  FROM metrics
  WHERE
    metrics.controller = 'lahti_energia'
    AND period = 'last full year'
    AND as_of = (
      SELECT
        MAX(as_of)
      FROM metrics
      WHERE
        metrics.controller = 'lahti_energia'
        AND period = 'last full year'
        AND as_of <= CAST('2026-11-24' AS DATE)
    )
), measured_last_3_months AS (
  /* metrics over last 3 months, as last computed */
  SELECT
    metering_point_id,
    CASE WHEN NOT ISNAN(peak_kw) THEN peak_kw END AS peak_kw
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
    last_winter.electricity_use AS electricity_use_last_winter,
    last_full_year.kwh_year AS kwh_year_last_full_year,
    CASE WHEN NOT hourly_consents.person_id IS NULL THEN last_3_months.peak_kw END AS peak_kw_last_3_months
  FROM running_contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_winter AS last_winter
    ON last_winter.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_full_year AS last_full_year
    ON last_full_year.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_3_months AS last_3_months
    ON last_3_months.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN hourly_consents
    ON hourly_consents.person_id = running_contracts.person_id
), audience_metrics AS (
  /* their metrics */
  SELECT
    people.*,
    summed.kwh_year_last_full_year
  FROM audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      CASE
        WHEN COUNT(*) FILTER(WHERE
          held.energy = 'electricity') = COUNT(held.kwh_year_last_full_year)
        THEN SUM(held.kwh_year_last_full_year)
      END AS kwh_year_last_full_year
    FROM held
    GROUP BY
      person_id
  ) AS summed
    USING (person_id)
), line_6_values AS (
  /* people that line_6 ranks */
  SELECT
    people.person_id,
    people.kwh_year_last_full_year AS value
  FROM audience_metrics AS people
  WHERE
    NOT people.kwh_year_last_full_year IS NULL
    AND NOT people.person_id IN (
      SELECT
        person_id
      FROM not_profiled
    )
), line_6_ranked AS (
  /* highest first, equals by lot */
  SELECT
    person_id,
    value,
    ROW_NUMBER() OVER (
      ORDER BY value DESC, SUBSTRING(MD5('ranks:' || CAST(person_id AS TEXT)), 1, 8), person_id
    ) AS place,
    COUNT(*) OVER () AS ranked
  FROM line_6_values
), line_6 AS (
  /* ranks.yml:6: year's use over last full year among the highest 10 % */
  SELECT
    people.*,
    (
      found.place - 1
    ) * 10 < found.ranked AS line_6
  FROM audience_metrics AS people
  LEFT JOIN (
    SELECT
      person_id,
      place,
      ranked
    FROM line_6_ranked
  ) AS found
    USING (person_id)
), score_churn AS (
  /* what was said of people as churn, the newest first */
  SELECT
    person_id,
    CASE WHEN NOT ISNAN(value) THEN value END AS value,
    scored_at,
    valid_until,
    ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY scored_at DESC) AS newest
  FROM scores
  WHERE
    scores.controller = 'lahti_energia'
    AND score = 'churn'
    AND scored_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
), line_10_score AS (
  /* ranks.yml:10: churn */
  SELECT
    people.*,
    CASE
      WHEN found.scored_at >= CAST('2026-11-09 22:00:00+00:00' AS TIMESTAMPTZ)
      AND (
        found.valid_until IS NULL OR found.valid_until >= CAST('2026-11-24' AS DATE)
      )
      THEN found.value
    END AS line_10_score
  FROM line_6 AS people
  LEFT JOIN (
    SELECT
      person_id,
      value,
      scored_at,
      valid_until
    FROM score_churn
    WHERE
      newest = 1
  ) AS found
    USING (person_id)
), renewal_audience AS (
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
), renewal_line_6_sites AS (
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
), renewal_line_8 AS (
  /* renewal.yml:8: building type is detached_house */
  SELECT
    sites.*,
    sites.building_type = 'detached_house' AS renewal_line_8
  FROM renewal_line_6_sites AS sites
), renewal_line_9 AS (
  /* renewal.yml:9: heating is direct_electric or storage_electric */
  SELECT
    sites.*,
    sites.heating IN ('direct_electric', 'storage_electric') AS renewal_line_9
  FROM renewal_line_8 AS sites
), renewal_line_10 AS (
  /* renewal.yml:10: electricity use over last winter at least 9000 kWh */
  SELECT
    sites.*,
    sites.electricity_use_last_winter >= 9000 AS renewal_line_10
  FROM renewal_line_9 AS sites
), renewal_line_11_contracts AS (
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
), renewal_line_13 AS (
  /* renewal.yml:13: contract type is fixed_term */
  SELECT
    contracts.*,
    contracts.contract_type = 'fixed_term' AS renewal_line_13
  FROM renewal_line_11_contracts AS contracts
), renewal_line_14 AS (
  /* renewal.yml:14: end date within the next 60 days */
  SELECT
    contracts.*,
    contracts.end_date BETWEEN CAST('2026-11-24' AS DATE) AND CAST('2027-01-23' AS DATE) AS renewal_line_14
  FROM renewal_line_13 AS contracts
), renewal_line_11 AS (
  /* renewal.yml:11: has a contract for which all of these lines hold */
  SELECT
    sites.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS renewal_line_11
  FROM renewal_line_10 AS sites
  LEFT JOIN (
    SELECT
      person_id,
      site_id,
      BOOL_OR(renewal_line_13 AND renewal_line_14) AS verdict
    FROM renewal_line_14 AS contracts
    WHERE
      renewal_line_13 IS DISTINCT FROM FALSE AND renewal_line_14 IS DISTINCT FROM FALSE
    GROUP BY
      person_id,
      site_id
  ) AS found
    USING (person_id, site_id)
), renewal_line_15_contracts AS (
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
), renewal_line_17 AS (
  /* renewal.yml:17: start date after today */
  SELECT
    contracts.*,
    contracts.start_date > CAST('2026-11-24' AS DATE) AS renewal_line_17
  FROM renewal_line_15_contracts AS contracts
), renewal_line_15 AS (
  /* renewal.yml:15: has no contract for which all of these lines hold */
  SELECT
    sites.*,
    NOT CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS renewal_line_15
  FROM renewal_line_11 AS sites
  LEFT JOIN (
    SELECT
      person_id,
      site_id,
      BOOL_OR(renewal_line_17) AS verdict
    FROM renewal_line_17 AS contracts
    WHERE
      renewal_line_17 IS DISTINCT FROM FALSE
    GROUP BY
      person_id,
      site_id
  ) AS found
    USING (person_id, site_id)
), renewal_line_6 AS (
  /* renewal.yml:6: has a site for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS renewal_line_6,
    found.site_id AS site_id
  FROM renewal_audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(
        renewal_line_8
        AND renewal_line_9
        AND renewal_line_10
        AND renewal_line_11
        AND renewal_line_15
      ) AS verdict,
      MIN(site_id) FILTER(WHERE
        renewal_line_8
        AND renewal_line_9
        AND renewal_line_10
        AND renewal_line_11
        AND renewal_line_15) AS site_id
    FROM renewal_line_15 AS sites
    WHERE
      renewal_line_8 IS DISTINCT FROM FALSE
      AND renewal_line_9 IS DISTINCT FROM FALSE
      AND renewal_line_10 IS DISTINCT FROM FALSE
      AND renewal_line_11 IS DISTINCT FROM FALSE
      AND renewal_line_15 IS DISTINCT FROM FALSE
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), renewal_line_19 AS (
  /* renewal.yml:19: complaint opened, within the last 30 days */
  SELECT
    people.*,
    COALESCE(found.times, 0) >= 1 AS renewal_line_19
  FROM renewal_line_6 AS people
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
), segment_renewal AS (
  /* segment renewal */
  SELECT
    person_id,
    people.renewal_line_6 AND people.renewal_line_19 IS DISTINCT FROM TRUE AS verdict
  FROM renewal_line_19 AS people
  WHERE
    (
      people.renewal_line_6 AND people.renewal_line_19 IS DISTINCT FROM TRUE
    ) IS DISTINCT FROM FALSE
), line_10_values AS (
  /* people that line_10 ranks */
  SELECT
    people.person_id,
    people.line_10_score AS value
  FROM line_10_score AS people
  WHERE
    NOT people.line_10_score IS NULL
    AND NOT people.person_id IN (
      SELECT
        person_id
      FROM not_profiled
    )
    AND people.person_id IN (
      SELECT
        person_id
      FROM segment_renewal
      WHERE
        verdict
    )
), line_10_ranked AS (
  /* highest first, equals by lot */
  SELECT
    person_id,
    value,
    ROW_NUMBER() OVER (
      ORDER BY value DESC, SUBSTRING(MD5('ranks:' || CAST(person_id AS TEXT)), 1, 8), person_id
    ) AS place,
    COUNT(*) OVER () AS ranked
  FROM line_10_values
), line_10 AS (
  /* ranks.yml:10: churn at least 0.3 and among the highest 12.5 % of the segment renewal, not older than 14 days */
  SELECT
    people.*,
    people.line_10_score >= 0.3
    AND CASE
      WHEN NOT people.person_id IN (
        SELECT
          person_id
        FROM segment_renewal
        WHERE
          verdict
      )
      THEN FALSE
      WHEN people.line_10_score IS NULL
      THEN NULL
      WHEN people.person_id IN (
        SELECT
          person_id
        FROM not_profiled
      )
      THEN NULL
      ELSE COALESCE((
        found.place - 1
      ) * 8 < found.ranked, FALSE)
    END AS line_10
  FROM line_10_score AS people
  LEFT JOIN (
    SELECT
      person_id,
      place,
      ranked
    FROM line_10_ranked
  ) AS found
    USING (person_id)
), score_evening_propensity AS (
  /* what was said of people as evening_propensity, the newest first */
  SELECT
    person_id,
    CASE WHEN NOT ISNAN(value) THEN value END AS value,
    scored_at,
    valid_until,
    ROW_NUMBER() OVER (PARTITION BY person_id ORDER BY scored_at DESC) AS newest
  FROM scores
  WHERE
    scores.controller = 'lahti_energia'
    AND score = 'evening_propensity'
    AND scored_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
), line_12_score AS (
  /* ranks.yml:12: evening_propensity */
  SELECT
    people.*,
    CASE
      WHEN found.scored_at >= CAST('2026-10-19 21:00:00+00:00' AS TIMESTAMPTZ)
      AND (
        found.valid_until IS NULL OR found.valid_until >= CAST('2026-11-24' AS DATE)
      )
      AND people.person_id IN (
        SELECT
          person_id
        FROM hourly_consents
      )
      THEN found.value
    END AS line_12_score
  FROM line_10 AS people
  LEFT JOIN (
    SELECT
      person_id,
      value,
      scored_at,
      valid_until
    FROM score_evening_propensity
    WHERE
      newest = 1
  ) AS found
    USING (person_id)
), line_12 AS (
  /* ranks.yml:12: evening propensity less than 0.1, not older than 35 days */
  SELECT
    people.*,
    people.line_12_score < 0.1 AS line_12
  FROM line_12_score AS people
), line_7_rest AS (
  /* who pass all but ranks.yml:7 */
  SELECT
    people.person_id
  FROM line_12 AS people
  WHERE
    people.line_6 AND people.line_10 AND people.line_12 IS DISTINCT FROM TRUE
), line_7_sites AS (
  /* sites that ranks.yml:7 speaks of */
  SELECT
    held.person_id,
    held.site_id,
    MAX(held.peak_kw_last_3_months) AS peak_kw_last_3_months
  FROM held
  GROUP BY
    held.person_id,
    held.site_id
), line_9_values AS (
  /* sites that line_9 ranks */
  SELECT
    sites.site_id,
    MIN(sites.peak_kw_last_3_months) AS value
  FROM line_7_sites AS sites
  WHERE
    NOT sites.peak_kw_last_3_months IS NULL
    AND NOT sites.person_id IN (
      SELECT
        person_id
      FROM not_profiled
    )
    AND sites.person_id IN (
      SELECT
        person_id
      FROM line_7_rest
    )
  GROUP BY
    sites.site_id
), line_9_ranked AS (
  /* lowest first, equals by lot */
  SELECT
    site_id,
    value,
    ROW_NUMBER() OVER (
      ORDER BY value ASC, SUBSTRING(MD5('ranks:' || CAST(site_id AS TEXT)), 1, 8), site_id
    ) AS place,
    COUNT(*) OVER () AS ranked
  FROM line_9_values
), line_9 AS (
  /* ranks.yml:9: peak over last 3 months among the lowest 500 of those who pass the rest */
  SELECT
    sites.*,
    CASE
      WHEN NOT sites.person_id IN (
        SELECT
          person_id
        FROM line_7_rest
      )
      THEN FALSE
      WHEN sites.peak_kw_last_3_months IS NULL
      THEN NULL
      WHEN sites.person_id IN (
        SELECT
          person_id
        FROM not_profiled
      )
      THEN NULL
      ELSE COALESCE(found.place <= 500, FALSE)
    END AS line_9
  FROM line_7_sites AS sites
  LEFT JOIN (
    SELECT
      site_id,
      place,
      ranked
    FROM line_9_ranked
  ) AS found
    USING (site_id)
), line_7 AS (
  /* ranks.yml:7: has a site for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_7,
    found.site_id AS site_id
  FROM line_12 AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(line_9) AS verdict,
      MIN(site_id) FILTER(WHERE
        line_9) AS site_id
    FROM line_9 AS sites
    WHERE
      line_9 IS DISTINCT FROM FALSE
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), order_value AS (
  /* the order of the limit */
  SELECT
    people.*,
    CASE
      WHEN found.scored_at >= CAST('2026-11-09 22:00:00+00:00' AS TIMESTAMPTZ)
      AND (
        found.valid_until IS NULL OR found.valid_until >= CAST('2026-11-24' AS DATE)
      )
      THEN found.value
    END AS order_value
  FROM line_7 AS people
  LEFT JOIN (
    SELECT
      person_id,
      value,
      scored_at,
      valid_until
    FROM score_churn
    WHERE
      newest = 1
  ) AS found
    USING (person_id)
)
SELECT
  person_id,
  site_id
FROM order_value
WHERE
  line_6 AND line_7 AND line_10 AND line_12 IS DISTINCT FROM TRUE
ORDER BY
  person_id
