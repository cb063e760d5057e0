-- name: complete
-- Of each register and day since a month how many metering points have every interval of import.
SELECT controller, local_date, count(*) AS points
FROM consumption_days
WHERE month >= $month AND local_date < $today AND direction = 'import'
    AND intervals_present = intervals_expected
GROUP BY controller, local_date

-- name: spans
-- The first and last day since then on which each metering point has any import.
SELECT controller, min(local_date) AS first, max(local_date) AS last
FROM consumption_days
WHERE month >= $month AND local_date < $today AND direction = 'import' AND intervals_present > 0
GROUP BY controller, metering_point_id

-- name: computed
-- For which day the metrics of each register were computed.
SELECT controller, max(as_of) AS as_of FROM metrics GROUP BY controller ORDER BY controller
