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

-- name: month_sums
-- What adds up (s_) and what is a maximum (m_) of each metering point's days from $first to $last, by month: under the
-- holders given, without the points of `besides`, and with $only_moved of no points but those of the holders.
WITH facts AS (
    SELECT d.*, c.* EXCLUDE (local_date)
    FROM (
        SELECT * EXCLUDE (controller) FROM day_facts
        WHERE controller = $controller AND local_date BETWEEN $first AND $last
            AND month BETWEEN $first_month AND $last_month
    ) AS d
    JOIN calendar AS c USING (local_date)
    LEFT JOIN holders AS h USING (metering_point_id)
    ANTI JOIN besides USING (metering_point_id)
    WHERE CASE WHEN h.since IS NULL THEN NOT $only_moved ELSE local_date >= h.since END
)
SELECT metering_point_id, month,
    -- all days; below, what is NULL of a day that is not full is not counted
    sum(expected)::BIGINT AS s_expected, sum(present)::BIGINT AS s_present, sum(estimated)::BIGINT AS s_estimated,
    sum(minutes)::BIGINT AS s_minutes_told,

    count(wh) AS s_days,
    sum(wh)::BIGINT AS s_wh,
    sum(wh::BIGINT * wh)::BIGINT AS s_wh_squared,
    sum(minutes) FILTER (is_full)::BIGINT AS s_minutes,
    max(wh_max) AS m_peak_wh,
    sum(wh_00_06)::BIGINT AS s_night, sum(wh_06_10)::BIGINT AS s_morning, sum(wh_10_16)::BIGINT AS s_midday,
    sum(wh_16_21)::BIGINT AS s_evening,
    count(wh) FILTER (is_off) AS s_days_off, sum(wh) FILTER (is_off)::BIGINT AS s_wh_off,
    sum(export_wh)::BIGINT AS s_export_wh,
    count(wh) FILTER (is_sunny) AS s_sunny_days,
    count(*) FILTER (is_sunny AND export_10_16 > 0) AS s_sunny_export_days,
    sum(plateau_hours)::BIGINT AS s_plateau_hours,
    sum(steps_small)::BIGINT AS s_steps_small, sum(steps_medium)::BIGINT AS s_steps_medium,
    sum(steps_large)::BIGINT AS s_steps_large,
    count(wh) FILTER (weekday = 6) AS s_saturdays,
    sum(evening_block) FILTER (weekday = 6)::BIGINT AS s_saturday_blocks,
    count(wh) FILTER (weekday <= 2) AS s_early_days,
    sum(evening_block) FILTER (weekday <= 2)::BIGINT AS s_early_blocks,
    sum(relay_hours & 1)::BIGINT AS s_relay_21, sum((relay_hours >> 1) & 1)::BIGINT AS s_relay_22,
    sum((relay_hours >> 2) & 1)::BIGINT AS s_relay_23,
    count(wh) FILTER (is_frosty_workday) AS s_frosty_days,
    sum(morning_block) FILTER (is_frosty_workday)::BIGINT AS s_frosty_blocks,
    count(*) FILTER (peak_hour = 0) AS s_peaks_at_00,
    count(*) FILTER (peak_hour = 1) AS s_peaks_at_01,
    count(*) FILTER (peak_hour = 2) AS s_peaks_at_02,
    count(*) FILTER (peak_hour = 3) AS s_peaks_at_03,
    count(*) FILTER (peak_hour = 4) AS s_peaks_at_04,
    count(*) FILTER (peak_hour = 5) AS s_peaks_at_05,
    count(*) FILTER (peak_hour = 6) AS s_peaks_at_06,
    count(*) FILTER (peak_hour = 7) AS s_peaks_at_07,
    count(*) FILTER (peak_hour = 8) AS s_peaks_at_08,
    count(*) FILTER (peak_hour = 9) AS s_peaks_at_09,
    count(*) FILTER (peak_hour = 10) AS s_peaks_at_10,
    count(*) FILTER (peak_hour = 11) AS s_peaks_at_11,
    count(*) FILTER (peak_hour = 12) AS s_peaks_at_12,
    count(*) FILTER (peak_hour = 13) AS s_peaks_at_13,
    count(*) FILTER (peak_hour = 14) AS s_peaks_at_14,
    count(*) FILTER (peak_hour = 15) AS s_peaks_at_15,
    count(*) FILTER (peak_hour = 16) AS s_peaks_at_16,
    count(*) FILTER (peak_hour = 17) AS s_peaks_at_17,
    count(*) FILTER (peak_hour = 18) AS s_peaks_at_18,
    count(*) FILTER (peak_hour = 19) AS s_peaks_at_19,
    count(*) FILTER (peak_hour = 20) AS s_peaks_at_20,
    count(*) FILTER (peak_hour = 21) AS s_peaks_at_21,
    count(*) FILTER (peak_hour = 22) AS s_peaks_at_22,
    count(*) FILTER (peak_hour = 23) AS s_peaks_at_23,

    -- days that have a temperature: x degree days in 1/100 K, y Wh, e the evening's Wh, d minutes of darkness, t the
    -- mean in 1/100 °C
    count(wh) FILTER (is_known) AS s_n,
    sum(hdd_x100) FILTER (is_full)::BIGINT AS s_x,
    sum(hdd_x100::BIGINT * hdd_x100) FILTER (is_full)::BIGINT AS s_xx,
    sum(wh) FILTER (is_known)::BIGINT AS s_y,
    sum(wh::BIGINT * wh) FILTER (is_known)::BIGINT AS s_yy,
    sum(hdd_x100::BIGINT * wh)::BIGINT AS s_xy,
    sum(wh_00_06 + wh_22_24) FILTER (is_known)::BIGINT AS s_night_y,
    sum(hdd_x100::BIGINT * (wh_00_06 + wh_22_24))::BIGINT AS s_night_xy,
    count(wh) FILTER (is_cold) AS s_cold_days,
    count(wh) FILTER (is_warm) AS s_warm_days,
    count(wh) FILTER (cdd_x100 IS NOT NULL) AS s_summer_n,
    sum(cdd_x100) FILTER (is_full)::BIGINT AS s_summer_x,
    sum(cdd_x100::BIGINT * cdd_x100) FILTER (is_full)::BIGINT AS s_summer_xx,
    sum(wh) FILTER (cdd_x100 IS NOT NULL)::BIGINT AS s_summer_y,
    sum(cdd_x100::BIGINT * wh)::BIGINT AS s_summer_xy,
    count(wh) FILTER (cdd_x100 > 0) AS s_hot_days,
    sum(wh_16_21) FILTER (is_known)::BIGINT AS s_e,
    sum(wh_16_21::BIGINT * wh_16_21) FILTER (is_known)::BIGINT AS s_ee,
    sum(dark_minutes) FILTER (is_known AND is_full)::BIGINT AS s_d,
    sum(dark_minutes::BIGINT * dark_minutes) FILTER (is_known AND is_full)::BIGINT AS s_dd,
    sum(mean_x100) FILTER (is_full)::BIGINT AS s_t,
    sum(mean_x100::BIGINT * mean_x100) FILTER (is_full)::BIGINT AS s_tt,
    sum(wh_16_21::BIGINT * dark_minutes) FILTER (is_known)::BIGINT AS s_ed,
    sum(wh_16_21::BIGINT * mean_x100)::BIGINT AS s_et,
    sum(dark_minutes::BIGINT * mean_x100) FILTER (is_full)::BIGINT AS s_dt,

    -- days that have all their prices
    count(cost_x4) AS s_priced_days,
    sum(wh) FILTER (cost_x4 IS NOT NULL)::BIGINT AS s_priced_wh,
    sum(cost_x4)::BIGINT AS s_cost_x4,
    sum(dear_wh)::BIGINT AS s_dear_wh,
    sum(CASE WHEN expected * 60 > minutes THEN quarter_price_x4 ELSE hour_price_x4 END)
        FILTER (cost_x4 IS NOT NULL)::BIGINT AS s_price_minutes_x4,
    sum(minutes) FILTER (cost_x4 IS NOT NULL)::BIGINT AS s_price_minutes,
    sum(price_rank)::BIGINT AS s_price_ranks,
    count(price_rank) AS s_ranked_days
