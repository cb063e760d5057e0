-- name: full_days
-- Of each register and day how many metering points have every interval of import.
SELECT controller, local_date, count(*) AS points
FROM day_facts
WHERE is_full
GROUP BY controller, local_date

-- name: spans
-- The first and last day on which each metering point has any import.
SELECT controller, metering_point_id, min(local_date) AS first, max(local_date) AS last
FROM day_facts
WHERE present > 0
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

-- name: fuses
-- The main fuse of each metering point.
SELECT metering_point_id, max(fuse_a) AS fuse_a
FROM metering_points WHERE controller = $controller
GROUP BY metering_point_id ORDER BY metering_point_id

-- name: tariffs
-- The price of the running contract of each metering point and the margin that its holder would pay on spot, 1/1000 c.
SELECT metering_point_id, round(price_c_kwh * 1000)::BIGINT AS price_mc, round(margin_c_kwh * 1000)::BIGINT AS margin_mc
FROM contracts
WHERE controller = $controller AND metering_point_id IS NOT NULL
    AND start_date <= $as_of AND (end_date IS NULL OR end_date >= $as_of)
QUALIFY row_number() OVER (PARTITION BY metering_point_id ORDER BY start_date DESC, contract_id DESC) = 1
ORDER BY metering_point_id

-- name: clocks
-- Of each metering point: days since its last reading, days that its contract still runs, days of its holder there.
WITH present AS (
    SELECT metering_point_id, end_date, start_date
    FROM contracts
    WHERE controller = $controller AND metering_point_id IS NOT NULL
        AND start_date <= $as_of AND (end_date IS NULL OR end_date >= $as_of)
    QUALIFY row_number() OVER (PARTITION BY metering_point_id ORDER BY start_date DESC, contract_id DESC) = 1
),
newest AS (
    SELECT metering_point_id, max(local_date) AS last
    FROM day_facts WHERE controller = $controller AND present > 0 AND local_date <= $as_of
    GROUP BY metering_point_id
)
SELECT metering_point_id,
    ($as_of - newest.last)::DOUBLE AS days_since_last_data,
    (present.end_date - $as_of)::DOUBLE AS contract_days_left,
    ($as_of - CASE WHEN present.start_date IS NOT NULL THEN coalesce(holders.since, present.start_date) END)::DOUBLE
        AS tenure_days
FROM newest LEFT JOIN present USING (metering_point_id) LEFT JOIN holders USING (metering_point_id)
ORDER BY metering_point_id

-- name: heat_cooling
-- Of each heat meter: energy that came in less that which went back, over volume, K; in whole numbers until the end.
SELECT d.metering_point_id,
    CASE WHEN count(d.volume_m3) >= $days_needed THEN
        sum(round((d.inlet_m3c - d.return_m3c) * 1000000)::BIGINT)::DOUBLE
        / nullif(sum(round(d.volume_m3 * 1000000)::BIGINT), 0)::DOUBLE
    END AS heat_cooling_k
FROM heat_days AS d LEFT JOIN holders USING (metering_point_id)
WHERE d.controller = $controller AND d.local_date BETWEEN $first AND $last
    AND d.month BETWEEN $first_month AND $last_month
    AND (holders.since IS NULL OR d.local_date >= holders.since)
GROUP BY d.metering_point_id ORDER BY d.metering_point_id

-- name: hour_series
-- The hours of full days of 24 hours of a month, for the metering points of `wanted`.
SELECT metering_point_id, local_date, resolution_min, wh
FROM consumption_days AS d JOIN wanted USING (metering_point_id)
WHERE controller = $controller AND direction = 'import' AND month = $month
    AND local_date BETWEEN $first AND $last AND (wanted.since IS NULL OR local_date >= wanted.since)
    AND intervals_present = intervals_expected AND intervals_expected::INTEGER * resolution_min = 1440
    AND wh_sum BETWEEN 1 AND $most_wh

