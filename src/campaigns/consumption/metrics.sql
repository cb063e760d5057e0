-- name: full_days
-- Of each register and day how many metering points have every interval of import.
SELECT controller, local_date, count(*) AS full_points
FROM consumption_days
WHERE direction = 'import' AND intervals_present = intervals_expected
GROUP BY controller, local_date

-- name: spans
-- The first and last day on which each metering point has any import.
SELECT controller, metering_point_id, min(local_date) AS first, max(local_date) AS last
FROM consumption_days
WHERE direction = 'import' AND intervals_present > 0
GROUP BY controller, metering_point_id

-- name: holders
-- Since when a metering point's readings are those of its present holder (or of nobody, when the last contract is over).
WITH held AS (
    SELECT metering_point_id, contract_id, person_id, company_id, start_date,
        coalesce(end_date, DATE '9999-12-30') AS end_date
    FROM contracts
    WHERE controller = $controller AND metering_point_id IS NOT NULL AND start_date <= $as_of
),
present AS (
    SELECT * FROM held WHERE end_date >= $as_of
    QUALIFY row_number() OVER (PARTITION BY metering_point_id ORDER BY start_date DESC, contract_id DESC) = 1
),
compared AS (
    SELECT held.*, present.start_date AS present_start,
        held.person_id IS NOT DISTINCT FROM present.person_id
            AND held.company_id IS NOT DISTINCT FROM present.company_id AS is_own
    FROM held JOIN present USING (metering_point_id)
),
own AS (
    SELECT *, max(end_date) OVER (
        PARTITION BY metering_point_id ORDER BY start_date, contract_id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS held_to
    FROM compared WHERE is_own
),
-- a gap between two contracts of the same holder is a move too: somebody else may have lived there
own_since AS (
    SELECT metering_point_id, max(start_date) AS since
    FROM own WHERE held_to IS NULL OR start_date > held_to + 1
    GROUP BY metering_point_id
),
-- an older contract that was left open ended when the present one began
others_to AS (
    SELECT metering_point_id,
        max(CASE WHEN end_date >= $as_of THEN present_start - 1 ELSE end_date END) + 1 AS since
    FROM compared WHERE NOT is_own
    GROUP BY metering_point_id
)
SELECT metering_point_id, greatest(own_since.since, others_to.since) AS since
FROM own_since LEFT JOIN others_to USING (metering_point_id)
UNION ALL
SELECT metering_point_id, max(end_date) + 1 AS since
FROM held ANTI JOIN present USING (metering_point_id)
GROUP BY metering_point_id

-- name: metrics
-- One row a metering point of a register: its metrics over one period. Sums are whole numbers, so no order of rows shows.
WITH used AS (
    SELECT d.*, c.is_off, c.is_winter, c.is_summer, c.hdd_x100, c.is_cold, c.is_warm
    FROM (
        SELECT metering_point_id, local_date, intervals_expected, resolution_min,
            wh_sum, wh_min, wh_max, wh_00_06, wh_06_10, wh_10_16, wh_16_21
        FROM consumption_days
        WHERE controller = $controller AND direction = 'import' AND intervals_present = intervals_expected
            AND local_date BETWEEN $first AND $last AND month BETWEEN $first_month AND $last_month
    ) AS d
    JOIN calendar AS c USING (local_date)
    LEFT JOIN holders AS h USING (metering_point_id)
    WHERE h.since IS NULL OR local_date >= h.since
),
sums AS (
    SELECT metering_point_id,
        count(*) AS days,
        sum(wh_sum) AS wh,
        sum(wh_sum::HUGEINT * wh_sum) AS wh_squared,
        sum(intervals_expected::INTEGER * resolution_min) AS minutes,
        quantile_cont(wh_min, 0.5) AS base_wh,
        max(wh_max) AS peak_wh,
        sum(wh_00_06) AS night, sum(wh_06_10) AS morning, sum(wh_10_16) AS midday, sum(wh_16_21) AS evening,
        count(*) FILTER (is_off) AS days_off, sum(wh_sum) FILTER (is_off) AS wh_off,
        count(*) FILTER (is_winter) AS winter_days, sum(wh_sum) FILTER (is_winter) AS winter_wh,
        count(*) FILTER (is_summer) AS summer_days, sum(wh_sum) FILTER (is_summer) AS summer_wh,
        -- n, x = degree days in 1/100 K, y = Wh of the days that have a temperature
        count(hdd_x100)::HUGEINT AS n,
        sum(hdd_x100)::HUGEINT AS x,
        sum(wh_sum) FILTER (hdd_x100 IS NOT NULL)::HUGEINT AS y,
        sum(hdd_x100::HUGEINT * hdd_x100) AS xx,
        sum(hdd_x100::HUGEINT * wh_sum) AS xy,
        sum(wh_sum::HUGEINT * wh_sum) FILTER (hdd_x100 IS NOT NULL) AS yy,
        count(*) FILTER (is_cold) AS cold_days,
        count(*) FILTER (is_warm) AS warm_days
    FROM used GROUP BY metering_point_id
),
priced AS (
    SELECT d.metering_point_id,
        count(*) AS priced_days,
        sum(d.wh_sum) AS priced_wh,
        -- doubles, but of whole numbers below 2^53 and so exact
        sum(list_dot_product(d.wh::DOUBLE[], p.price_x4)::HUGEINT) AS cost_x4,
        sum(list_dot_product(d.wh::DOUBLE[], p.is_dear)::HUGEINT) AS dear_wh,
        sum(p.price_minutes_x4) AS price_minutes_x4,
        sum(p.minutes) AS price_minutes
    FROM consumption_days AS d
    JOIN price_days AS p USING (local_date, resolution_min)
    LEFT JOIN holders AS h USING (metering_point_id)
    WHERE d.controller = $controller AND direction = 'import' AND intervals_present = intervals_expected
        AND local_date BETWEEN $first AND $last AND month BETWEEN $first_month AND $last_month
        AND (h.since IS NULL OR local_date >= h.since)
    GROUP BY d.metering_point_id
),
exported AS (
    SELECT metering_point_id, sum(e.wh_sum) AS export_wh
    FROM consumption_days AS e JOIN used USING (metering_point_id, local_date)
    WHERE e.controller = $controller AND e.direction = 'export'
        AND e.local_date BETWEEN $first AND $last AND e.month BETWEEN $first_month AND $last_month
    GROUP BY metering_point_id
),
fitted AS (
    SELECT *,
        days >= $days_needed AS is_enough,
        priced_days >= $days_needed AS is_priced,
        n >= 180 AND cold_days >= 30 AND warm_days >= 60 AS is_fit,
        nullif(n * xx - x * x, 0)::DOUBLE AS x_spread,
        nullif(n * yy - y * y, 0)::DOUBLE AS y_spread,
        (n * xy - x * y)::DOUBLE AS together
    FROM sums LEFT JOIN priced USING (metering_point_id) LEFT JOIN exported USING (metering_point_id)
),
answers AS (
    SELECT *,
        CASE WHEN is_enough THEN peak_wh / 1000.0::DOUBLE END AS peak_kw,
        CASE WHEN is_fit THEN together / x_spread END AS slope,  -- Wh for each 1/100 K
        CASE WHEN is_priced THEN cost_x4 / (4000.0::DOUBLE * nullif(priced_wh, 0)) END AS spot_paid,
        CASE WHEN is_priced THEN price_minutes_x4 / (4000.0::DOUBLE * price_minutes) END AS market_average
    FROM fitted
)
SELECT metering_point_id,
    days AS days_used,
    CASE WHEN is_enough THEN wh / 1000.0::DOUBLE END AS electricity_use,
    CASE WHEN is_enough AND $yearly THEN 365 * wh / (1000.0::DOUBLE * days) END AS kwh_year,
    CASE WHEN is_enough THEN base_wh / 1000.0::DOUBLE END AS base_kw,
    peak_kw,
    CASE WHEN is_enough THEN wh * 60.0::DOUBLE / minutes / nullif(peak_wh, 0) END AS load_factor,
    CASE WHEN is_enough THEN night / nullif(wh, 0)::DOUBLE END AS night_share,
    CASE WHEN is_enough THEN morning / nullif(wh, 0)::DOUBLE END AS morning_share,
    CASE WHEN is_enough THEN midday / nullif(wh, 0)::DOUBLE END AS midday_share,
    CASE WHEN is_enough THEN evening / nullif(wh, 0)::DOUBLE END AS evening_share,
    CASE WHEN is_enough
        THEN (wh - wh_off) / nullif(days - days_off, 0)::DOUBLE / (nullif(wh_off, 0) / nullif(days_off, 0)::DOUBLE)
    END AS weekday_weekend,
    CASE WHEN is_enough AND $yearly AND winter_days >= 60 AND summer_days >= 60
        THEN winter_wh / winter_days::DOUBLE / (nullif(summer_wh, 0) / summer_days::DOUBLE)
    END AS winter_summer,
    CASE WHEN is_enough AND days > 1
        THEN sqrt((days * wh_squared - wh::HUGEINT * wh)::DOUBLE / (days * (days - 1))) * days / nullif(wh, 0)
    END AS day_cv,
    slope * 100 / 1000 AS heat_slope,
    (y::DOUBLE - slope * x::DOUBLE) / n::DOUBLE / 1000 AS base_kwh_day,
    CASE WHEN is_fit THEN together / x_spread * (together / y_spread) END AS heat_r2,
    spot_paid,
    market_average,
    spot_paid - market_average AS spot_premium,
    CASE WHEN is_priced THEN dear_wh / nullif(priced_wh, 0)::DOUBLE END AS dear4_share,
    CASE WHEN is_enough THEN coalesce(export_wh, 0) / nullif(wh, 0)::DOUBLE END AS export_ratio
FROM answers
ORDER BY metering_point_id