FROM facts
GROUP BY metering_point_id, month

-- name: months_between
-- Month facts of whole months, but for points whose holder came within the period.
SELECT m.*
FROM month_facts AS m ANTI JOIN moved USING (metering_point_id)
WHERE controller = $controller AND month BETWEEN $first_month AND $last_month

-- name: quantiles
-- Medians and percentiles do not add up: they are taken over the days of the period.
SELECT metering_point_id,
    quantile_cont(wh_min, 0.5) AS base_wh,
    quantile_cont(wh_max, 0.99) AS peak_p99_wh,
    quantile_cont(night_max, 0.9) AS night_peak_wh,
    quantile_cont(panels_w, 0.9) FILTER (month(local_date) BETWEEN 5 AND 8) AS panels_w,
    count(panels_w) FILTER (month(local_date) BETWEEN 5 AND 8) AS panels_days
FROM day_facts
LEFT JOIN holders AS h USING (metering_point_id)
WHERE controller = $controller AND is_full AND local_date BETWEEN $first AND $last
    AND month BETWEEN $first_month AND $last_month
    AND (h.since IS NULL OR local_date >= h.since)
GROUP BY metering_point_id

-- name: day_series
-- The full days of a range of metering points, for what is fitted to them.
SELECT metering_point_id, local_date, wh, wh_min, wh_16_21
FROM day_facts
WHERE controller = $controller AND is_full AND local_date BETWEEN $first AND $last
    AND month BETWEEN $first_month AND $last_month AND metering_point_id BETWEEN $lowest AND $highest

