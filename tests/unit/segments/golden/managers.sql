WITH audience AS (
  /* business_contacts of lahti_energia */
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
      FROM roles
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
    )
), line_6 AS (
  /* managers.yml:6: role is decision_maker or energy_manager */
  SELECT
    people.*,
    COALESCE(found.test_1, TRUE) AS line_6
  FROM audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      BOOL_OR(role IN ('decision_maker', 'energy_manager')) AS test_1
    FROM roles
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
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), line_7_companies AS (
  /* companies that managers.yml:7 speaks of */
  SELECT
    roles.person_id,
    roles.company_id,
    companies.size AS size,
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
), line_10 AS (
  /* managers.yml:10: size at least 10 people */
  SELECT
    companies.*,
    companies.size >= 10 AS line_10
  FROM line_7_companies AS companies
), line_11 AS (
  /* managers.yml:11: postal code starts with 151 or 15800 */
  SELECT
    companies.*,
    STARTS_WITH(companies.postal_code, '151')
    OR STARTS_WITH(companies.postal_code, '15800') AS line_11
  FROM line_10 AS companies
), running_company_contracts AS (
  /* contracts that run on 2026-11-24 */
  SELECT DISTINCT
    company_id,
    metering_point_id
  FROM contracts
  WHERE
    contracts.controller = 'lahti_energia'
    AND NOT company_id IS NULL
    AND (
      (
        contracts.start_date IS NULL
        OR contracts.start_date <= CAST('2026-11-24' AS DATE)
      )
      AND (
        contracts.end_date IS NULL OR contracts.end_date >= CAST('2026-11-24' AS DATE)
      )
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
), held_by_companies AS (
  /* where those contracts are, and what was measured there */
  SELECT
    running_company_contracts.company_id,
    metering_points.site_id,
    metering_points.metering_point_id,
    metering_points.energy,
    last_winter.electricity_use AS electricity_use_last_winter,
    last_full_year.kwh_year AS kwh_year_last_full_year
  FROM running_company_contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = running_company_contracts.metering_point_id
  LEFT JOIN measured_last_winter AS last_winter
    ON last_winter.metering_point_id = running_company_contracts.metering_point_id
  LEFT JOIN measured_last_full_year AS last_full_year
    ON last_full_year.metering_point_id = running_company_contracts.metering_point_id
), company_sites AS (
  /* where the companies of people have contracts */
  SELECT
    roles.person_id,
    held_by_companies.company_id,
    held_by_companies.site_id,
    held_by_companies.energy,
    held_by_companies.electricity_use_last_winter,
    held_by_companies.kwh_year_last_full_year
  FROM (
    SELECT DISTINCT
      person_id,
      company_id
    FROM roles
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
  ) AS roles
  JOIN held_by_companies
    ON held_by_companies.company_id = roles.company_id
), line_12_sites AS (
  /* sites that managers.yml:12 speaks of */
  SELECT
    company_sites.person_id,
    company_sites.company_id,
    company_sites.site_id,
    CASE
      WHEN COUNT(*) FILTER(WHERE
        company_sites.energy = 'electricity') = COUNT(company_sites.kwh_year_last_full_year)
      THEN SUM(company_sites.kwh_year_last_full_year)
    END AS kwh_year_last_full_year
  FROM company_sites
  GROUP BY
    company_sites.person_id,
    company_sites.company_id,
    company_sites.site_id
), line_13 AS (
  /* managers.yml:13: year's use over last full year at least 100000 kWh */
  SELECT
    sites.*,
    sites.kwh_year_last_full_year >= 100000 AS line_13
  FROM line_12_sites AS sites
), line_12 AS (
  /* managers.yml:12: has a site for which all of these lines hold */
  SELECT
    companies.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_12
  FROM line_11 AS companies
  LEFT JOIN (
    SELECT
      person_id,
      company_id,
      BOOL_OR(line_13) AS verdict
    FROM line_13 AS sites
    WHERE
      line_13 IS DISTINCT FROM FALSE
    GROUP BY
      person_id,
      company_id
  ) AS found
    USING (person_id, company_id)
), line_7 AS (
  /* managers.yml:7: has at least 2 × company for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.sure >= 2 THEN TRUE WHEN found.possible >= 2 THEN NULL ELSE FALSE END AS line_7
  FROM line_6 AS people
  LEFT JOIN (
    SELECT
      person_id,
      COUNT(DISTINCT company_id) FILTER(WHERE
        line_10 AND line_11 AND line_12) AS sure,
      COUNT(DISTINCT company_id) AS possible
    FROM line_12 AS companies
    WHERE
      line_10 IS DISTINCT FROM FALSE
      AND line_11 IS DISTINCT FROM FALSE
      AND line_12 IS DISTINCT FROM FALSE
    GROUP BY
      person_id
  ) AS found
    USING (person_id)
), running_contracts AS (
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
), held AS (
  /* where those contracts are, and what was measured there */
  SELECT
    running_contracts.person_id,
    metering_points.site_id,
    metering_points.metering_point_id,
    metering_points.energy,
    last_winter.electricity_use AS electricity_use_last_winter,
    last_full_year.kwh_year AS kwh_year_last_full_year
  FROM running_contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_winter AS last_winter
    ON last_winter.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_full_year AS last_full_year
    ON last_full_year.metering_point_id = running_contracts.metering_point_id
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
), line_14 AS (
  /* managers.yml:14: not in segment renewal */
  SELECT
    people.*,
    NOT CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_14
  FROM line_7 AS people
  LEFT JOIN (
    SELECT
      person_id,
      verdict
    FROM segment_renewal
  ) AS found
    USING (person_id)
), line_15 AS (
  /* managers.yml:15: in the sample autumn of 50 % */
  SELECT
    people.*,
    SUBSTRING(MD5('autumn:' || CAST(people.person_id AS TEXT)), 1, 8) < '80000000' AS line_15
  FROM line_14 AS people
), prospects_audience AS (
  /* prospects of lahti_energia */
  SELECT
    persons.person_id,
    2026 - persons.birth_year AS age
  FROM persons
  WHERE
    persons.controller = 'lahti_energia'
    AND (
      persons.ended_on IS NULL OR persons.ended_on > CAST('2026-11-24' AS DATE)
    )
    AND NOT persons.person_id IN (
      SELECT
        person_id
      FROM contracts
      WHERE
        contracts.controller = 'lahti_energia' AND NOT contracts.person_id IS NULL
    )
    AND NOT persons.person_id IN (
      SELECT
        person_id
      FROM relationships
      WHERE
        relationships.controller = 'lahti_energia'
        AND (
          relationships.kind = 'former_customer'
          OR (
            relationships.kind = 'customer' AND end_date < CAST('2026-11-24' AS DATE)
          )
        )
    )
), prospects_line_7 AS (
  /* prospects.yml:7: age less than 18 years */
  SELECT
    people.*,
    people.age < 18 AS prospects_line_7
  FROM prospects_audience AS people
), prospects_line_8 AS (
  /* prospects.yml:8: subscribed on more than 6 months ago */
  SELECT
    people.*,
    found.value < CAST('2026-05-24' AS DATE) AS prospects_line_8
  FROM prospects_line_7 AS people
  LEFT JOIN (
    SELECT
      person_id,
      MIN(start_date) AS value
    FROM relationships
    WHERE
      (
        relationships.controller = 'lahti_energia' AND kind = 'subscriber'
      )
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
), prospects_line_6 AS (
  /* prospects.yml:6: none of these lines */
  SELECT
    people.*,
    NOT (
      people.prospects_line_7 OR people.prospects_line_8
    ) AS prospects_line_6
  FROM prospects_line_8 AS people
), segment_prospects AS (
  /* segment prospects */
  SELECT
    person_id,
    people.prospects_line_6 AS verdict
  FROM prospects_line_6 AS people
  WHERE
    people.prospects_line_6 IS DISTINCT FROM FALSE
), line_17 AS (
  /* managers.yml:17: in segment prospects */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_17
  FROM line_15 AS people
  LEFT JOIN (
    SELECT
      person_id,
      verdict
    FROM segment_prospects
  ) AS found
    USING (person_id)
)
SELECT
  person_id
FROM line_17
WHERE
  line_6 AND line_7 AND line_14 AND line_15 AND line_17 IS DISTINCT FROM TRUE
ORDER BY
  person_id
