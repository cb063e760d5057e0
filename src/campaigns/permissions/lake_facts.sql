-- name: channels
-- The channels asked about, and whose contact points each of them uses.
CREATE OR REPLACE TEMP TABLE asked_channels AS
SELECT
    channel,
    number::TINYINT AS channel_number,
    ($point_channels::VARCHAR[])[number] AS point_channel,
    channel IN ('email', 'sms', 'phone', 'robocall', 'letter', 'ad_audience') AS needs_point
FROM (SELECT unnest($channels::VARCHAR[]) AS channel, generate_subscripts($channels::VARCHAR[], 1) AS number);

-- name: persons
-- Whom is asked about, and what the caller knows of them.
CREATE OR REPLACE TEMP TABLE asked_persons AS SELECT * FROM asked_persons_frame;

-- name: many
-- What the lake holds about the people asked about: all of it, when they are most of the register anyway.
CREATE OR REPLACE TEMP VIEW asked_points AS SELECT * FROM contact_points;
CREATE OR REPLACE TEMP VIEW asked_relationships AS SELECT * FROM relationships;

-- name: few
-- What the lake holds about the people asked about.
CREATE OR REPLACE TEMP VIEW asked_points AS SELECT * FROM contact_points SEMI JOIN asked_persons USING (person_id);
CREATE OR REPLACE TEMP VIEW asked_relationships AS
SELECT * FROM relationships SEMI JOIN asked_persons USING (person_id);

-- name: points
-- For each person the contact point that a message on each channel would go to: one that works before one that
-- does not, then the newest. What orders them, the hash of the address and what is asked about it lie in one
-- whole number, whose maximum takes a fraction of the time of a struct's.
CREATE OR REPLACE TEMP TABLE lake_points AS
SELECT
    person_id,
    max(choice) FILTER (channel = 'email') AS email,
    max(choice) FILTER (channel = 'sms') AS sms,
    max(choice) FILTER (channel = 'phone') AS phone,
    max(choice) FILTER (channel = 'letter') AS letter
FROM (
    SELECT
        cp.person_id,
        cp.channel,
        (coalesce(cp.deliverable, TRUE)::HUGEINT << 100)
        + (coalesce(date_diff('day', DATE '1900-01-01', cp.valid_from), 0)::HUGEINT << 72)
        + (hash(cp.value)::HUGEINT << 8)
        + (coalesce(cp.deliverable, TRUE)::UTINYINT << 4)
        + (coalesce(cp.from_sale, FALSE)::UTINYINT << 3)
        + (coalesce(cp.opt_out_offered, FALSE)::UTINYINT << 2)
        + ((coalesce(cp.source, '') <> '')::UTINYINT << 1)
        + coalesce(cp.source = 'vtj', FALSE)::UTINYINT AS choice
    FROM asked_points AS cp
    WHERE
        cp.controller = $controller
        AND list_contains($point_channels::VARCHAR[], cp.channel)
        AND coalesce(cp.valid_from <= $day, TRUE)
        AND coalesce(cp.valid_to > $day, TRUE)
)
GROUP BY ALL;

-- name: addresses
-- The hashes of the chosen addresses, where another table has to be matched with them.
CREATE OR REPLACE TEMP VIEW lake_addresses AS
SELECT person_id, channel, ((choice >> 8) & 18446744073709551615)::UBIGINT AS address
FROM (UNPIVOT lake_points ON email, sms, phone, letter INTO NAME channel VALUE choice);

-- name: neighbours
-- Other people of the register who have the same e-mail address or telephone number.
CREATE OR REPLACE TEMP TABLE lake_neighbours AS
SELECT DISTINCT
    p.person_id,
    p.channel,
    cp.person_id AS neighbour_id
FROM contact_points AS cp
INNER JOIN lake_addresses AS p
    ON hash(cp.value) = p.address AND cp.channel = p.channel AND cp.person_id <> p.person_id
WHERE
    cp.controller = $controller
    AND list_contains($point_channels::VARCHAR[], cp.channel)
    AND cp.channel <> 'letter'
    AND coalesce(cp.valid_to > $day, TRUE)
    AND $is_marketing_kind;

-- name: digests
-- Keyed digests of the chosen addresses, to be compared with suppressed ones.
CREATE OR REPLACE TEMP TABLE lake_digests AS
SELECT
    p.person_id,
    p.channel,
    sha256(
        CASE p.channel
            WHEN 'email' THEN $email_key::BLOB WHEN 'letter' THEN $letter_key::BLOB ELSE $phone_key::BLOB
        END || encode(cp.value)
    ) AS digest
FROM contact_points AS cp
INNER JOIN lake_addresses AS p
    ON cp.person_id = p.person_id AND cp.channel = p.channel AND hash(cp.value) = p.address
WHERE cp.controller = $controller AND list_contains($digested_channels::VARCHAR[], p.channel);

-- name: names
-- Keyed digests of all by which a word may speak of somebody whom the register did not have when it was told:
-- every address that is or was theirs, whatever channel is asked about, and every customer number.
CREATE OR REPLACE TEMP TABLE lake_names AS
SELECT DISTINCT
    person_id,
    sha256(
        CASE channel
            WHEN 'email' THEN $email_key::BLOB WHEN 'letter' THEN $letter_key::BLOB ELSE $phone_key::BLOB
        END || encode(value)
    ) AS digest
