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
), measured_last_12_months AS (
  /* metrics over last 12 months, as last computed */
  SELECT
    metering_point_id,
    CASE WHEN NOT ISNAN(electricity_use) THEN electricity_use END AS electricity_use,
    CASE WHEN NOT ISNAN(peak_kw) THEN peak_kw END AS peak_kw
  FROM metrics
  WHERE
    metrics.controller = 'lahti_energia'
    AND period = 'last 12 months'
    AND as_of = (
      SELECT
        MAX(as_of)
      FROM metrics
      WHERE
        metrics.controller = 'lahti_energia'
        AND period = 'last 12 months'
        AND as_of <= CAST('2026-11-24' AS DATE)
    )
), measured_last_full_year AS (
  /* metrics over last full year, as last computed */
  SELECT
    metering_point_id,
    CASE WHEN NOT ISNAN(electricity_use) THEN electricity_use END AS electricity_use
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
    last_12_months.electricity_use AS electricity_use_last_12_months,
    last_full_year.electricity_use AS electricity_use_last_full_year,
    CASE WHEN NOT hourly_consents.person_id IS NULL THEN last_12_months.peak_kw END AS peak_kw_last_12_months,
    CASE WHEN NOT hourly_consents.person_id IS NULL THEN last_3_months.peak_kw END AS peak_kw_last_3_months
  FROM running_contracts
  JOIN metering_points
    ON metering_points.controller = 'lahti_energia'
    AND metering_points.metering_point_id = running_contracts.metering_point_id
  LEFT JOIN measured_last_12_months AS last_12_months
    ON last_12_months.metering_point_id = running_contracts.metering_point_id
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
    summed.electricity_use_last_12_months,
    summed.electricity_use_last_full_year
  FROM audience AS people
  LEFT JOIN (
    SELECT
      person_id,
      CASE
        WHEN COUNT(*) FILTER(WHERE
          held.energy = 'electricity') = COUNT(held.electricity_use_last_12_months)
        THEN SUM(held.electricity_use_last_12_months)
      END AS electricity_use_last_12_months,
      CASE
        WHEN COUNT(*) FILTER(WHERE
          held.energy = 'electricity') = COUNT(held.electricity_use_last_full_year)
        THEN SUM(held.electricity_use_last_full_year)
      END AS electricity_use_last_full_year
    FROM held
    GROUP BY
      person_id
  ) AS summed
    USING (person_id)
), line_6_change AS (
  /* changes.yml:6: the change from last full year */
  SELECT
    people.*,
    CASE
      WHEN people.electricity_use_last_full_year > 0
      THEN ROUND(
        people.electricity_use_last_12_months / people.electricity_use_last_full_year - 1,
        9
      )
    END AS line_6_change
  FROM audience_metrics AS people
), line_6 AS (
  /* changes.yml:6: change of electricity use over last 12 months from last full year at most -10 % */
  SELECT
    people.*,
    people.line_6_change <= -0.1 AS line_6
  FROM line_6_change AS people
), line_7_sites AS (
  /* sites that changes.yml:7 speaks of */
  SELECT
    held.person_id,
    held.site_id,
    MAX(held.peak_kw_last_12_months) AS peak_kw_last_12_months,
    MAX(held.peak_kw_last_3_months) AS peak_kw_last_3_months
  FROM held
  GROUP BY
    held.person_id,
    held.site_id
), line_9_change AS (
  /* changes.yml:9: the change from last 12 months */
  SELECT
    sites.*,
    CASE
      WHEN sites.peak_kw_last_12_months > 0
      THEN ROUND(sites.peak_kw_last_3_months / sites.peak_kw_last_12_months - 1, 9)
    END AS line_9_change
  FROM line_7_sites AS sites
), line_9 AS (
  /* changes.yml:9: change of peak over last 3 months from last 12 months from 20 % to 50 % */
  SELECT
    sites.*,
    sites.line_9_change BETWEEN 0.2 AND 0.5 AS line_9
  FROM line_9_change AS sites
), line_7 AS (
  /* changes.yml:7: has a site for which all of these lines hold */
  SELECT
    people.*,
    CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.verdict END AS line_7,
    found.site_id AS site_id
  FROM line_6 AS people
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
), line_10_first AS (
  /* changes.yml:10: the first event, and the last day on which it may be followed */
  SELECT
    person_id,
    occurred_at,
    CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) AS day,
    CAST(CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) + INTERVAL '30' DAY AS DATE) AS until
  FROM events
  WHERE
    controller = 'lahti_energia'
    AND name = 'quote_requested'
    AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
    AND (
      properties ->> '$.product'
    ) = 'spot'
), line_10_then AS (
  /* changes.yml:10: what may follow it */
  SELECT
    person_id,
    occurred_at,
    CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) AS day
  FROM events
  WHERE
    controller = 'lahti_energia'
    AND name = 'contract_signed'
    AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
), line_10 AS (
  /* changes.yml:10: quote requested, product spot, then within 30 days never contract signed */
  SELECT
    people.*,
    CASE
      WHEN found.person_id IS NULL
      THEN FALSE
      WHEN found.missed
      THEN TRUE
      WHEN found.waiting
      THEN NULL
      ELSE FALSE
    END AS line_10
  FROM line_7 AS people
  LEFT JOIN (
    SELECT
      line_10_first.person_id,
      BOOL_OR(NOT line_10_then.person_id IS NULL) AS followed,
      BOOL_OR(
        line_10_then.person_id IS NULL
        AND line_10_first.until < CAST('2026-11-24' AS DATE)
      ) AS missed,
      BOOL_OR(
        line_10_then.person_id IS NULL
        AND NOT (
          line_10_first.until < CAST('2026-11-24' AS DATE)
        )
      ) AS waiting
    FROM line_10_first
    LEFT JOIN line_10_then
      ON line_10_then.person_id = line_10_first.person_id
      AND line_10_then.occurred_at > line_10_first.occurred_at
      AND line_10_then.day <= line_10_first.until
    GROUP BY
      line_10_first.person_id
  ) AS found
    USING (person_id)
), line_11_first AS (
  /* changes.yml:11: the first event, and the last day on which it may be followed */
  SELECT
    person_id,
    occurred_at,
    CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) AS day,
    CAST(CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) + INTERVAL '1' MONTH AS DATE) AS until
  FROM events
  WHERE
    controller = 'lahti_energia'
    AND name = 'page_visited'
    AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
    AND occurred_at >= CAST('2026-09-24 21:00:00+00:00' AS TIMESTAMPTZ)
), line_11_then AS (
  /* changes.yml:11: what may follow it */
  SELECT
    person_id,
    occurred_at,
    CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) AS day
  FROM events
  WHERE
    controller = 'lahti_energia'
    AND name = 'quote_requested'
    AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
    AND (
      properties ->> '$.product'
    ) = 'spot'
), line_11 AS (
  /* changes.yml:11: page visited, within the last 60 days, then within 1 month quote requested, product spot */
  SELECT
    people.*,
    CASE
      WHEN people.person_id IN (
        SELECT
          person_id
        FROM browsing_consents
      )
      THEN CASE WHEN found.person_id IS NULL THEN FALSE ELSE found.followed END
    END AS line_11
  FROM line_10 AS people
  LEFT JOIN (
    SELECT
      line_11_first.person_id,
      BOOL_OR(NOT line_11_then.person_id IS NULL) AS followed,
      BOOL_OR(
        line_11_then.person_id IS NULL
        AND line_11_first.until < CAST('2026-11-24' AS DATE)
      ) AS missed,
      BOOL_OR(
        line_11_then.person_id IS NULL
        AND NOT (
          line_11_first.until < CAST('2026-11-24' AS DATE)
        )
      ) AS waiting
    FROM line_11_first
    LEFT JOIN line_11_then
      ON line_11_then.person_id = line_11_first.person_id
      AND line_11_then.occurred_at > line_11_first.occurred_at
      AND line_11_then.day <= line_11_first.until
    GROUP BY
      line_11_first.person_id
  ) AS found
    USING (person_id)
), line_17_first AS (
  /* changes.yml:17: the first event, and the last day on which it may be followed */
  SELECT
    person_id,
    occurred_at,
    CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) AS day,
    CAST(CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) + INTERVAL '14' DAY AS DATE) AS until
  FROM events
  WHERE
    controller = 'lahti_energia'
    AND name = 'quote_requested'
    AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
), line_17_then AS (
  /* changes.yml:17: what may follow it */
  SELECT
    person_id,
    occurred_at,
    CAST(occurred_at AT TIME ZONE 'Europe/Helsinki' AS DATE) AS day
  FROM events
  WHERE
    controller = 'lahti_energia'
    AND name = 'page_visited'
    AND occurred_at < CAST('2026-11-24 22:00:00+00:00' AS TIMESTAMPTZ)
), line_17 AS (
  /* changes.yml:17: quote requested, then within 14 days page visited */
  SELECT
    people.*,
    COALESCE(
      CASE
        WHEN found.person_id IS NULL
        THEN FALSE
        WHEN NOT people.person_id IN (
          SELECT
            person_id
          FROM browsing_consents
        )
        THEN NULL
        ELSE found.followed
      END,
      TRUE
    ) AS line_17
  FROM line_11 AS people
  LEFT JOIN (
    SELECT
      line_17_first.person_id,
      BOOL_OR(NOT line_17_then.person_id IS NULL) AS followed,
      BOOL_OR(
        line_17_then.person_id IS NULL
        AND line_17_first.until < CAST('2026-11-24' AS DATE)
      ) AS missed,
      BOOL_OR(
        line_17_then.person_id IS NULL
        AND NOT (
          line_17_first.until < CAST('2026-11-24' AS DATE)
        )
      ) AS waiting
    FROM line_17_first
    LEFT JOIN line_17_then
      ON line_17_then.person_id = line_17_first.person_id
      AND line_17_then.occurred_at > line_17_first.occurred_at
      AND line_17_then.day <= line_17_first.until
    GROUP BY
      line_17_first.person_id
  ) AS found
    USING (person_id)
)
SELECT
  person_id,
  site_id
FROM line_17
WHERE
  line_6 AND line_7 AND line_10 AND line_11 AND line_17 IS DISTINCT FROM TRUE
ORDER BY
  person_id
