-- name: days
-- The consumption days of one metering point between two days.
SELECT direction, local_date, resolution_min, wh, quality, wh_sum, intervals_expected, intervals_present, wh_00_06,
    wh_06_10, wh_10_16, wh_16_21
FROM consumption_days
WHERE controller = $controller AND metering_point_id = $point AND local_date BETWEEN $first AND $last
    AND month BETWEEN $first_month AND $last_month
ORDER BY local_date, direction

-- name: heat_days
-- The days of one heat meter between two days; cooling is that of its water, K.
SELECT local_date, kwh, volume_m3, (inlet_m3c - return_m3c) / nullif(volume_m3, 0) AS cooling_k, gap_kwh
FROM heat_days
WHERE controller = $controller AND metering_point_id = $point AND local_date BETWEEN $first AND $last
    AND month BETWEEN $first_month AND $last_month
ORDER BY local_date

-- name: metrics
-- The newest metrics of one metering point between two days, those that were kept of earlier months among them.
WITH every AS (
    SELECT * FROM metrics
    UNION ALL BY NAME
    SELECT * EXCLUDE (month) FROM metrics_history
)
SELECT * FROM every
WHERE controller = $controller AND metering_point_id = $point AND as_of BETWEEN $first AND $last
QUALIFY as_of = max(as_of) OVER () AND row_number() OVER (PARTITION BY period, as_of) = 1
ORDER BY period

-- name: place
-- What the register knows of a metering point and of the site where it is.
SELECT p.metering_point_id, p.energy, p.gsrn, p.fuse_a, s.site_id, s.address, s.postal_code, s.building_type,
    s.building_year, s.heating, s.area_m2
FROM metering_points AS p LEFT JOIN sites AS s ON s.controller = p.controller AND s.site_id = p.site_id
WHERE p.controller = $controller AND p.metering_point_id = $point

-- name: contract
-- The contract that runs on a day: whose it is.
SELECT person_id, company_id, product, contract_type, start_date, end_date
FROM contracts
WHERE controller = $controller AND metering_point_id = $point
    AND start_date <= $as_of AND (end_date IS NULL OR end_date >= $as_of)
ORDER BY start_date DESC, contract_id DESC
LIMIT 1

-- name: owners
-- The registers that know a metering point, by its number.
SELECT DISTINCT controller FROM metering_points WHERE metering_point_id = $point ORDER BY controller

-- name: flags
-- What is odd about the readings of one metering point between two days: runs of days on end, cut to those days.
SELECT direction, flag, greatest(first_date, $first) AS first_date, least(last_date, $last) AS last_date,
    least(last_date, $last) - greatest(first_date, $first) + 1 AS days
FROM reading_flags
WHERE controller = $controller AND metering_point_id = $point AND last_date >= $first AND first_date <= $last
ORDER BY first_date, direction, flag