FROM asked_points
WHERE $names_wanted AND controller = $controller
UNION ALL
SELECT person_id, sha256($key_key::BLOB || encode(key_space || ':' || source_id))
FROM person_keys
SEMI JOIN asked_persons USING (person_id)
WHERE $names_wanted AND controller = $controller;

-- name: work
-- Whose roles in which companies are not over.
CREATE OR REPLACE TEMP TABLE lake_work AS
SELECT person_id, company_id::VARCHAR AS company
FROM roles
WHERE controller = $controller AND coalesce(end_date > $day, TRUE);

-- name: people
-- One row a person asked about: what the register knows of them, on that day.
CREATE OR REPLACE TEMP TABLE lake_people AS
WITH relations AS (
    SELECT
        r.person_id,
        bool_or(r.kind = 'customer' AND r.active) AS customer,
        bool_or(r.kind = 'former_customer' OR (r.kind = 'customer' AND NOT r.active)) AS former_customer,
        bool_or(r.kind = 'partner' AND r.active) AS partner,
        bool_or(r.active AND r.kind = $requested_by::VARCHAR) AS requested,
        max(r.start_date) FILTER (
            r.kind = 'callback_requester' AND r.active AND r.start_date >= $day - $callback_days::INTEGER
        ) AS callback_on,
        max(coalesce(r.end_date, r.start_date)) FILTER (r.kind IN ('customer', 'former_customer')) AS customer_until,
        max(r.start_date) AS newest_on
    FROM (
        SELECT *, coalesce(start_date <= $day, TRUE) AND coalesce(end_date > $day, TRUE) AS active
        FROM asked_relationships
        WHERE controller = $controller
    ) AS r
    GROUP BY ALL
),

roles_held AS (
    SELECT
        person_id,
        bool_or(coalesce(end_date > $day, TRUE)) AS working,
        bool_or(
            coalesce(end_date > $day, TRUE)
            AND list_has_any(list_transform(string_split(duties, ','), lambda duty: trim(duty)), $duties::VARCHAR[])
        ) AS duties_relevant
    FROM roles
    SEMI JOIN asked_persons USING (person_id)
    WHERE controller = $controller
    GROUP BY ALL
),

mailboxes AS (
    SELECT
        cp.person_id,
        bool_or(list_contains($role_mailboxes::VARCHAR[], split_part(cp.value, '@', 1))) AS of_role,
        bool_or(list_contains($private_domains::VARCHAR[], split_part(cp.value, '@', -1))) AS private
    FROM contact_points AS cp
    INNER JOIN lake_addresses AS p
        ON cp.person_id = p.person_id AND p.channel = 'email' AND hash(cp.value) = p.address
    SEMI JOIN persons AS b
        ON cp.person_id = b.person_id AND b.controller = $controller AND b.kind = 'business_contact'
    WHERE cp.controller = $controller AND cp.channel = 'email'
    GROUP BY ALL
)

SELECT
    a.*,
    p.person_id IS NOT NULL AS in_register,
    coalesce(p.kind, '') AS kind,
    coalesce(p.deceased, FALSE) AS deceased,
    coalesce(p.protected_address, FALSE) AS protected_address,
    coalesce(p.informed_by, '') <> '' AS informed,
    -- Of a year of birth the youngest age is taken.
    coalesce($year - p.birth_year - 1 < 18, p.kind = 'minor', FALSE) AS minor,
    coalesce($year - p.birth_year - 1 < 15, p.kind = 'minor', FALSE) AS under_15,
    coalesce(r.customer, FALSE) AS customer,
    coalesce(r.former_customer, FALSE) AS former_customer,
    coalesce(r.partner, FALSE) AS partner,
    coalesce(r.requested, FALSE) AS requested,
    r.callback_on,
    CASE
        WHEN r.customer THEN TRUE
        WHEN r.former_customer THEN coalesce(
            r.customer_until + to_months($former_months::INTEGER) + to_days($former_days::INTEGER) >= $day, TRUE
        )
        ELSE coalesce(
            greatest(p.registered_on, r.newest_on)
            + to_months($prospect_months::INTEGER) + to_days($prospect_days::INTEGER) >= $day,
            TRUE
        )
    END AS within_retention,
    NOT coalesce(w.working, TRUE) AS left_company,
    coalesce(w.duties_relevant, FALSE) AS duties_relevant,
    coalesce(m.of_role, FALSE) AS role_mailbox,
    coalesce(m.private, FALSE) AS private_mailbox,
    -- Of each chosen contact point: 16 it works, 8 from a sale, 4 could refuse, 2 source known, 1 from the
    -- population register.
    (c.email & 255)::UTINYINT AS email_marks,
    (c.sms & 255)::UTINYINT AS sms_marks,
    (c.phone & 255)::UTINYINT AS phone_marks,
    (c.letter & 255)::UTINYINT AS letter_marks
FROM asked_persons AS a
LEFT JOIN persons AS p ON a.person_id = p.person_id AND p.controller = $controller
LEFT JOIN relations AS r ON a.person_id = r.person_id
LEFT JOIN roles_held AS w ON a.person_id = w.person_id
LEFT JOIN mailboxes AS m ON a.person_id = m.person_id
LEFT JOIN lake_points AS c ON a.person_id = c.person_id;
