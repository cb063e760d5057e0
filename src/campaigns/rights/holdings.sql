-- name: periods
-- When this person held each metering point. A contract that was left open ended when the next holder's began.
WITH theirs AS (
    SELECT DISTINCT metering_point_id
    FROM contracts
    WHERE controller = $controller AND person_id = $person_id AND metering_point_id IS NOT NULL
),
held AS (
    SELECT metering_point_id, person_id, company_id, start_date, end_date
    FROM contracts JOIN theirs USING (metering_point_id)
    WHERE controller = $controller
),
ended AS (
    SELECT one.metering_point_id, one.start_date,
        one.person_id IS NOT DISTINCT FROM $person_id AS is_own,
        coalesce(one.end_date, min(next.start_date) - 1, DATE '9999-12-30') AS end_date
    FROM held AS one
    LEFT JOIN held AS next ON next.metering_point_id = one.metering_point_id
        AND next.start_date > one.start_date
        AND (next.person_id IS DISTINCT FROM one.person_id OR next.company_id IS DISTINCT FROM one.company_id)
    GROUP BY one.metering_point_id, one.person_id, one.company_id, one.start_date, one.end_date
)
SELECT metering_point_id, is_own, start_date, end_date FROM ended

-- name: points
-- The person's metering points; what another holder may have changed since is told only of those held now.
SELECT p.metering_point_id, p.site_id, p.energy, p.gsrn, own.is_held,
    CASE WHEN own.is_held THEN p.fuse_a END AS fuse_a, p.source, p.received_at
FROM metering_points AS p
JOIN (
    SELECT metering_point_id, max(end_date) >= $today AS is_held FROM periods WHERE is_own GROUP BY ALL
) AS own USING (metering_point_id)
WHERE p.controller = $controller
ORDER BY p.metering_point_id

-- name: sites
-- The sites of those metering points, by the same rule.
SELECT s.site_id, own.is_held, s.address, s.postal_code,
    CASE WHEN own.is_held THEN s.building_type END AS building_type,
    CASE WHEN own.is_held THEN s.building_year END AS building_year,
    CASE WHEN own.is_held THEN s.heating END AS heating,
    CASE WHEN own.is_held THEN s.area_m2 END AS area_m2,
    s.source, s.received_at
FROM sites AS s
JOIN (SELECT site_id, bool_or(is_held) AS is_held FROM points GROUP BY ALL) AS own USING (site_id)
WHERE s.controller = $controller
ORDER BY s.site_id

-- name: days
-- The days of consumption that are this person's: of a day that two held, the older contract's holder.
SELECT d.metering_point_id, d.gsrn, d.direction, d.local_date, d.resolution_min, d.wh, d.quality,
    d.wh_sum, d.intervals_expected, d.intervals_present
FROM consumption_days AS d
JOIN (SELECT DISTINCT metering_point_id FROM periods WHERE is_own) AS own USING (metering_point_id)
WHERE d.controller = $controller
    AND EXISTS (
        SELECT 1 FROM periods AS mine
        WHERE mine.is_own AND mine.metering_point_id = d.metering_point_id
            AND d.local_date BETWEEN mine.start_date AND mine.end_date
            AND NOT EXISTS (
                SELECT 1 FROM periods AS other
                WHERE NOT other.is_own AND other.metering_point_id = d.metering_point_id
                    AND d.local_date BETWEEN other.start_date AND other.end_date
                    AND other.start_date < mine.start_date
            )
    )
ORDER BY d.metering_point_id, d.direction, d.local_date

-- name: metrics
-- What was computed for the metering points that the person holds, about days that are theirs.
SELECT m.* EXCLUDE (controller)
FROM metrics AS m
WHERE m.controller = $controller
    AND EXISTS (
        SELECT 1 FROM periods AS mine
        WHERE mine.is_own AND mine.metering_point_id = m.metering_point_id
            AND m.as_of BETWEEN mine.start_date AND mine.end_date
    )
ORDER BY m.metering_point_id, m.period, m.as_of

-- name: companies
-- The companies in which the person has or had a role.
SELECT c.* EXCLUDE (controller)
FROM companies AS c
JOIN (
    SELECT DISTINCT company_id FROM roles WHERE controller = $controller AND person_id = $person_id
) USING (company_id)
WHERE c.controller = $controller
ORDER BY c.company_id
