-- name: facts
-- One row a person and channel, with every fact that the rules may name (facts.py says what each one means):
-- what people said, folded, beside what the lake says (lake_facts.sql).
WITH concerned AS (
    SELECT person_id FROM lake_people
    UNION
    SELECT neighbour_id FROM lake_neighbours
),

-- What counts: of today all that is recorded, save permissions that begin later; of the past only what was
-- true and known then. What was said about an address counts for the person who has it.
told AS (
    SELECT
        coalesce(w.person_id, d.person_id) AS person_id,
        w.* EXCLUDE (person_id),
        w.kind = 'requested' OR (w.kind = 'granted' AND w.purpose = 'newsletter' AND w.by_form) AS is_request,
        NOT (w.has_evidence OR list_contains($attested_sources::VARCHAR[], w.source)) AS unproven
    FROM permission_words AS w
    LEFT JOIN lake_digests AS d ON w.person_id IS NULL AND w.address_digest = d.digest
    SEMI JOIN concerned AS c ON coalesce(w.person_id, d.person_id) = c.person_id
    WHERE
        w.controller = $controller
        AND CASE
            WHEN $as_of::TIMESTAMPTZ IS NULL THEN w.occurred_at <= $at OR NOT w.widens
            ELSE w.occurred_at <= $as_of::TIMESTAMPTZ AND w.recorded_at <= $as_of::TIMESTAMPTZ
        END
),

-- The latest of each kind of word that holds for a person as a whole.
said AS (
    SELECT
        person_id,
        max(mark) FILTER (kind = 'ban_all') AS ban_all,
        max(mark) FILTER (kind = 'ban_company' AND about IS NULL) AS ban_company,
        max(mark) FILTER (kind = 'research_objection') AS research_objection,
        max(mark) FILTER (kind = 'profiling_objection') AS profiling_objection,
        max(mark) FILTER (kind = 'objection_pending') AS objection_pending,
        max(mark) FILTER (kind = 'restricted_marketing') AS restricted_marketing,
        max(mark) FILTER (kind = 'restricted_all') AS restricted_all,
        max(occurred_at) FILTER (kind = 'restriction_lifted') AS lifted_at,
        max(mark) FILTER (kind = 'robinson_post') AS robinson_post,
        max(mark) FILTER (kind = 'robinson_phone') AS robinson_phone,
        max(occurred_at) FILTER (kind = 'robinson_removed') AS robinson_removed_at,
        max(mark) FILTER (kind = 'register_ban') AS register_ban,
        max(mark) FILTER (kind = 'erased') AS erased,
        max({'at': occurred_at, 'narrow': NOT widens, 'tie': tie}) FILTER (family = 'topic' AND about = $topic) AS topic,
        bool_or(kind IN ('topic_subscribed', 'topic_unsubscribed')) AS any_topic,
        max({'at': occurred_at, 'narrow': about <> 'marketing', 'tie': tie}) FILTER (kind = 'cookie_consent') AS cookies,
        max({
            'at': occurred_at, 'narrow': NOT widens, 'flawed': flawed, 'unproven': unproven, 'tie': tie,
            'valid_until': valid_until, 'position': position
        }) FILTER (family = 'consent' AND kind <> 'requested') AS profiling
    FROM (
        SELECT *, {'at': occurred_at, 'tie': tie, 'position': position} AS mark
        FROM told
        WHERE
            (family <> 'consent' AND kind NOT IN ('ban_channel', 'complaint'))
            OR purpose = 'profiling'
            OR (purpose IS NULL AND channel IS NULL)
    )
    GROUP BY ALL
),