-- name: metrics
-- One row a metering point of a register: its metrics over one period, from `sums` of the period and `earlier` (sums
-- of the same days a year before). Sums are of whole numbers, so no order of rows shows in them. Squares come in two
-- parts, and times days they do not fit BIGINT.
WITH squared AS (
    SELECT *,
        wh_squared_high::HUGEINT * 4294967296 + wh_squared_low AS wh_squared,
        yy_high::HUGEINT * 4294967296 + yy_low AS yy,
        ee_high::HUGEINT * 4294967296 + ee_low AS ee
    FROM sums
),
together AS (
    SELECT *,
        days >= $days_needed AS is_enough,
        priced_days >= $days_needed AS is_priced,
        n >= 180 AND cold_days >= 30 AND warm_days >= 60 AS is_fit,
        n0 >= 180 AND cold_days0 >= 30 AND warm_days0 >= 60 AS is_fit0,
        days0 >= $days_needed AS is_compared,
        nullif(n * xx - x * x, 0)::DOUBLE AS x_spread,
        nullif(n * yy - y::HUGEINT * y, 0)::DOUBLE AS y_spread,
        (n * xy - x * y)::DOUBLE AS xy_spread,
        (n * night_xy - x * night_y)::DOUBLE AS night_spread,
        -- of the evening's use, darkness and temperature, each two of them
        (n * ed - e * d)::DOUBLE / nullif(sqrt((n * ee - e::HUGEINT * e)::DOUBLE) * sqrt((n * dd - d * d)::DOUBLE), 0)
            AS r_ed,
        (n * et - e * t)::DOUBLE / nullif(sqrt((n * ee - e::HUGEINT * e)::DOUBLE) * sqrt((n * tt - t * t)::DOUBLE), 0)
            AS r_et,
        (n * dt - d * t)::DOUBLE / nullif(sqrt((n * dd - d * d)::DOUBLE) * sqrt((n * tt - t * t)::DOUBLE), 0) AS r_dt
    FROM squared
    LEFT JOIN quantiles USING (metering_point_id)
    LEFT JOIN earlier USING (metering_point_id)
    LEFT JOIN fuses USING (metering_point_id)
    LEFT JOIN tariffs USING (metering_point_id)
    LEFT JOIN holders USING (metering_point_id)
),
answers AS (
    SELECT *,
        CASE WHEN is_enough THEN peak_wh / 1000.0::DOUBLE END AS peak_kw,
        CASE WHEN is_fit THEN xy_spread / x_spread END AS slope,  -- Wh for each 1/100 K
        CASE WHEN is_fit THEN night_spread / x_spread END AS night_slope,
        CASE WHEN is_fit THEN xy_spread / x_spread * (xy_spread / y_spread) END AS heat_r2,
        CASE WHEN is_fit0 THEN (n0 * xy0 - x0 * y0)::DOUBLE / nullif(n0 * xx0 - x0 * x0, 0)::DOUBLE END AS slope0,
        CASE WHEN is_priced THEN cost_x4 / (4000.0::DOUBLE * nullif(priced_wh, 0)) END AS spot_paid,
        CASE WHEN is_priced THEN price_minutes_x4 / (4000.0::DOUBLE * price_minutes) END AS market_average
    FROM together
),
based AS (
    SELECT *,
        (y::DOUBLE - slope * x::DOUBLE) / n::DOUBLE / 1000 AS base_kwh_day,
        (y0::DOUBLE - slope0 * x0::DOUBLE) / n0::DOUBLE / 1000 AS base_kwh_day0
    FROM answers
)
SELECT metering_point_id,
    days AS days_used,
    days::DOUBLE AS full_days,
    ((expected - present) + ($period_minutes - coalesce(minutes_gone, 0) - minutes_told) / 60)::DOUBLE
        AS missing_intervals,
    estimated / nullif(present, 0)::DOUBLE AS estimated_share,

    CASE WHEN is_enough THEN wh / 1000.0::DOUBLE END AS electricity_use,
    CASE WHEN is_enough AND $yearly THEN 365 * wh / (1000.0::DOUBLE * days) END AS kwh_year,
    base_kwh_day * 365 + slope * 100 / 1000 * $normal_degree_days::DOUBLE AS kwh_year_norm,
    CASE WHEN is_enough THEN base_wh / 1000.0::DOUBLE END AS base_kw,
    peak_kw,
    CASE WHEN is_enough THEN peak_p99_wh / 1000.0::DOUBLE END AS peak_p99_kw,
    CASE WHEN is_enough THEN wh * 60.0::DOUBLE / minutes / nullif(peak_wh, 0) END AS load_factor,
    CASE WHEN is_enough AND $yearly THEN peak_01::DOUBLE / 1000 END AS peak_month_kw_01,
    CASE WHEN is_enough AND $yearly THEN peak_02::DOUBLE / 1000 END AS peak_month_kw_02,
    CASE WHEN is_enough AND $yearly THEN peak_03::DOUBLE / 1000 END AS peak_month_kw_03,
    CASE WHEN is_enough AND $yearly THEN peak_04::DOUBLE / 1000 END AS peak_month_kw_04,
    CASE WHEN is_enough AND $yearly THEN peak_05::DOUBLE / 1000 END AS peak_month_kw_05,
    CASE WHEN is_enough AND $yearly THEN peak_06::DOUBLE / 1000 END AS peak_month_kw_06,
    CASE WHEN is_enough AND $yearly THEN peak_07::DOUBLE / 1000 END AS peak_month_kw_07,
    CASE WHEN is_enough AND $yearly THEN peak_08::DOUBLE / 1000 END AS peak_month_kw_08,
    CASE WHEN is_enough AND $yearly THEN peak_09::DOUBLE / 1000 END AS peak_month_kw_09,
    CASE WHEN is_enough AND $yearly THEN peak_10::DOUBLE / 1000 END AS peak_month_kw_10,
    CASE WHEN is_enough AND $yearly THEN peak_11::DOUBLE / 1000 END AS peak_month_kw_11,
    CASE WHEN is_enough AND $yearly THEN peak_12::DOUBLE / 1000 END AS peak_month_kw_12,
    peak_kw / (3 * 0.23::DOUBLE) / nullif(fuse_a, 0) AS fuse_use,

    CASE WHEN is_enough THEN night / nullif(wh, 0)::DOUBLE END AS night_share,
    CASE WHEN is_enough THEN morning / nullif(wh, 0)::DOUBLE END AS morning_share,
    CASE WHEN is_enough THEN midday / nullif(wh, 0)::DOUBLE END AS midday_share,
    CASE WHEN is_enough THEN evening / nullif(wh, 0)::DOUBLE END AS evening_share,
    CASE WHEN is_enough THEN (wh - night - morning - midday - evening) / nullif(wh, 0)::DOUBLE END AS late_share,
    -- the clock changes between 0 and 6: of all minutes, those of 6 to 24 are the same every day
    CASE WHEN is_enough
        THEN morning / (4000.0::DOUBLE * days) - night * 60 / (1000.0::DOUBLE * (minutes - 1080 * days))
    END AS morning_ramp_kw,
    CASE WHEN is_enough THEN (6 * evening - 5 * midday) / (30000.0::DOUBLE * days) END AS evening_ramp_kw,
    CASE WHEN is_enough
        THEN (wh - wh_off) / nullif(days - days_off, 0)::DOUBLE / (nullif(wh_off, 0) / nullif(days_off, 0)::DOUBLE)
    END AS weekday_weekend,
    CASE WHEN is_enough THEN peak_hour_mode::DOUBLE END AS peak_hour_mode,
    CASE WHEN is_enough THEN peak_hour_entropy END AS peak_hour_entropy,
    CASE WHEN is_enough AND $yearly AND winter_days >= 60 AND summer_days >= 60
        THEN winter_wh / winter_days::DOUBLE / (nullif(summer_wh, 0) / summer_days::DOUBLE)
    END AS winter_summer,
    CASE WHEN is_enough AND days > 1
        THEN sqrt((days * wh_squared - wh::HUGEINT * wh)::DOUBLE / (days * (days - 1))) * days / nullif(wh, 0)
    END AS day_cv,

    slope * 100 / 1000 AS heat_slope,
    base_kwh_day,
    heat_r2,
    CASE WHEN heat_r2 >= 0.3 THEN slope * x::DOUBLE / nullif(y, 0)::DOUBLE END AS heat_share,
    night_slope / nullif(slope - night_slope, 0) AS heat_night_ratio,
    CASE WHEN $yearly AND summer_n >= 80 AND hot_days >= 15
        THEN (summer_n * summer_xy - summer_x * summer_y)::DOUBLE
            / nullif(summer_n * summer_xx - summer_x * summer_x, 0)::DOUBLE * 100 / 1000
    END AS cool_slope,
    CASE WHEN is_fit THEN (r_ed - r_et * r_dt) / nullif(sqrt((1 - r_et * r_et) * (1 - r_dt * r_dt)), 0)
    END AS light_sensitivity,

    spot_paid,
    market_average,
    spot_paid - market_average AS spot_premium,
    CASE WHEN is_priced THEN dear_wh / nullif(priced_wh, 0)::DOUBLE END AS dear4_share,
    CASE WHEN is_priced AND ranked_days >= 20 THEN price_ranks / (1e12::DOUBLE * ranked_days) END AS price_response,
    CASE WHEN is_priced AND $yearly THEN month_cost_x4 / 4e8::DOUBLE END AS worst_month_spot_eur,
    CASE WHEN is_priced AND $yearly
        THEN 365 * (4 * (price_mc - margin_mc)::HUGEINT * priced_wh - cost_x4)::DOUBLE / (4e8::DOUBLE * priced_days)
    END AS spot_vs_fixed_eur,
    CASE WHEN is_enough THEN coalesce(export_wh, 0) / nullif(wh, 0)::DOUBLE END AS export_ratio,
    CASE WHEN is_enough AND $yearly AND sunny_days >= 60 THEN sunny_export_days / sunny_days::DOUBLE END AS pv_midday_sign,
    CASE WHEN is_enough AND $yearly AND panels_days >= 20 THEN panels_w / 1000.0::DOUBLE END AS pv_fit_kwp,

    CASE WHEN is_enough THEN plateau_hours * 60 / minutes::DOUBLE END AS ev_plateau,
    CASE WHEN is_enough THEN steps_small / days::DOUBLE END AS ev_steps_small,
    CASE WHEN is_enough THEN steps_medium / days::DOUBLE END AS ev_steps_medium,
    CASE WHEN is_enough THEN steps_large / days::DOUBLE END AS ev_steps_large,
    CASE WHEN is_enough THEN night_peak_wh / 1000.0::DOUBLE END AS ev_night_peak,
    CASE WHEN is_enough THEN saturday_blocks / nullif(saturdays, 0)::DOUBLE - 2 * early_blocks / nullif(early_days, 0)::DOUBLE
    END AS sauna_sign,
    CASE WHEN is_enough THEN greatest(relay_21, relay_22, relay_23) / days::DOUBLE END AS night_relay,
    CASE WHEN is_enough AND frosty_days >= 10 THEN frosty_blocks / frosty_days::DOUBLE END AS preheat_sign,

    CASE WHEN is_enough AND is_compared
        THEN wh / days::DOUBLE / (nullif(wh0, 0) / days0::DOUBLE) - 1
    END AS yoy_change,
    base_kwh_day / nullif(base_kwh_day0, 0) AS yoy_base_ratio,
    slope / nullif(slope0, 0) AS yoy_slope_ratio
FROM based
ORDER BY metering_point_id
