-- name: people
-- What a message may say of each person, and the one address it goes to, which never leaves memory.
SELECT
    a.person_id,
    a.site_id,
    p.person_id IS NOT NULL AS known,
    p.language,
    p.first_name AS "person.first_name",
    p.last_name AS "person.last_name",
    d.point.value AS address
FROM asked AS a
LEFT JOIN persons AS p ON a.person_id = p.person_id AND p.controller = $controller
LEFT JOIN (
    -- As the rules of permission choose it: deliverable before not, then the newest.
    SELECT
        c.person_id,
        max({'deliverable': coalesce(c.deliverable, TRUE), 'valid_from': c.valid_from, 'value': c.value}) AS point
    FROM contact_points AS c
    SEMI JOIN asked AS a ON c.person_id = a.person_id
    WHERE
        c.controller = $controller
        AND c.channel = $channel
        AND coalesce(c.valid_from <= $day, TRUE)
        AND coalesce(c.valid_to > $day, TRUE)
    GROUP BY ALL
) AS d ON a.person_id = d.person_id
ORDER BY a.place

-- name: sharers
-- Others who have an address of somebody asked about: what they say may concern that person too.
SELECT DISTINCT
    o.person_id AS other,
    m.person_id
FROM contact_points AS o
INNER JOIN contact_points AS m
    ON o.channel = m.channel AND o.value = m.value AND o.person_id <> m.person_id
SEMI JOIN asked AS a ON m.person_id = a.person_id
WHERE
    o.controller = $controller
    AND m.controller = $controller
    AND o.channel IN ('email', 'sms', 'phone', 'letter')

-- name: companies
-- The company of each person's newest running role.
SELECT
    a.person_id,
    max({'start': r.start_date, 'name': c.name}).name AS "company.name"
FROM asked AS a
INNER JOIN roles AS r ON a.person_id = r.person_id AND r.controller = $controller
INNER JOIN companies AS c ON r.company_id = c.company_id AND c.controller = $controller
WHERE coalesce(r.end_date > $day, TRUE)
GROUP BY ALL

-- name: sites
-- The site that matched.
SELECT
    s.site_id,
    s.address AS "site.address",
    s.postal_code AS "site.postal_code",
    s.building_type AS "site.building_type",
    s.building_year AS "site.building_year",
    s.heating AS "site.heating",
    s.area_m2 AS "site.area_m2"
FROM sites AS s
SEMI JOIN asked AS a ON s.site_id = a.site_id
WHERE s.controller = $controller

-- name: contracts
-- The person's contract at the site that matched: a running one before others, electricity before heat, the newest.
SELECT
    person_id,
    site_id,
    one.metering_point_id AS metering_point_id,
    one.product AS "contract.product",
    one.contract_type AS "contract.contract_type",
    one.start_date AS "contract.start_date",
    one.end_date AS "contract.end_date",
    one.annual_kwh_estimate AS "contract.annual_kwh_estimate"
FROM (
    SELECT
        a.person_id,
        a.site_id,
        max({
            'running': coalesce(c.start_date <= $day, TRUE) AND coalesce(c.end_date >= $day, TRUE),
            'electricity': m.energy = 'electricity',
            'start_date': c.start_date,
            'end_date': c.end_date,
            'contract_id': c.contract_id,
            'metering_point_id': c.metering_point_id,
            'product': c.product,
            'contract_type': c.contract_type,
            'annual_kwh_estimate': c.annual_kwh_estimate
        }) AS one
    FROM asked AS a
    INNER JOIN contracts AS c ON a.person_id = c.person_id AND c.controller = $controller
    INNER JOIN metering_points AS m
        ON c.metering_point_id = m.metering_point_id AND a.site_id = m.site_id AND m.controller = $controller
    GROUP BY ALL
)

-- name: metrics
-- The newest consumption figures of the metering points of those contracts, over the template's period.
SELECT m.*
FROM metrics AS m
SEMI JOIN points AS p ON m.metering_point_id = p.metering_point_id
WHERE
    m.controller = $controller
    AND m.period = $period
    AND m.as_of = (SELECT max(n.as_of) FROM metrics AS n WHERE n.controller = $controller AND n.period = $period)

-- name: unreachable
-- Those without an address on the channel, and all but the first of those who share one.
SELECT
    person_id,
    address IS NULL AS missing
FROM (
    SELECT
        a.person_id,
        d.address,
        row_number() OVER (PARTITION BY d.address ORDER BY a.person_id) AS number
    FROM asked AS a
    LEFT JOIN (
        SELECT
            c.person_id,
            max({
                'deliverable': coalesce(c.deliverable, TRUE), 'valid_from': c.valid_from, 'value': c.value
            }).value AS address
        FROM contact_points AS c
        SEMI JOIN asked AS a ON c.person_id = a.person_id
        WHERE
            c.controller = $controller
            AND c.channel = $channel
            AND coalesce(c.valid_from <= $day, TRUE)
            AND coalesce(c.valid_to > $day, TRUE)
        GROUP BY ALL
    ) AS d ON a.person_id = d.person_id
)
WHERE address IS NULL OR number > 1

-- name: newest_site
-- The site of the newest running contract of each person: for a look at a message of somebody who did not match.
SELECT
    a.person_id,
    max({'start_date': c.start_date, 'site_id': m.site_id}).site_id AS site_id
FROM asked AS a
INNER JOIN contracts AS c ON a.person_id = c.person_id AND c.controller = $controller
INNER JOIN metering_points AS m ON c.metering_point_id = m.metering_point_id AND m.controller = $controller
WHERE coalesce(c.end_date >= $day, TRUE)
GROUP BY ALL
