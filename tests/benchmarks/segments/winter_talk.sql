-- The people of winter_talk.yml, as an analyst would ask for them: before permission.
WITH measured AS (  -- both periods side by side, as last computed
    SELECT
        metering_point_id,
        max(electricity_use) FILTER (period = 'last 12 months') AS year_kwh,
        max(winter_summer) FILTER (period = 'last 12 months') AS winter_summer,
        max(electricity_use) FILTER (period = 'last 3 months') AS quarter_kwh,
        max(evening_share) FILTER (period = 'last 3 months') AS evening_share
    FROM metrics
    WHERE controller = $controller
        AND (period, as_of) IN (
            SELECT period, max(as_of) FROM metrics
            WHERE controller = $controller AND period IN ('last 12 months', 'last 3 months') AND as_of <= $today
            GROUP BY period
        )
    GROUP BY metering_point_id
),

contracts_of_sites AS (
    SELECT
        person_id,
        site_id,
        metering_point_id,
        energy,
        contract_type,
        start_date,
        end_date,
        (start_date IS NULL OR start_date <= $today) AND (end_date IS NULL OR end_date >= $today) AS running
    FROM contracts
    JOIN metering_points USING (controller, metering_point_id)
    WHERE controller = $controller AND person_id IS NOT NULL
),

points_held AS (  -- a point counts once, however many contracts a person has there today
    SELECT DISTINCT person_id, site_id, metering_point_id, energy
    FROM contracts_of_sites
    WHERE running
),

houses AS (
    SELECT
        person_id,
        site_id,
        building_type,
        building_year,
        heating,
        max(winter_summer) AS winter_summer,
        max(CASE WHEN person_id IN (FROM hourly_consents) THEN evening_share END) AS evening_share,
        -- unknown unless every electricity point was measured
        CASE WHEN count(year_kwh) = count(*) FILTER (energy = 'electricity') THEN sum(year_kwh) END AS year_kwh,
        CASE WHEN count(quarter_kwh) = count(*) FILTER (energy = 'electricity')
            THEN sum(quarter_kwh)
        END AS quarter_kwh
    FROM points_held
    JOIN sites USING (site_id)
    LEFT JOIN measured USING (metering_point_id)
    WHERE sites.controller = $controller AND building_type IN ('detached_house', 'semi_detached', 'row_house')
    GROUP BY ALL
),

done AS (  -- how often and when people last did what is asked about, until the end of today
    SELECT
        person_id,
        count(*) FILTER (
            name = 'page_visited'
            AND occurred_at >= ($today - INTERVAL 12 MONTH)::TIMESTAMP AT TIME ZONE 'Europe/Helsinki'
        ) AS visits,
        count(*) FILTER (
            name = 'survey_answered'
            AND occurred_at >= ($today - INTERVAL 24 MONTH)::TIMESTAMP AT TIME ZONE 'Europe/Helsinki'
        ) AS answers,
        count(*) FILTER (
            name = 'complaint_opened'
            AND occurred_at >= ($today - 30)::TIMESTAMP AT TIME ZONE 'Europe/Helsinki'
        ) AS complaints,
        count(*) FILTER (name = 'made_purchase' AND properties ->> '$.product' = 'heat_pump') AS heat_pumps
    FROM events
    WHERE controller = $controller
        AND name IN ('page_visited', 'survey_answered', 'complaint_opened', 'made_purchase')
        AND occurred_at < ($today + 1)::TIMESTAMP AT TIME ZONE 'Europe/Helsinki'
    GROUP BY person_id
),

renewing AS (  -- segments/renewal_electric_heat.yml; whoever complained is left out below
    SELECT person_id
    FROM houses
    WHERE building_type <> 'row_house'
        AND heating IN ('direct_electric', 'storage_electric')
        AND year_kwh >= 9000
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
),

since AS (
    SELECT person_id, min(start_date) AS customer_since
    FROM relationships
    WHERE controller = $controller
        AND kind = 'customer'
        AND (start_date IS NULL OR start_date <= $today)
        AND (end_date IS NULL OR end_date >= $today)
    GROUP BY person_id
)

SELECT houses.person_id, min(site_id) AS site_id
FROM houses
JOIN persons USING (person_id)
JOIN since USING (person_id)
LEFT JOIN done USING (person_id)
WHERE persons.controller = $controller
    AND (ended_on IS NULL OR ended_on > $today)
    AND building_year BETWEEN 1950 AND 2015
    AND heating IN ('direct_electric', 'storage_electric', 'heat_pump_air')
    AND year_kwh >= 5000
    AND (winter_summer >= 2 OR quarter_kwh >= 3000 OR evening_share >= 0.3)
    AND EXISTS (
        FROM contracts_of_sites AS own
        WHERE own.person_id = houses.person_id
            AND own.site_id = houses.site_id
            AND contract_type IN ('spot', 'fixed_term')
            AND running
    )
    AND customer_since < $today - INTERVAL 3 MONTH
    AND language IN ('fi', 'sv')
    AND (
        (visits >= 2 AND houses.person_id IN (FROM browsing_consents))
        OR answers >= 1
        OR birth_year <= 1990
    )
    AND coalesce(complaints, 0) = 0
    AND coalesce(heat_pumps, 0) = 0
    AND houses.person_id NOT IN (FROM renewing)
GROUP BY houses.person_id
ORDER BY houses.person_id
