-- name: seen
-- For everybody in the register the newest version of the notice that they were shown or told of: at import, with
-- a consent or by a message. A version that the settings do not have is older than all that they have.
CREATE OR REPLACE TEMP TABLE notices_seen AS
WITH shown AS (
    SELECT person_id, informed_by AS version FROM persons WHERE controller = $controller
    UNION ALL
    SELECT person_id, version FROM notices_shown_frame
),
ranked AS (
    SELECT person_id, version, list_position($versions::VARCHAR[], version) AS place
    FROM shown
    WHERE coalesce(version, '') <> ''
),
newest AS (
    SELECT person_id, arg_max(version, coalesce(place, 0)) AS version, max(coalesce(place, 0)) AS place
    FROM ranked
    GROUP BY person_id
)
SELECT
    $controller AS controller,
    p.person_id,
    n.version,
    coalesce(n.place, 0) = len($versions::VARCHAR[]) AND n.place IS NOT NULL AS newest
FROM (SELECT DISTINCT person_id FROM persons WHERE controller = $controller) AS p
LEFT JOIN newest AS n USING (person_id);
