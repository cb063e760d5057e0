-- name: full_days
-- Of each register and day how many metering points have every interval of import.
SELECT controller, local_date, count(*) AS full_points
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

-- name: metrics
-- One row a metering point of a register: its metrics over one period. Sums are of whole numbers, so no order of
-- rows shows in them.
WITH facts AS (
    SELECT d.*, c.* EXCLUDE (local_date)
    FROM (
        SELECT * EXCLUDE (controller) FROM day_facts
        WHERE controller = $controller AND local_date BETWEEN $first AND $last
            AND month BETWEEN $first_month AND $last_month
    ) AS d
    JOIN calendar AS c USING (local_date)
    LEFT JOIN holders AS h USING (metering_point_id)
    WHERE h.since IS NULL OR local_date >= h.since
),
used AS (SELECT * FROM facts WHERE is_full),

-- all days, whole or not
told AS (
    SELECT metering_point_id,
        sum(expected) AS expected, sum(present) AS present, sum(estimated) AS estimated,
        sum(minutes) AS minutes_told
    FROM facts GROUP BY metering_point_id
),
sums AS (
    SELECT metering_point_id,
        count(*) AS days,
        sum(wh) AS wh,
        sum(wh::BIGINT * wh) AS wh_squared,
        sum(minutes) AS minutes,
        quantile_cont(wh_min, 0.5) AS base_wh,
        max(wh_max) AS peak_wh,
        quantile_cont(wh_max, 0.99) AS peak_p99_wh,
        sum(wh_00_06) AS night, sum(wh_06_10) AS morning, sum(wh_10_16) AS midday, sum(wh_16_21) AS evening,
        sum(wh_22_24) AS before_midnight,
        count(*) FILTER (is_off) AS days_off, sum(wh) FILTER (is_off) AS wh_off,
        count(*) FILTER (is_winter) AS winter_days, sum(wh) FILTER (is_winter) AS winter_wh,
        count(*) FILTER (is_summer) AS summer_days, sum(wh) FILTER (is_summer) AS summer_wh,
        sum(export_wh) AS export_wh,
        count(*) FILTER (is_sunny) AS sunny_days,
        count(*) FILTER (is_sunny AND export_10_16 > 0) AS sunny_export_days,
        sum(plateau_hours) AS plateau_hours,
        sum(steps_small) AS steps_small, sum(steps_medium) AS steps_medium, sum(steps_large) AS steps_large,
        quantile_cont(night_max, 0.9) AS night_peak_wh,
        count(*) FILTER (weekday = 6) AS saturdays,
        sum(evening_block) FILTER (weekday = 6) AS saturday_blocks,
        count(*) FILTER (weekday <= 2) AS early_days,
        sum(evening_block) FILTER (weekday <= 2) AS early_blocks,
        sum(relay_hours & 1) AS relay_21, sum((relay_hours >> 1) & 1) AS relay_22,
        sum((relay_hours >> 2) & 1) AS relay_23,
        count(*) FILTER (is_frosty_workday) AS frosty_days,
        sum(morning_block) FILTER (is_frosty_workday) AS frosty_blocks
    FROM used GROUP BY metering_point_id
),

