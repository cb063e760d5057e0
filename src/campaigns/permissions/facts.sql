-- name: facts
-- One row a person and channel, with every fact that the rules may name (facts.py says what each one means):
-- what people said, folded, beside what the lake says (lake_facts.sql).
WITH told AS (
    SELECT * FROM personal_words
    UNION ALL
    -- What was said about an address holds for whoever has it.
    SELECT w.* REPLACE (d.person_id AS person_id)
    FROM permission_words AS w
    INNER JOIN lake_names AS d ON w.address_digest = d.digest
    WHERE w.person_id IS NULL
),

-- The latest of each kind of word that holds for a person as a whole.
said AS (
    SELECT
        person_id,
        max(mark) FILTER (kind = 'ban_all') AS ban_all,
        max(mark) FILTER (kind = 'ban_company' AND about IS NULL) AS ban_company,
        max(mark) FILTER (kind = 'research_objection') AS research_objection,
        max(mark) FILTER (kind = 'profiling_objection') AS profiling_objection,
        max(mark) FILTER (kind = 'restricted_all') AS restricted_all,
        max(mark) FILTER (kind IN ('restricted_marketing', 'objection_pending')) AS restricted_marketing,
        max(us) FILTER (kind = 'restriction_lifted') AS lifted_us,
        max(mark) FILTER (kind = 'robinson_post') AS robinson_post,
        max(mark) FILTER (kind = 'robinson_phone') AS robinson_phone,
        max(us) FILTER (kind = 'robinson_removed') AS robinson_removed_us,
        max(mark) FILTER (kind = 'register_ban') AS register_ban,
        max(mark) FILTER (kind = 'erased') AS erased,
        max((us << 1) + narrow::BIGINT) FILTER (kind IN ('topic_subscribed', 'topic_unsubscribed') AND about = $topic) AS topic,
        bool_or(kind IN ('topic_subscribed', 'topic_unsubscribed')) AS any_topic,
        max((us << 1) + (about <> 'marketing')::BIGINT) FILTER (kind = 'cookie_consent') AS cookies,
        max(latest) FILTER (is_consent AND kind <> 'requested') AS profiling
    FROM told
    WHERE of_person
    GROUP BY ALL
),

-- The latest words about this purpose on one channel. A permission to profile has no channel. An address
-- typed into an open form is a request, not yet a consent, until its owner confirms it.
said_of_channel AS (
    SELECT
        w.person_id,
        c.channel_number,
        max(w.latest) FILTER (w.is_consent AND NOT w.is_request) AS consent,
        max(w.mark) FILTER (w.is_request) AS request,
        max(w.mark) FILTER (w.kind = 'ban_channel') AS ban,
        max(w.mark) FILTER (w.kind = 'complaint') AS complaint
    FROM told AS w
    CROSS JOIN asked_channels AS c
    WHERE
        w.of_channel
        AND (
            w.channel IS NULL OR w.channel = c.channel
            OR (w.kind = 'ban_channel' AND w.channel = 'phone' AND c.channel = 'robocall')
            OR w.purpose = 'profiling'
        )
    GROUP BY ALL
),

-- The deciding word on consent, taken out of its whole number again (words.sql).
weighed AS (
    SELECT
        *,
        (consent >> 74)::BIGINT AS us,
        (consent & 8589934591)::BIGINT AS consent_position,
        ((consent >> 71) & 7)::TINYINT AS faults,
        ((consent >> 33) & 63)::TINYINT AS traits
    FROM said_of_channel
),

consents AS (
    SELECT
        person_id,
        channel_number,
        CASE
            WHEN consent IS NULL AND request IS NULL THEN 'none'
            WHEN consent IS NULL THEN 'pending'
            WHEN faults < 4 AND traits & 32 <> 0 THEN 'expired'
            WHEN traits & 16 <> 0 OR faults IN (2, 3) THEN 'invalid'
            WHEN faults = 1 THEN 'unproven'
            WHEN faults = 0 THEN 'granted'
            WHEN request >> 33 > us THEN 'pending'
            ELSE 'withdrawn'
        END AS consent,
        -- From when on a proven consent for just this channel and purpose beats what was said before.
        CASE WHEN faults = 0 AND traits & 40 = 8 THEN us END AS consented_us,
        coalesce(consent_position, (request & 8589934591)::BIGINT) AS position,
        coalesce(traits & 4 <> 0, FALSE) AS by_guardian,
        coalesce(traits & 2 <> 0, FALSE) AS ads_refused,
        coalesce(traits & 1 <> 0, FALSE) AS ads_agreed,
        ban,
        complaint
    FROM weighed
),

-- An organisation's ban holds for everybody who has a role in it.
company_bans AS (
    SELECT
        staff.person_id,
        max(w.mark) AS ban
    FROM permission_words AS w
    LEFT JOIN lake_work AS own ON w.about IS NULL AND w.person_id = own.person_id
    INNER JOIN lake_work AS staff ON coalesce(w.about, own.company) = staff.company
    WHERE w.kind = 'ban_company'
    GROUP BY ALL
),

