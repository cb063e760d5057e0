-- The people of segments/heat_pump_prospects.yml, as an analyst would ask for them: before permission and limit.
WITH measured AS (  -- the newest figures of the last 12 months
    SELECT metering_point_id, electricity_use, heat_slope, winter_summer
    FROM metrics
    WHERE controller = $controller
        AND period = 'last 12 months'
        AND as_of = (
            SELECT max(as_of) FROM metrics
            WHERE controller = $controller AND period = 'last 12 months' AND as_of <= $today
        )
),

contracts_of_sites AS (
    SELECT person_id, site_id, metering_point_id, energy, contract_type, start_date, end_date
    FROM contracts
    JOIN metering_points USING (controller, metering_point_id)
    WHERE controller = $controller AND person_id IS NOT NULL
),

points_held AS (  -- a point counts once, however many contracts a person has there today
    SELECT DISTINCT person_id, site_id, metering_point_id, energy
    FROM contracts_of_sites
    WHERE (start_date IS NULL OR start_date <= $today) AND (end_date IS NULL OR end_date >= $today)
),

houses AS (
    SELECT
        person_id,
        site_id,
        building_year,
        heating,
        max(heat_slope) AS heat_slope,
        max(winter_summer) AS winter_summer,
        -- unknown unless every electricity point was measured
        CASE WHEN count(electricity_use) = count(*) FILTER (energy = 'electricity')
            THEN sum(electricity_use)
        END AS electricity_use
    FROM points_held
    JOIN sites USING (site_id)
    LEFT JOIN measured USING (metering_point_id)
    WHERE sites.controller = $controller AND building_type IN ('detached_house', 'semi_detached')
    GROUP BY ALL
),

done AS (  -- events until the end of today
    SELECT person_id, name, occurred_at, properties
    FROM events
    WHERE controller = $controller
        AND occurred_at < ($today + 1)::TIMESTAMP AT TIME ZONE 'Europe/Helsinki'
),

renewing AS (  -- segments/renewal_electric_heat.yml: they hear from us about their contract
    SELECT person_id
    FROM houses
    WHERE heating IN ('direct_electric', 'storage_electric')
        AND electricity_use >= 9000
        AND EXISTS (
            FROM contracts_of_sites AS own
            WHERE own.person_id = houses.person_id
                AND own.site_id = houses.site_id
                AND contract_type = 'fixed_term'
                AND end_date BETWEEN $today AND $today + 60
        )
        AND NOT EXISTS (
            FROM contracts_of_sites AS own
            WHERE own.person_id = houses.person_id
                AND own.site_id = houses.site_id
                AND (start_date IS NULL OR start_date > $today)
        )
        AND NOT EXISTS (
            FROM done
            WHERE done.person_id = houses.person_id
                AND name = 'complaint_opened'
                AND occurred_at >= ($today - 30)::TIMESTAMP AT TIME ZONE 'Europe/Helsinki'
        )
)

SELECT person_id, min(site_id) AS site_id
FROM houses
JOIN persons USING (person_id)
WHERE persons.controller = $controller
    AND (ended_on IS NULL OR ended_on > $today)
    AND building_year BETWEEN 1950 AND 2005
    AND heating IN ('oil', 'direct_electric')
    AND (winter_summer >= 2 OR heat_slope >= 0.8 OR heating = 'oil')
    AND person_id NOT IN (FROM renewing)
    AND NOT EXISTS (
        FROM done
        WHERE done.person_id = houses.person_id
            AND name = 'made_purchase'
            AND properties ->> '$.product' = 'heat_pump'
    )
GROUP BY person_id
ORDER BY person_id