-- the clock hours of the daily peaks: n ln n in whole 1e-12, which add up to the same in any order
peak_hours AS (
    SELECT metering_point_id, peak_hour, count(*) AS n FROM used GROUP BY metering_point_id, peak_hour
),
peaks AS (
    SELECT metering_point_id,
        99 - max(n * 100 + 99 - peak_hour) % 100 AS peak_hour_mode,
        ln(sum(n)) - sum(round(n * ln(n) * 1e12)::BIGINT)::DOUBLE / 1e12 / sum(n) AS peak_hour_entropy
    FROM peak_hours GROUP BY metering_point_id
),
months AS (
    SELECT metering_point_id, month, max(wh_max) AS peak_wh, sum(cost_x4) AS cost_x4
    FROM used GROUP BY metering_point_id, month
),
by_month AS (
    SELECT metering_point_id, max(cost_x4) AS worst_cost_x4,
        max(peak_wh) FILTER (right(month, 2) = '01') AS peak_01, max(peak_wh) FILTER (right(month, 2) = '02') AS peak_02,
        max(peak_wh) FILTER (right(month, 2) = '03') AS peak_03, max(peak_wh) FILTER (right(month, 2) = '04') AS peak_04,
        max(peak_wh) FILTER (right(month, 2) = '05') AS peak_05, max(peak_wh) FILTER (right(month, 2) = '06') AS peak_06,
        max(peak_wh) FILTER (right(month, 2) = '07') AS peak_07, max(peak_wh) FILTER (right(month, 2) = '08') AS peak_08,
        max(peak_wh) FILTER (right(month, 2) = '09') AS peak_09, max(peak_wh) FILTER (right(month, 2) = '10') AS peak_10,
        max(peak_wh) FILTER (right(month, 2) = '11') AS peak_11, max(peak_wh) FILTER (right(month, 2) = '12') AS peak_12
    FROM months GROUP BY metering_point_id
),

-- days that have a temperature: x degree days in 1/100 K, y Wh, d minutes of darkness, t the mean in 1/100 °C
heat AS (
    SELECT metering_point_id,
        count(*)::HUGEINT AS n,
        sum(hdd_x100)::HUGEINT AS x, sum(hdd_x100::BIGINT * hdd_x100)::HUGEINT AS xx,
        sum(wh)::HUGEINT AS y, sum(wh::BIGINT * wh)::HUGEINT AS yy, sum(hdd_x100::BIGINT * wh)::HUGEINT AS xy,
        sum(wh_00_06 + wh_22_24)::HUGEINT AS night_y,
        sum(hdd_x100::BIGINT * (wh_00_06 + wh_22_24))::HUGEINT AS night_xy,
        count(*) FILTER (is_cold) AS cold_days,
        count(*) FILTER (is_warm) AS warm_days,
        count(cdd_x100)::HUGEINT AS summer_n,
        sum(cdd_x100)::HUGEINT AS summer_x, sum(cdd_x100::BIGINT * cdd_x100)::HUGEINT AS summer_xx,
        sum(wh) FILTER (cdd_x100 IS NOT NULL)::HUGEINT AS summer_y,
        sum(cdd_x100::BIGINT * wh)::HUGEINT AS summer_xy,
        count(*) FILTER (cdd_x100 > 0) AS hot_days,
        sum(wh_16_21)::HUGEINT AS e, sum(wh_16_21::BIGINT * wh_16_21)::HUGEINT AS ee,
        sum(dark_minutes)::HUGEINT AS d, sum(dark_minutes::BIGINT * dark_minutes)::HUGEINT AS dd,
        sum(mean_x100)::HUGEINT AS t, sum(mean_x100::BIGINT * mean_x100)::HUGEINT AS tt,
        sum(wh_16_21::BIGINT * dark_minutes)::HUGEINT AS ed,
        sum(wh_16_21::BIGINT * mean_x100)::HUGEINT AS et,
        sum(dark_minutes::BIGINT * mean_x100)::HUGEINT AS dt
    FROM used WHERE hdd_x100 IS NOT NULL GROUP BY metering_point_id
),
priced AS (
    SELECT metering_point_id,
        count(*) AS priced_days,
        sum(wh) AS priced_wh,
        sum(cost_x4) AS cost_x4,
        sum(dear_wh) AS dear_wh,
        sum(CASE WHEN expected * 60 > minutes THEN quarter_price_x4 ELSE hour_price_x4 END) AS price_minutes_x4,
        sum(minutes) AS price_minutes,
        sum(price_rank) AS price_ranks,
        count(price_rank) AS ranked_days
    FROM used WHERE cost_x4 IS NOT NULL GROUP BY metering_point_id
),