suppressed AS (
    SELECT
        d.person_id,
        c.channel_number,
        bool_or(s.reason = 'erased') AS erased,
        bool_or(s.reason = 'hard_bounce' AND s.channel = d.channel) AS bounced,
        max((epoch_us(s.recorded_at)::HUGEINT << 33) + s.position)
            FILTER (s.reason = 'complaint' AND s.channel = d.channel) AS complaint
    FROM suppressed_addresses AS s
    INNER JOIN lake_digests AS d ON s.address_digest = d.digest
    INNER JOIN asked_channels AS c ON d.channel = c.point_channel
    WHERE s.controller = $controller
    GROUP BY ALL
),

-- Whose address is also that of somebody who banned this and has not consented since.
shared AS (
    SELECT DISTINCT
        n.person_id,
        a.channel_number
    FROM lake_neighbours AS n
    INNER JOIN asked_channels AS a ON n.channel = a.point_channel
    LEFT JOIN said AS s ON n.neighbour_id = s.person_id
    LEFT JOIN consents AS c ON n.neighbour_id = c.person_id AND a.channel_number = c.channel_number
    WHERE greatest(s.ban_all, c.ban) >> 33 >= coalesce(c.consented_us, 0)
),

-- All that holds for a person on every channel.
people AS (
    SELECT
        l.*,
        s.erased IS NOT NULL AS was_erased,
        coalesce(s.restricted_all >> 33 >= s.lifted_us, s.restricted_all IS NOT NULL) AS restricted_all,
        coalesce(s.restricted_marketing >> 33 >= s.lifted_us, s.restricted_marketing IS NOT NULL)
            AS restricted_marketing,
        greatest(s.restricted_all, s.restricted_marketing) AS restriction,
        s.ban_all,
        greatest(b.ban, s.ban_company) AS ban_company,
        s.research_objection,
        s.profiling_objection,
        coalesce((s.profiling >> 71) & 7 = 0 AND (s.profiling >> 33) & 32 = 0, FALSE) AS profiling_consent,
        s.profiling_objection IS NOT NULL
        AND NOT (profiling_consent AND s.profiling >> 74 > s.profiling_objection >> 33) AS profiling_objected,
        (s.profiling & 8589934591)::BIGINT AS profiling_position,
        coalesce(s.cookies & 1 = 0, FALSE) AS cookie_marketing,
        $topic <> '' AND coalesce(s.topic & 1 = 1, s.any_topic, FALSE) AS topic_not_subscribed,
        coalesce(s.robinson_post >> 33 >= s.robinson_removed_us, s.robinson_post IS NOT NULL) AS no_post,
        coalesce(s.robinson_phone >> 33 >= s.robinson_removed_us, s.robinson_phone IS NOT NULL) AS no_calls,
        greatest(s.robinson_post, s.robinson_phone) AS robinson,
        s.register_ban
    FROM asked_people AS l
    LEFT JOIN said AS s ON l.person_id = s.person_id
    LEFT JOIN company_bans AS b ON l.person_id = b.person_id
),

asked AS (
    SELECT
        p.*,
        c.*,
        CASE c.point_channel
            WHEN 'email' THEN p.email_marks
            WHEN 'sms' THEN p.sms_marks
            WHEN 'phone' THEN p.phone_marks
            WHEN 'letter' THEN p.letter_marks
        END AS marks
    FROM people AS p
    CROSS JOIN asked_channels AS c
)

