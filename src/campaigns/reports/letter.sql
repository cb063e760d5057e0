-- name: person
-- How the person is called and which language they are written to in.
SELECT language, first_name, last_name
FROM persons
WHERE controller = $controller AND person_id = $person_id;

-- name: addresses
-- Every address that the person has or had on the channel, the newest first.
SELECT value, source, from_sale, valid_from
FROM contact_points
WHERE controller = $controller AND person_id = $person_id AND channel = $channel
ORDER BY valid_to DESC NULLS FIRST, valid_from DESC NULLS LAST, value;