-- The latest words about this purpose on one channel. A permission to profile has no channel. An address
-- typed into an open form is a request, not yet a consent, until its owner confirms it.
said_of_channel AS (
    SELECT
        w.person_id,
        c.channel,
        max({
            'at': w.occurred_at, 'narrow': NOT w.widens, 'flawed': w.flawed, 'unproven': w.unproven, 'tie': w.tie,
            'kind': w.kind, 'valid_until': w.valid_until, 'position': w.position, 'about': w.about,
            'specific': w.channel IS NOT NULL AND w.purpose IS NOT NULL
        }) FILTER (w.family = 'consent' AND NOT w.is_request) AS last,
        max({'at': w.occurred_at, 'position': w.position}) FILTER (w.is_request) AS request,
        max({'at': w.occurred_at, 'tie': w.tie, 'position': w.position}) FILTER (w.kind = 'ban_channel') AS ban,
        max({'at': w.occurred_at, 'tie': w.tie, 'position': w.position}) FILTER (w.kind = 'complaint') AS complaint
    FROM told AS w
    CROSS JOIN asked_channels AS c
    WHERE
        (w.family = 'consent' OR w.kind IN ('ban_channel', 'complaint'))
        AND (w.purpose IS NULL OR w.purpose = $purpose)
        AND (
            w.channel IS NULL OR w.channel = c.channel
            OR (w.kind = 'ban_channel' AND w.channel = 'phone' AND c.channel = 'robocall')
            OR ($purpose = 'profiling' AND w.purpose = 'profiling')
        )
    GROUP BY ALL
),

consents AS (
    SELECT
        person_id,
        channel,
        CASE
            WHEN last IS NULL AND request IS NULL THEN 'none'
            WHEN last IS NULL THEN 'pending'
            WHEN last.kind NOT IN ('withdrawn', 'invalidated') AND last.valid_until <= $at THEN 'expired'
            WHEN last.kind = 'invalidated' OR (last.kind <> 'withdrawn' AND last.flawed) THEN 'invalid'
            WHEN last.kind <> 'withdrawn' AND last.unproven THEN 'unproven'
            WHEN last.kind <> 'withdrawn' THEN 'granted'
            WHEN request.at > last.at THEN 'pending'
            ELSE 'withdrawn'
        END AS consent,
        -- From when on a proven consent for just this channel and purpose beats what was said before.
        CASE
            WHEN
                NOT last.narrow AND NOT last.flawed AND NOT last.unproven AND last.specific
                AND coalesce(last.valid_until > $at, TRUE)
                THEN last.at
        END AS consented_at,
        coalesce(last.position, request.position) AS position,
        coalesce(last.kind = 'guardian_granted', FALSE) AS by_guardian,
        last.about,
        ban,
        complaint
    FROM said_of_channel
),

-- An organisation's ban holds for everybody who has a role in it.
company_bans AS (
    SELECT
        staff.person_id,
        max({'at': w.occurred_at, 'tie': w.tie, 'position': w.position}) AS ban
    FROM permission_words AS w
    LEFT JOIN lake_work AS own ON w.about IS NULL AND w.person_id = own.person_id
    INNER JOIN lake_work AS staff ON coalesce(w.about, own.company) = staff.company
    WHERE
        w.controller = $controller
        AND w.kind = 'ban_company'
        AND coalesce(w.occurred_at <= $as_of::TIMESTAMPTZ AND w.recorded_at <= $as_of::TIMESTAMPTZ, TRUE)
    GROUP BY ALL
),

suppressed AS (
    SELECT
        d.person_id,
        d.point_channel,
        bool_or(s.reason = 'erased') AS erased,
        bool_or(s.reason = 'hard_bounce' AND s.channel = d.point_channel) AS bounced,
        max({'at': s.recorded_at, 'position': s.position})
            FILTER (s.reason = 'complaint' AND s.channel = d.point_channel) AS complaint
    FROM suppressed_addresses AS s
    INNER JOIN lake_digests AS d ON s.address_digest = d.digest
    WHERE s.controller = $controller
    GROUP BY ALL
),

-- Whose address is also that of somebody who banned this and has not consented since.
shared AS (
    SELECT DISTINCT
        n.person_id,
        n.point_channel
    FROM lake_neighbours AS n
    LEFT JOIN said AS s ON n.neighbour_id = s.person_id
    LEFT JOIN consents AS c ON n.neighbour_id = c.person_id AND n.point_channel = c.channel
    WHERE greatest(s.ban_all.at, c.ban.at) >= coalesce(c.consented_at, '-infinity'::TIMESTAMPTZ)
),