-- the same days a year earlier, of the same holder
earlier AS (
    SELECT metering_point_id,
        count(*) AS earlier_days,
        sum(wh) AS earlier_wh,
        count(hdd_x100)::HUGEINT AS n0,
        sum(hdd_x100)::HUGEINT AS x0, sum(hdd_x100::BIGINT * hdd_x100)::HUGEINT AS xx0,
        sum(wh) FILTER (hdd_x100 IS NOT NULL)::HUGEINT AS y0, sum(hdd_x100::BIGINT * wh)::HUGEINT AS xy0,
        count(*) FILTER (is_cold) AS cold_days0,
        count(*) FILTER (is_warm) AS warm_days0
    FROM (
        SELECT metering_point_id, local_date, wh FROM day_facts
        WHERE controller = $controller AND is_full AND $compared
            AND local_date BETWEEN $earlier_first AND $earlier_last
            AND month BETWEEN $earlier_first_month AND $earlier_last_month
    )
    JOIN calendar USING (local_date)
    LEFT JOIN holders AS h USING (metering_point_id)
    WHERE h.since IS NULL OR local_date >= h.since
    GROUP BY metering_point_id
),
together AS (
    SELECT *,
        days >= $days_needed AS is_enough,
        priced_days >= $days_needed AS is_priced,
        n >= 180 AND cold_days >= 30 AND warm_days >= 60 AS is_fit,
        n0 >= 180 AND cold_days0 >= 30 AND warm_days0 >= 60 AS is_fit0,
        earlier_days >= $days_needed AS is_compared,
        nullif(n * xx - x * x, 0)::DOUBLE AS x_spread,
        nullif(n * yy - y * y, 0)::DOUBLE AS y_spread,
        (n * xy - x * y)::DOUBLE AS xy_spread,
        (n * night_xy - x * night_y)::DOUBLE AS night_spread,
        -- of the evening's use, darkness and temperature, each two of them
        (n * ed - e * d)::DOUBLE / nullif(sqrt((n * ee - e * e)::DOUBLE) * sqrt((n * dd - d * d)::DOUBLE), 0) AS r_ed,
        (n * et - e * t)::DOUBLE / nullif(sqrt((n * ee - e * e)::DOUBLE) * sqrt((n * tt - t * t)::DOUBLE), 0) AS r_et,
        (n * dt - d * t)::DOUBLE / nullif(sqrt((n * dd - d * d)::DOUBLE) * sqrt((n * tt - t * t)::DOUBLE), 0) AS r_dt
    FROM sums
    LEFT JOIN told USING (metering_point_id)
    LEFT JOIN peaks USING (metering_point_id)
    LEFT JOIN by_month USING (metering_point_id)
    LEFT JOIN heat USING (metering_point_id)
    LEFT JOIN priced USING (metering_point_id)
    LEFT JOIN earlier USING (metering_point_id)
    LEFT JOIN fuses USING (metering_point_id)
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
    CASE WHEN is_enough THEN (6 * morning - 4 * night) / (24000.0::DOUBLE * days) END AS morning_ramp_kw,
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
    CASE WHEN summer_n >= 80 AND hot_days >= 15
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
    CASE WHEN is_priced AND $yearly THEN worst_cost_x4 / 4e8::DOUBLE END AS worst_month_spot_eur,
    CASE WHEN is_enough THEN coalesce(export_wh, 0) / nullif(wh, 0)::DOUBLE END AS export_ratio,
    CASE WHEN is_enough AND sunny_days >= 60 THEN sunny_export_days / sunny_days::DOUBLE END AS pv_midday_sign,

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
        THEN wh / days::DOUBLE / (nullif(earlier_wh, 0) / earlier_days::DOUBLE) - 1
    END AS yoy_change,
    base_kwh_day / nullif(base_kwh_day0, 0) AS yoy_base_ratio,
    slope / nullif(slope0, 0) AS yoy_slope_ratio
FROM based
ORDER BY metering_point_id
