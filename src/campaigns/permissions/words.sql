-- name: words
-- What counts of all that was said: what can bear on this request, of today all that is recorded, save permissions
-- that begin later; of the past only what was true and known then.
--
-- Two whole numbers order words: their maximum takes a fraction of the time of a struct's. `mark` is time, then
-- position. `latest` is time (from bit 74), narrow (73), flawed (72), unproven (71), a number that is the same
-- whatever order words were recorded in (39), traits (33) and position: so the narrowing, the flawed and the
-- unproven word wins at one instant. Traits: 32 run out, 16 found invalid, 8 for just one channel and purpose,
-- 4 the guardian's, 2 refused to advertisers, 1 all that an advertiser may ask for.
CREATE OR REPLACE TEMP TABLE permission_words AS
SELECT
    position,
    person_id,
    address_digest,
    kind,
    channel,
    purpose,
    about,
    of_channel,
    of_person,
    is_consent,
    is_request,
    us,
    narrow,
    (us::HUGEINT << 33) + position AS mark,
    (us::HUGEINT << 74)
    + (((narrow::UTINYINT << 2) + (flawed::UTINYINT << 1) + unproven::UTINYINT)::HUGEINT << 71)
    + ((tie & 4294967295)::HUGEINT << 39)
    + (
        (
            (coalesce(valid_until <= $at, FALSE)::UTINYINT << 5)
            + ((kind = 'invalidated')::UTINYINT << 4)
            + ((channel IS NOT NULL AND purpose IS NOT NULL)::UTINYINT << 3)
            + ((kind = 'guardian_granted')::UTINYINT << 2)
            + (coalesce(about = 'no_ad_consent', FALSE)::UTINYINT << 1)
            + coalesce(about = 'ad_user_data+ad_personalization', FALSE)::UTINYINT
        )::BIGINT << 33
    )
    + position AS latest
FROM (
    SELECT
        *,
        -- Microseconds since 1970, kept within 52 bits: a date that nobody can mean orders first or last.
        least(greatest(epoch_us(occurred_at), 0), 4503599627370495) AS us,
        NOT widens AS narrow,
        family = 'consent' AS is_consent,
        kind = 'requested' OR (kind = 'granted' AND purpose = 'newsletter' AND by_form) AS is_request,
        NOT has_evidence AS unproven
    FROM permission_words_frame
    WHERE
        controller = $controller
        AND CASE
            WHEN $as_of::TIMESTAMPTZ IS NULL THEN occurred_at <= $at OR NOT widens
            ELSE occurred_at <= $as_of::TIMESTAMPTZ AND recorded_at <= $as_of::TIMESTAMPTZ
        END
);

-- name: suppressions
-- The addresses of this register that nothing may go to.
CREATE OR REPLACE TEMP TABLE suppressed_addresses AS
SELECT * FROM suppressed_addresses_frame WHERE controller = $controller;

-- name: all_of_them
-- Whom the answers are about: everybody who was looked up.
CREATE OR REPLACE TEMP VIEW asked_people AS SELECT * FROM lake_people;

-- name: some_of_them
-- Whom the answers are about: some of them.
CREATE OR REPLACE TEMP VIEW asked_people AS SELECT * FROM lake_people SEMI JOIN asked_again_frame USING (person_id);

-- name: told_by_many
-- What was said by persons: all of it, when it is about most of the register anyway.
CREATE OR REPLACE TEMP VIEW personal_words AS SELECT * FROM permission_words;

-- name: told_by_few
-- What those concerned said.
CREATE OR REPLACE TEMP VIEW personal_words AS
SELECT * FROM permission_words
SEMI JOIN (
    SELECT person_id FROM asked_people
    UNION ALL
    SELECT neighbour_id FROM lake_neighbours
) USING (person_id);