people AS (
    SELECT
        l.*,
        s.* EXCLUDE (person_id),
        b.ban AS employer_ban
    FROM lake_people AS l
    LEFT JOIN said AS s ON l.person_id = s.person_id
    LEFT JOIN company_bans AS b ON l.person_id = b.person_id
)

SELECT
    p.person_id,
    c.channel,
    c.channel_number,
    $purpose AS purpose,
    $message_kind AS message_kind,
    c.channel = 'segment' AS is_segment,
    c.channel <> 'segment' AND $message_kind IN ('service', 'contractual', 'statutory', 'reply', 'confirmation_request')
        AS is_information,
    c.channel <> 'segment' AND $message_kind IN ('marketing', 'newsletter', 'survey') AS is_marketing,
    c.channel <> 'segment' AND $message_kind = 'survey' AS is_survey,
    c.channel <> 'segment' AND $message_kind IN ('marketing', 'newsletter') AS is_advertising,

    -- 1
    p.erased IS NOT NULL OR coalesce(x.erased, FALSE) AS erased,
    p.deceased OR p.kind = 'estate' AS deceased,
    p.estate_contact OR (p.kind = 'estate' AND NOT p.deceased) AS estate_contact,
    p.in_register,
    list_contains($unagreed_channels::VARCHAR[], c.channel) AS no_agreement,
    list_contains($uncovered_channels::VARCHAR[], c.channel) AS transfer_uncovered,
    c.channel = 'ad_audience' AND $ad_action = 'remove_from_audience' AS removal,

    -- 2
    coalesce(p.restricted_all.at >= p.lifted_at, p.restricted_all IS NOT NULL) AS restricted_all,
    coalesce(p.restricted_marketing.at >= p.lifted_at, p.restricted_marketing IS NOT NULL)
    OR coalesce(p.objection_pending.at >= p.lifted_at, p.objection_pending IS NOT NULL) AS restricted_marketing,
    greatest(p.restricted_all.position, p.restricted_marketing.position, p.objection_pending.position)
        AS restriction_position,

    -- 3
    $contains_offer AS contains_offer,
    $sender_identified AS sender_identified,
    $recognisable AS recognisable,
    $opt_out_means AS opt_out_means,
    $source_stated AS source_stated,

    -- 4
    $attribute AS attribute,
    $level_rule AS level_rule,
    coalesce($group_size::INTEGER < 5, FALSE) AS few_people,
    $profiled OR c.channel IN ('ad_audience', 'web_ad') AS profiled,
    $from_datahub AND NOT $authorised AND ($after_contract_end OR NOT (p.customer OR p.former_customer))
        AS datahub_unauthorised,
    coalesce(NOT p.cookies.narrow, FALSE) AS cookie_marketing,
    coalesce(
        NOT p.profiling.narrow AND NOT p.profiling.flawed AND NOT p.profiling.unproven
        AND coalesce(p.profiling.valid_until > $at, TRUE),
        FALSE
    ) AS profiling_consent,
    p.profiling.position AS profiling_position,

    -- 5
    p.customer,
    p.former_customer,
    p.partner,
    p.contract_active,
    $topic IN ('consumption_feedback', 'price_change', 'fixed_term_ending') AS about_contract,
    p.affected,
    coalesce(p.request_open, p.requested OR $purpose = 'rights_request') AS request_open,
    p.confirmations_sent,
    c.channel = 'phone' AND p.callback_on IS NOT NULL AND coalesce(p.request_open, TRUE)
    AND NOT coalesce(greatest(p.ban_all.at, s.ban.at)::DATE >= p.callback_on, FALSE) AS callback_open,

    -- 6
    p.minor,
    p.under_15,
    coalesce(s.by_guardian, FALSE) AS by_guardian,

    -- 7
    coalesce(p.ban_all.at >= s.consented_at, p.ban_all IS NOT NULL) AS banned_all,
    p.ban_all.position AS ban_all_position,
    coalesce(
        greatest(p.employer_ban.at, p.ban_company.at) >= s.consented_at,
        p.employer_ban IS NOT NULL OR p.ban_company IS NOT NULL
    ) AS banned_company,
    greatest(p.employer_ban.position, p.ban_company.position) AS ban_company_position,
    coalesce(s.ban.at >= s.consented_at, s.ban IS NOT NULL, FALSE) AS banned_channel,
    s.ban.position AS ban_channel_position,
    coalesce(
        greatest(s.complaint.at, x.complaint.at) >= s.consented_at,
        s.complaint IS NOT NULL OR x.complaint IS NOT NULL,
        FALSE
    ) AS complained,
    greatest(s.complaint.position, x.complaint.position) AS complaint_position,
    coalesce(p.research_objection.at >= s.consented_at, p.research_objection IS NOT NULL) AS research_objected,
    p.research_objection.position AS research_position,
    p.profiling_objection IS NOT NULL
    AND NOT coalesce(profiling_consent AND p.profiling.at > p.profiling_objection.at, FALSE) AS profiling_objected,
    p.profiling_objection.position AS profiling_objection_position,

    -- 8
    coalesce(s.consent, 'none') AS consent,
    s.position AS consent_position,

    -- 9
    $ad_action AS ad_action,
    CASE $platform
        WHEN 'google' THEN coalesce(s.about = 'ad_user_data+ad_personalization', FALSE)
        ELSE coalesce(s.about <> 'no_ad_consent', TRUE)
    END AS platform_consent,
    $topic <> '' AND coalesce(p.topic.narrow, p.any_topic, FALSE) AS topic_not_subscribed,
    p.left_company,
    p.kind = 'company_role_address' OR (p.role_mailbox AND c.channel = 'email') AS legal_person,
    p.kind = 'business_contact' AS business_contact,
    p.duties_relevant,
    p.private_mailbox AND c.channel = 'email' AS private_mailbox,
    $third_party AS third_party,
    $policy_soft_opt_in AND c.channel IN ('email', 'sms') AS soft_opt_in,
    coalesce(d.from_sale, FALSE) AS from_sale,
    $similar_product AS similar_product,
    coalesce(d.opt_out_offered, FALSE) AS opt_out_offered,
    p.logged_in,

    -- 10
    p.protected_address,
    CASE c.point_channel
        WHEN 'letter' THEN coalesce(p.robinson_post.at >= p.robinson_removed_at, p.robinson_post IS NOT NULL)
        WHEN 'phone' THEN coalesce(p.robinson_phone.at >= p.robinson_removed_at, p.robinson_phone IS NOT NULL)
        ELSE FALSE
    END AS robinson,
    CASE c.point_channel WHEN 'letter' THEN p.robinson_post.position ELSE p.robinson_phone.position END
        AS robinson_position,
    p.register_ban IS NOT NULL AND coalesce(d.from_register, FALSE) AS register_ban,
    p.register_ban.position AS register_ban_position,
    p.informed,
    coalesce(d.source_known, NOT c.needs_point) AS source_known,
    p.within_retention,

    -- 11
    d.person_id IS NOT NULL OR NOT c.needs_point AS has_address,
    coalesce(x.bounced, FALSE) OR NOT coalesce(d.deliverable, TRUE) AS undeliverable,
    h.person_id IS NOT NULL AS address_shared,
    p.already_sent,
    p.cap_reached,
    $outside_calling_hours AS outside_calling_hours,
    $quiet_hours AS quiet_hours,
    $urgent AS urgent
FROM people AS p
CROSS JOIN asked_channels AS c
LEFT JOIN lake_points AS d ON p.person_id = d.person_id AND c.point_channel = d.point_channel
LEFT JOIN suppressed AS x ON p.person_id = x.person_id AND c.point_channel = x.point_channel
LEFT JOIN consents AS s ON p.person_id = s.person_id AND c.channel = s.channel
LEFT JOIN shared AS h ON p.person_id = h.person_id AND c.point_channel = h.point_channel
