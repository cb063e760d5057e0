-- name: kinds
-- How many people of each kind are in each register today.
SELECT controller, kind AS word, count(*) AS people
FROM persons
WHERE ended_on IS NULL OR ended_on > $day
GROUP BY ALL;

-- name: relationships
-- How many people are known for each reason today.
SELECT controller, kind AS word, count(DISTINCT person_id) AS people
FROM relationships
WHERE (start_date IS NULL OR start_date <= $day) AND (end_date IS NULL OR end_date >= $day)
GROUP BY ALL;

-- name: sources
-- The newest delivery of each source, and how many rows went in altogether.
SELECT controller, source, count(*) AS files, sum(accepted)::BIGINT AS rows, max(received_at) AS newest
FROM deliveries
GROUP BY ALL;

-- name: notices
-- How many people of the register last saw which version of its notice; NULL for those who saw none.
SELECT s.version, s.newest, count(*) AS people
FROM notices_seen AS s
JOIN persons AS p USING (controller, person_id)
WHERE p.ended_on IS NULL OR p.ended_on > $day
GROUP BY ALL
ORDER BY ALL;