-- name: hour_series
-- The hours of full days of 24 hours of a month, for the metering points of `wanted`.
SELECT metering_point_id, local_date, resolution_min, wh
FROM consumption_days AS d JOIN wanted USING (metering_point_id)
WHERE controller = $controller AND direction = 'import' AND month = $month
    AND local_date BETWEEN $first AND $last AND (wanted.since IS NULL OR local_date >= wanted.since)
    AND intervals_present = intervals_expected AND intervals_expected::INTEGER * resolution_min = 1440
    AND wh_sum BETWEEN 1 AND $most_wh

-- name: metrics
-- One row a metering point of a register: its metrics over one period, from `parts` (month_sums of the period) and
-- `earlier_parts` (of the same days a year before). Sums are of whole numbers, so no order of rows shows in them.
WITH sums AS (
    SELECT metering_point_id, sum(COLUMNS('^s_(.*)'))::HUGEINT AS '\1', max(COLUMNS('^m_(.*)')) AS '\1'
    FROM parts GROUP BY metering_point_id
),
seasons AS (
    SELECT metering_point_id,
        sum(s_days) FILTER (right(month, 2) IN ('12', '01', '02')) AS winter_days,
        sum(s_wh) FILTER (right(month, 2) IN ('12', '01', '02')) AS winter_wh,
        sum(s_days) FILTER (right(month, 2) IN ('06', '07', '08')) AS summer_days,
        sum(s_wh) FILTER (right(month, 2) IN ('06', '07', '08')) AS summer_wh,
        max(s_cost_x4) AS worst_cost_x4,
        max(m_peak_wh) FILTER (right(month, 2) = '01') AS peak_01,
        max(m_peak_wh) FILTER (right(month, 2) = '02') AS peak_02,
        max(m_peak_wh) FILTER (right(month, 2) = '03') AS peak_03,
        max(m_peak_wh) FILTER (right(month, 2) = '04') AS peak_04,
        max(m_peak_wh) FILTER (right(month, 2) = '05') AS peak_05,
        max(m_peak_wh) FILTER (right(month, 2) = '06') AS peak_06,
        max(m_peak_wh) FILTER (right(month, 2) = '07') AS peak_07,
        max(m_peak_wh) FILTER (right(month, 2) = '08') AS peak_08,
        max(m_peak_wh) FILTER (right(month, 2) = '09') AS peak_09,
        max(m_peak_wh) FILTER (right(month, 2) = '10') AS peak_10,
        max(m_peak_wh) FILTER (right(month, 2) = '11') AS peak_11,
        max(m_peak_wh) FILTER (right(month, 2) = '12') AS peak_12
    FROM parts GROUP BY metering_point_id
),

-- the clock hours of the daily peaks, by hour
peaks AS (
    SELECT metering_point_id,
        list_position(counts, list_max(counts)) - 1 AS peak_hour_mode,
        ln(days::DOUBLE) - list_sum(list_transform(counts, lambda n: CASE WHEN n > 0 THEN n * ln(n) ELSE 0 END))
            / days::DOUBLE AS peak_hour_entropy
    FROM (
        SELECT metering_point_id, days, [peaks_at_00, peaks_at_01, peaks_at_02, peaks_at_03, peaks_at_04, peaks_at_05, peaks_at_06, peaks_at_07, peaks_at_08, peaks_at_09, peaks_at_10,
            peaks_at_11, peaks_at_12, peaks_at_13, peaks_at_14, peaks_at_15, peaks_at_16, peaks_at_17, peaks_at_18, peaks_at_19, peaks_at_20, peaks_at_21,
            peaks_at_22, peaks_at_23]::DOUBLE[] AS counts
        FROM sums WHERE days > 0
    )
),
earlier AS (
    SELECT metering_point_id,
        sum(s_days) AS earlier_days, sum(s_wh) AS earlier_wh,
        sum(s_n)::HUGEINT AS n0, sum(s_x)::HUGEINT AS x0, sum(s_xx)::HUGEINT AS xx0,
        sum(s_y)::HUGEINT AS y0, sum(s_xy)::HUGEINT AS xy0,
        sum(s_cold_days) AS cold_days0, sum(s_warm_days) AS warm_days0
    FROM earlier_parts GROUP BY metering_point_id
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
    LEFT JOIN seasons USING (metering_point_id)
    LEFT JOIN peaks USING (metering_point_id)
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
    CASE WHEN is_priced AND $yearly
        THEN 365 * (4 * (price_mc - margin_mc) * priced_wh - cost_x4)::DOUBLE / (4e8::DOUBLE * priced_days)
    END AS spot_vs_fixed_eur,
    CASE WHEN is_enough THEN coalesce(export_wh, 0) / nullif(wh, 0)::DOUBLE END AS export_ratio,
    CASE WHEN is_enough AND sunny_days >= 60 THEN sunny_export_days / sunny_days::DOUBLE END AS pv_midday_sign,
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
        THEN wh / days::DOUBLE / (nullif(earlier_wh, 0) / earlier_days::DOUBLE) - 1
    END AS yoy_change,
    base_kwh_day / nullif(base_kwh_day0, 0) AS yoy_base_ratio,
    slope / nullif(slope0, 0) AS yoy_slope_ratio
FROM based
ORDER BY metering_point_id
