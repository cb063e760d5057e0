WITH by_day AS (
    SELECT
        metering_point_id, local_date, sum(wh) AS wh,
        sum(wh) FILTER (hour < 6) AS night, sum(wh) FILTER (hour >= 16 AND hour < 21) AS evening
    FROM readings
    GROUP BY ALL
),
of_days AS (
    SELECT
        metering_point_id,
        sum(night) / sum(wh) AS night_share,
        sum(evening) / sum(wh) AS evening_share,
        avg(wh) FILTER (isodow(local_date) < 6) / avg(wh) FILTER (isodow(local_date) > 5) AS weekday_weekend,
        avg(wh) FILTER (month(local_date) IN (12, 1, 2)) / avg(wh) FILTER (month(local_date) IN (6, 7, 8))
            AS winter_summer,
        stddev_samp(wh) / avg(wh) AS day_cv
    FROM by_day
    GROUP BY ALL
),
of_hours AS (
    SELECT
        metering_point_id,
        sum(wh) / 1000 AS kwh_year,
        max(wh) / 1000 AS peak_kw,
        quantile_disc(wh, 0.05) / 1000 AS base_kw
    FROM readings
    GROUP BY ALL
)
SELECT * FROM of_hours JOIN of_days USING (metering_point_id) ORDER BY metering_point_id