SELECT
    a.person_id,
    a.channel,
    a.channel_number,
    $purpose AS purpose,
    $message_kind AS message_kind,
    a.channel = 'segment' AS is_segment,
    a.channel <> 'segment' AND $message_kind IN ('service', 'contractual', 'statutory', 'reply', 'confirmation_request')
        AS is_information,
    a.channel <> 'segment' AND $message_kind IN ('marketing', 'newsletter', 'survey') AS is_marketing,
    a.channel <> 'segment' AND $message_kind = 'survey' AS is_survey,
    a.channel <> 'segment' AND $message_kind IN ('marketing', 'newsletter') AS is_advertising,

    -- 1
    a.was_erased OR coalesce(x.erased, FALSE) AS erased,
    a.deceased OR a.kind = 'estate' AS deceased,
    a.estate_contact OR (a.kind = 'estate' AND NOT a.deceased) AS estate_contact,
    a.in_register,
    list_contains($unagreed_channels::VARCHAR[], a.channel) AS no_agreement,
    list_contains($uncovered_channels::VARCHAR[], a.channel) AS transfer_uncovered,
    a.channel = 'ad_audience' AND $ad_action = 'remove_from_audience' AS removal,

    -- 2
    a.restricted_all,
    a.restricted_marketing,
    a.restriction & 8589934591 AS restriction_position,

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
    $profiled OR a.channel IN ('ad_audience', 'web_ad') AS profiled,
    $from_datahub AND NOT $authorised AND ($after_contract_end OR NOT (a.customer OR a.former_customer))
        AS datahub_unauthorised,
    a.cookie_marketing,
    a.profiling_consent,
    a.profiling_position,

    -- 5
    a.customer,
    a.former_customer,
    a.partner,
    a.contract_active,
    $topic IN ('consumption_feedback', 'price_change', 'fixed_term_ending') AS about_contract,
    a.affected,
    coalesce(a.request_open, a.requested OR $purpose = 'rights_request') AS request_open,
    a.confirmations_sent,
    a.channel = 'phone' AND a.callback_on IS NOT NULL AND coalesce(a.request_open, TRUE)
    AND NOT coalesce(greatest(a.ban_all, s.ban) >> 33 >= epoch_us(a.callback_on::TIMESTAMPTZ), FALSE) AS callback_open,

    -- 6
    a.minor,
    a.under_15,
    coalesce(s.by_guardian, FALSE) AS by_guardian,

    -- 7
    coalesce(a.ban_all >> 33 >= s.consented_us, a.ban_all IS NOT NULL) AS banned_all,
    a.ban_all & 8589934591 AS ban_all_position,
    coalesce(a.ban_company >> 33 >= s.consented_us, a.ban_company IS NOT NULL) AS banned_company,
    a.ban_company & 8589934591 AS ban_company_position,
    coalesce(s.ban >> 33 >= s.consented_us, s.ban IS NOT NULL) AS banned_channel,
    s.ban & 8589934591 AS ban_channel_position,
    coalesce(
        greatest(s.complaint, x.complaint) >> 33 >= s.consented_us,
        s.complaint IS NOT NULL OR x.complaint IS NOT NULL
    ) AS complained,
    greatest(s.complaint, x.complaint) & 8589934591 AS complaint_position,
    coalesce(a.research_objection >> 33 >= s.consented_us, a.research_objection IS NOT NULL) AS research_objected,
    a.research_objection & 8589934591 AS research_position,
    a.profiling_objected,
    a.profiling_objection & 8589934591 AS profiling_objection_position,

    -- 8
    coalesce(s.consent, 'none') AS consent,
    s.position AS consent_position,

    -- 9
    $ad_action AS ad_action,
    CASE $platform
        WHEN 'google' THEN coalesce(s.ads_agreed, FALSE)
        ELSE NOT coalesce(s.ads_refused, FALSE)
    END AS platform_consent,
    a.topic_not_subscribed,
    a.left_company,
    a.kind = 'company_role_address' OR (a.role_mailbox AND a.channel = 'email') AS legal_person,
    a.kind = 'business_contact' AS business_contact,
    a.duties_relevant,
    a.private_mailbox AND a.channel = 'email' AS private_mailbox,
    $third_party AS third_party,
    $policy_soft_opt_in AND a.channel IN ('email', 'sms') AS soft_opt_in,
    -- Where there is no address, that it is missing decides, not where it would be from.
    coalesce(a.marks & 8 <> 0, TRUE) AS from_sale,
    $similar_product AS similar_product,
    coalesce(a.marks & 4 <> 0, TRUE) AS opt_out_offered,
    a.logged_in,

    -- 10
    a.protected_address,
    (a.no_post AND a.channel = 'letter') OR (a.no_calls AND a.point_channel = 'phone') AS robinson,
    a.robinson & 8589934591 AS robinson_position,
    a.register_ban IS NOT NULL AND coalesce(a.marks & 1 <> 0, FALSE) AS register_ban,
    a.register_ban & 8589934591 AS register_ban_position,
    a.informed,
    coalesce(a.marks & 2 <> 0, TRUE) AS source_known,
    a.within_retention,

    -- 11
    a.marks IS NOT NULL OR NOT a.needs_point AS has_address,
    coalesce(x.bounced, FALSE) OR coalesce(a.marks & 16 = 0, FALSE) AS undeliverable,
    h.person_id IS NOT NULL AS address_shared,
    a.already_sent,
    a.cap_reached,
    $outside_calling_hours AS outside_calling_hours,
    $quiet_hours AS quiet_hours,
    $urgent AS urgent,

    -- Switches of the policy
    $policy_service_under_restriction AS policy_service_under_restriction,
    $policy_confirm_unsubscribe AS policy_confirm_unsubscribe,
    $policy_minors_by_own_consent AS policy_minors_by_own_consent,
    $policy_survey_after_ban_all AS policy_survey_after_ban_all,
    $policy_research_to_prospects AS policy_research_to_prospects
FROM asked AS a
LEFT JOIN suppressed AS x ON a.person_id = x.person_id AND a.channel_number = x.channel_number
LEFT JOIN consents AS s ON a.person_id = s.person_id AND a.channel_number = s.channel_number
LEFT JOIN shared AS h ON a.person_id = h.person_id AND a.channel_number = h.channel_number
