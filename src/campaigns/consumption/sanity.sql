-- name: limits
-- What the main fuse of each metering point lets through, W.
SELECT controller, metering_point_id, max(fuse_a) * $w_per_ampere::DOUBLE AS limit_w
FROM metering_points
WHERE fuse_a > 0
GROUP BY controller, metering_point_id
ORDER BY controller, metering_point_id

-- name: hashed_days
-- The full days of one month that are worth comparing, with one hash of register, day and the numbers beside it.
SELECT controller, metering_point_id, direction, month, local_date, wh,
    hash(
        controller, direction, local_date, resolution_min, wh_sum, lowest_wh, highest_wh, wh_max, peak_hour,
        wh_00_06, wh_06_10, wh_10_16, wh_16_21
    ) AS numbers
FROM consumption_days
WHERE month = $month AND intervals_present = intervals_expected
    AND lowest_wh < highest_wh

-- name: twins
-- Of the days whose numbers are `alike` the ones with the same value in every interval.
SELECT controller, metering_point_id, direction, month, local_date
FROM (
    SELECT *, count(*) OVER (PARTITION BY controller, direction, local_date, wh) AS same
    FROM hashed_days SEMI JOIN alike USING (numbers)
)
WHERE same > 1 AND len(list_distinct(wh)) >= $values
ORDER BY ALL

-- name: flags
-- Runs of days on end with one flag.
WITH suspects AS (
    SELECT controller, metering_point_id, direction, local_date, lowest_wh,
        highest_wh::BIGINT * 60 // resolution_min AS highest_w,
        greatest(highest_wh::BIGINT, -lowest_wh::BIGINT) * 60 / resolution_min AS most_w,
        lowest_wh = highest_wh AND intervals_present = intervals_expected AS is_flat
    FROM consumption_days
    WHERE lowest_wh < 0 OR (lowest_wh = highest_wh AND highest_wh <> 0)
        OR highest_wh::BIGINT * 60 > $lowest_w * resolution_min
),
flagged AS (
    SELECT controller, metering_point_id, direction, local_date, 'negative' AS flag, 0 AS value
    FROM suspects WHERE lowest_wh < 0
    UNION ALL
    SELECT controller, metering_point_id, direction, local_date, 'absurd', 0
    FROM suspects LEFT JOIN limits USING (controller, metering_point_id)
    WHERE most_w > coalesce(limit_w, $unknown_w)
    UNION ALL
    SELECT controller, metering_point_id, direction, local_date, 'constant', highest_w
    FROM suspects WHERE is_flat AND abs(highest_w) >= $constant_w
    UNION ALL
    SELECT controller, metering_point_id, direction, local_date, 'duplicate', 0 FROM reading_twins
),
numbered AS (
    SELECT *, local_date - row_number() OVER (
        PARTITION BY controller, metering_point_id, direction, flag, value ORDER BY local_date
    )::INTEGER AS run
    FROM flagged
)
SELECT controller, metering_point_id, direction, flag, strftime(max(local_date), '%Y-%m') AS month,
    min(local_date) AS first_date, max(local_date) AS last_date, count(*)::INTEGER AS days
FROM numbered
GROUP BY controller, metering_point_id, direction, flag, value, run
HAVING days >= CASE flag WHEN 'constant' THEN $constant_days WHEN 'duplicate' THEN $duplicate_days ELSE 1 END
ORDER BY controller, metering_point_id, direction, flag, first_date

-- name: counts
-- Of each register and flag how many metering points have it, and the days of them all.
SELECT controller, flag, count(DISTINCT metering_point_id) AS metering_points, sum(days) AS days
FROM reading_flags
GROUP BY controller, flag
ORDER BY controller, flag
