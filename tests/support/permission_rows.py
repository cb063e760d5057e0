"""Rows of permissions.md's words for hypothesis: all that the text decides, nothing that it leaves open.

Several facts that each could decide come together, so that the order of the text is what is tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from support.permission_oracle import FORBIDDEN, Row

Facts = Mapping[str, str]

WHERE: tuple[Facts, ...] = (
    {"suppression_hash_match": "yes"},
    {"deceased": "yes"},
    {"deceased": "yes", "estate_contact": "yes"},
    {"data_register": "other_controller"},
    {"data_register": "same"},
    {"processor_agreement": "no"},
    {"provider_region": "us", "transfer_safeguard": "none"},
    {"provider_region": "us", "transfer_safeguard": "scc"},
    {"controller": "sahkoverkko"},
    {"reimported_from": "purchased_list"},
    {"open_debt": "yes"},
)
GATES: tuple[Facts, ...] = (
    {"sender_identified": "no"},
    {"sender_identified": "yes"},
    {"contains_offer": "no"},
)
ELECTRONIC_GATES: tuple[Facts, ...] = ({"opt_out_in_message": "no"}, {"recognisable_as_marketing": "no"})
ADDRESS: tuple[Facts, ...] = (
    {"address_missing": "yes"},
    {"hard_bounce": "yes"},
    {"already_sent_in_campaign": "yes"},
    {"frequency_cap_reached": "yes"},
)
SOURCE: tuple[Facts, ...] = (
    {"informed": "no"},
    {"address_source": "unknown"},
    {"within_retention": "no"},
    {"within_retention": "yes"},
    {"vtj_direct_marketing_ban": "yes", "address_source": "vtj"},
)
SPAM: tuple[Facts, ...] = (
    {"spam_complaint": "yes"},
    {"spam_complaint": "yes", "consent_after_spam_complaint": "yes"},
)
SOFT: tuple[Facts, ...] = tuple(
    {
        "policy_soft_opt_in": switch,
        "contact_from_sale": sale,
        "similar_product": like,
        "opt_out_at_collection": out,
    }
    for switch in ("on", "off")
    for sale, like, out in (
        ("yes", "yes", "yes"),
        ("no", "yes", "yes"),
        ("yes", "no", "yes"),
        ("yes", "yes", "no"),
        ("no", "no", "no"),
        ("yes", "no", "no"),
    )
)
TIMES: tuple[Facts, ...] = tuple(
    {"local_time": time}
    for time in ("Sunday 14:00", "Tuesday 06:30", "Tuesday 22:30", "Tuesday 23:30", "Independence Day 14:00")
)
BANS = (
    "none",
    "none",
    "none",
    "none",
    "ban_all",
    "ban_channel",
    "ban_other_channel",
    "ban_all_other_controller",
    "ban_all_unscoped",
    "ban_before_consent",
    "ban_after_consent",
    "ban_before_request",
    "profiling_objection",
    "research_objection",
    "objection_pending",
    "restricted_marketing",
    "restricted_all",
    "restriction_lifted",
    "erased",
    "robinson_post",
    "robinson_phone",
)
CONSENTS = (
    "none",
    "none",
    "none",
    "granted",
    "granted",
    "granted",
    "withdrawn",
    "expired",
    "granted_pending_confirmation",
    "granted_no_proof",
    "granted_preticked",
    "granted_conditional",
    "granted_other_channel",
    "granted_other_purpose",
    "granted_other_controller",
)


NOT_IN_A_PORTAL = (
    "address_missing",
    "hard_bounce",
    "address_source",
    "vtj_direct_marketing_ban",
    "valid_until",
    "grant_recorded",
    "withdrawn_channel",
    "evaluate_as_of",
    "withdrawn_between",
    "grant_and_withdrawal_same_instant",
    "granted_channel",
    "granted_purpose",
    "condition_of",
)


def some(pool: Sequence[Facts], most: int) -> st.SearchStrategy[dict[str, str]]:
    """A few entries of the pool together; of two that name one key, the later one counts."""
    return st.lists(st.sampled_from(pool), max_size=most).map(_together)


def _together(chosen: Sequence[Facts]) -> dict[str, str]:
    facts = {key: value for each in chosen for key, value in each.items()}
    if facts.get("data_register") == "other_controller":  # nothing else is known here of such a person
        for key in ("deceased", "estate_contact", "suppression_hash_match"):
            facts.pop(key, None)
    if facts.get("address_missing"):  # nor of an address that is not there
        for key in ("address_source", "vtj_direct_marketing_ban", "hard_bounce", "suppression_hash_match"):
            facts.pop(key, None)
    return facts


def seldom(pool: Sequence[Facts]) -> st.SearchStrategy[Sequence[Facts]]:
    """Facts that end the matter early, one time in four."""
    return st.sampled_from((pool, (), (), ()))


@st.composite
def selling(draw: st.DrawFn) -> Row:
    """Marketing and newsletters on every channel to grown-ups, business contacts and organisations."""
    channel = draw(st.sampled_from(("email", "email", "sms", "phone", "letter", "robocall", "portal")))
    purpose, kind = draw(
        st.sampled_from((("direct_marketing", "marketing"),) * 3 + (("newsletter", "newsletter"),))
    )
    person = draw(st.sampled_from(("consumer",) * 6 + ("sole_trader", "sole_trader", "estate")))
    relations = ("customer", "prospect", "former_customer")
    consent, ban = draw(st.sampled_from(CONSENTS)), draw(st.sampled_from(BANS))
    if draw(st.booleans()):
        ban = "none"
    pools = [*draw(seldom(WHERE + GATES)), *ADDRESS, *SOURCE, {"advertiser": "third_party"}]
    pools += _of_channel(draw, channel)
    facts = draw(some(pools, 4)) | _about(draw, consent, ban, channel, purpose)
    if channel == "portal":
        facts = {key: value for key, value in facts.items() if key not in NOT_IN_A_PORTAL}
        facts["logged_in"] = draw(st.sampled_from(("yes", "no")))
        consent, relations = "none", ("portal_user",)
    if kind == "newsletter" and draw(st.booleans()):
        facts["topic"] = draw(st.sampled_from(("subscribed", "not_subscribed")))
    if ban == "profiling_objection" or draw(st.booleans()):
        facts["profiled_segment"] = draw(st.sampled_from(("yes", "no")))
    if person == "estate":
        facts.pop("data_register", None)
    if ban == "ban_before_request":
        consent = "none"
    relation = draw(st.sampled_from(relations))
    if relation == "customer":  # may be kept for as long as that lasts
        facts.pop("within_retention", None)
    return Row(person, channel, purpose, kind, consent, ban, relation, facts)


def _of_channel(draw: st.DrawFn, channel: str) -> list[Facts]:
    """What can be said of one channel only."""
    protected = {"safety_non_disclosure": "yes"}
    shared = {"address_shared_with_banned_person": "yes"}
    bounced = {"email_hard_bounce": "yes"}
    electronic = [*SOFT, *draw(seldom(ELECTRONIC_GATES))]
    found: dict[str, list[Facts]] = {
        "email": [*electronic, SPAM[0], bounced, *[shared] * 6],
        "sms": [*electronic, *(time for time in TIMES if time["local_time"] != "Tuesday 22:30")],
        "phone": list(TIMES),
        "letter": [protected, {"address_source_stated": "no"}, bounced, SPAM[0]],
    }
    return found.get(channel, [])


def _about(draw: st.DrawFn, consent: str, ban: str, channel: str, purpose: str) -> dict[str, str]:
    """What a consent or ban of another channel, purpose or time needs said."""
    facts: dict[str, str] = {}
    elsewhere = "sms" if channel == "email" else "email"
    if consent == "granted_other_channel":
        facts["granted_channel"] = elsewhere
    if consent == "granted_other_purpose":
        facts["granted_purpose"] = "event_info" if purpose == "direct_marketing" else "direct_marketing"
    if consent == "granted_conditional":
        facts["condition_of"] = "raffle_entry"
    if consent == "granted":
        pool = ({},) * 5 + ({"valid_until": "past"}, {"grant_recorded": "after_as_of"}, SPAM[1])
        facts |= draw(st.sampled_from(pool if channel == "email" else pool[:-1]))
    if consent == "withdrawn":
        pool = (
            {},
            {"withdrawn_channel": elsewhere},
            {"evaluate_as_of": "before_withdrawal"},
            {"withdrawn_between": "segment_build_and_send"},
            {"grant_and_withdrawal_same_instant": "yes"},
        )
        facts |= draw(st.sampled_from(pool))
    if ban == "ban_other_channel":
        facts["banned_channel"] = elsewhere
    if ban == "ban_before_consent" and consent == "none":
        facts["later_consent_channel"] = elsewhere
    if ban == "ban_all_unscoped" and draw(st.booleans()):
        facts["ban_received_via"] = "shared_postal_address"
    return facts


@st.composite
def business(draw: st.DrawFn) -> Row:
    """People at work, and addresses of organisations."""
    channel = draw(st.sampled_from(("email", "email", "sms", "letter", "phone")))
    person = draw(st.sampled_from(("business_contact", "business_contact", "company_role_address")))
    consent = draw(st.sampled_from(("none", "none", "none", "granted", "withdrawn", "expired")))
    ban = draw(
        st.sampled_from(
            (
                "none",
                "none",
                "none",
                "ban_all",
                "ban_channel",
                "ban_company",
                "restricted_all",
                "profiling_objection",
                "ban_before_consent",
            )
        )
    )
    facts = draw(some((*draw(seldom(WHERE + GATES)), *ADDRESS, *SOURCE, {"advertiser": "third_party"}), 3))
    if person == "business_contact":
        duties = ("yes", "yes", "no", "title_only", "unknown")
        facts["relevant_to_duties"] = draw(st.sampled_from(duties))
        facts |= draw(some(({"left_company": "yes"}, {"company_ban": "yes"}, {"profiled_segment": "yes"}), 1))
        if channel == "sms":
            facts["number_kind"] = "work"
        if channel == "email":
            facts["address_kind"] = draw(st.sampled_from(("personal_work", "private_mailbox")))
    else:
        channel = "email"
        facts["address_kind"] = "role"
    if ban == "ban_before_consent" and consent == "none":
        facts["later_consent_channel"] = "phone"
    relation = draw(st.sampled_from(("partner", "prospect", "customer")))
    return Row(person, channel, "direct_marketing", "marketing", consent, ban, relation, facts)


@st.composite
def young(draw: st.DrawFn) -> Row:
    """Minors, at the ages where something changes."""
    age = draw(st.sampled_from((12, 14, 15, 17, 18)))
    channel = draw(st.sampled_from(("email", "sms", "letter", "phone", "ad_audience")))
    consents = ("none", "granted", "granted", "granted_conditional") + (
        ("guardian_granted",) if age < 18 else ()
    )
    consent = draw(st.sampled_from(consents))
    if channel in ("letter", "phone") and age < 15:
        consent = draw(st.sampled_from(("none", "granted")))
    ban = draw(
        st.sampled_from(
            (
                "none",
                "none",
                "none",
                "ban_all",
                "ban_channel",
                "profiling_objection",
                "erased",
                "restricted_marketing",
            )
        )
    )
    facts = {"age": str(age)} | draw(some((*GATES, *ADDRESS, {"profiled_segment": "yes"}), 2))
    if channel in ("email", "sms"):
        facts |= draw(some((*SOFT, *ELECTRONIC_GATES), 1))
    if consent == "granted_conditional":
        facts["condition_of"] = "raffle_entry"
    purpose = "direct_marketing"
    if channel == "ad_audience":
        purpose = "online_advertising"
        facts |= {"platform": "meta"}
        facts.pop("address_missing", None)
    kinds = ("consumer",) if age == 18 else ("minor", "minor", "consumer")
    relation = draw(st.sampled_from(("customer", "subscriber", "prospect")))
    return Row(draw(st.sampled_from(kinds)), channel, purpose, "marketing", consent, ban, relation, facts)


SERVICES = (
    ("service_notice", "service"),
    ("contract_notice", "contractual"),
    ("billing", "contractual"),
    ("collection", "contractual"),
    ("contract_notice", "statutory"),
    ("rights_request", "statutory"),
)


@st.composite
def serving(draw: st.DrawFn) -> Row:
    """Messages that are not marketing: under every ban, to whoever has or lacks a contract."""
    purpose, kind = draw(st.sampled_from(SERVICES))
    channel = draw(st.sampled_from(("email", "sms", "letter", "phone")))
    facts = draw(
        some(
            (
                *draw(seldom(WHERE + GATES)),
                {"hard_bounce": "yes"},
                {"contains_offer": "yes"},
                {"already_sent_in_campaign": "yes"},
                {"frequency_cap_reached": "yes"},
                {"spam_complaint": "yes"},
                {"urgent": "yes", "local_time": "Tuesday 22:30"},
                {"opt_out_in_message": "no"},
            ),
            2,
        )
    )
    relation = draw(st.sampled_from(("customer", "customer", "customer", "prospect")))
    if kind == "service":
        facts |= {"topic": "outage"} | draw(
            some(({"address_in_affected_area": "no"}, {"contract_active_at_site": "no"}), 1)
        )
    elif kind == "statutory":
        topics = ("consumption_feedback", "personal_data_breach", "privacy_notice_change")
        facts["topic"] = (
            "access_request_reply" if purpose == "rights_request" else draw(st.sampled_from(topics))
        )
        if facts["topic"] in ("privacy_notice_change", "personal_data_breach"):
            relation = "customer"
    elif purpose == "contract_notice":
        facts["topic"] = draw(st.sampled_from(("fixed_term_ending", "price_change")))
    if purpose in ("billing", "collection") and draw(st.booleans()):
        relation, facts = "former_customer", {**facts, "open_debt": "yes"}
    if channel == "email" and draw(st.booleans()):
        facts["email_hard_bounce"] = "yes"
    if channel == "letter":
        facts |= draw(some(({"email_hard_bounce": "yes"}, {"safety_non_disclosure": "yes"}), 1))
    return Row(
        "consumer",
        channel,
        purpose,
        kind,
        draw(st.sampled_from(("none", "granted", "withdrawn"))),
        draw(
            st.sampled_from(
                tuple(ban for ban in BANS if ban not in ("ban_other_channel", "ban_before_request"))
            )
        ),
        relation,
        facts,
    )


ANSWERS = (
    ("quote", "quote_requester", {"request_open": "yes"}),
    ("quote", "quote_requester", {"request_open": "no"}),
    ("event_info", "event_participant", {"event": "registered"}),
    ("event_info", "event_participant", {"event": "past"}),
    ("raffle_admin", "raffle_participant", {"winner": "yes"}),
    ("raffle_admin", "raffle_participant", {"winner": "no"}),
    ("rights_request", "prospect", {"topic": "access_request_reply"}),
    ("unsubscribe_confirmation", "subscriber", {}),
)


@st.composite
def answering(draw: st.DrawFn) -> Row:
    """Replies, confirmation requests, and calls that were asked for."""
    facts = draw(
        some((*draw(seldom(WHERE + GATES)), {"hard_bounce": "yes"}, {"frequency_cap_reached": "yes"}), 2)
    )
    ban = draw(st.sampled_from(("none", "none", "ban_all", "ban_channel", "restricted_all", "erased")))
    facts.pop("estate_contact", None)
    which = draw(st.sampled_from(("reply", "reply", "confirmation", "callback")))
    if which == "confirmation":
        consent = draw(st.sampled_from(("granted_pending_confirmation",) * 2 + ("none",)))
        facts |= draw(
            st.sampled_from(({}, {"confirmation_requests_sent": "0"}, {"confirmation_requests_sent": "1"}))
        )
        return Row(
            "consumer", "email", "newsletter", "confirmation_request", consent, ban, "subscriber", facts
        )
    if which == "callback":
        days = draw(st.sampled_from((0, 5, 28, 40, 200)))
        ban = draw(st.sampled_from(("none", "ban_before_request", "robinson_phone", "restricted_all")))
        facts |= {"request_age_days": str(days)} | draw(some((*TIMES, {"advertiser": "third_party"}), 1))
        return Row(
            "consumer", "phone", "direct_marketing", "marketing", "none", ban, "callback_requester", facts
        )
    purpose, relation, about = draw(st.sampled_from(ANSWERS))
    consent = "withdrawn" if purpose == "unsubscribe_confirmation" else "none"
    return Row("consumer", "email", purpose, "reply", consent, ban, relation, {**facts, **about})


@st.composite
def asking(draw: st.DrawFn) -> Row:
    """Surveys and research."""
    purpose = draw(st.sampled_from(("satisfaction_survey", "market_research")))
    relation = draw(st.sampled_from(("customer", "customer", "prospect", "former_customer", "subscriber")))
    consent = draw(st.sampled_from(("none", "none", "granted", "withdrawn", "granted_no_proof")))
    ban = draw(st.sampled_from(tuple(each for each in BANS if each not in ("ban_before_request",))))
    facts = draw(
        some(
            (
                *draw(seldom(WHERE)),
                {"contains_offer": "yes"},
                {"contains_offer": "no"},
                {"sender_identified": "no"},
                {"profiled_segment": "yes"},
                {"company_ban": "yes"},
                {"age": "16"},
            ),
            2,
        )
    )
    if facts.get("age") and consent in ("withdrawn", "granted_no_proof"):
        del facts["age"]
    channel = draw(st.sampled_from(("email", "phone")))
    if channel == "phone":
        facts.pop("age", None)
    facts.pop("company_ban", None)
    facts |= _about(draw, "none", ban, channel, purpose)
    return Row("consumer", channel, purpose, "survey", consent, ban, relation, facts)


@st.composite
def advertising(draw: st.DrawFn) -> Row:
    """Ad audiences and web advertising."""
    ban = draw(
        st.sampled_from(
            (
                "none",
                "none",
                "none",
                "ban_all",
                "ban_all_unscoped",
                "erased",
                "profiling_objection",
                "restricted_all",
                "objection_pending",
                "research_objection",
            )
        )
    )
    consent = draw(
        st.sampled_from(
            (
                "none",
                "granted",
                "granted",
                "withdrawn",
                "expired",
                "granted_no_proof",
                "granted_other_channel",
            )
        )
    )
    facts = draw(some(tuple(each for each in WHERE if "deceased" not in each), 2))
    if draw(st.booleans()):
        facts["cookie_consent"] = draw(st.sampled_from(("none", "analytics_only", "marketing")))
        facts["linked_person"] = "yes"
        consent = (
            "none" if facts["cookie_consent"] != "marketing" else draw(st.sampled_from(("none", "granted")))
        )
        ban = "none" if ban == "profiling_objection" else ban
        return Row(
            "consumer", "web_ad", "online_advertising", "marketing", consent, ban, "website_visitor", facts
        )
    if consent == "granted_other_channel":
        facts["granted_channel"] = "email"
    facts["platform"] = draw(st.sampled_from(("google", "meta")))
    if facts["platform"] == "google" and consent == "granted":
        yes_or_no = st.sampled_from(("granted", "granted", "denied"))
        facts |= {"ad_user_data": draw(yes_or_no), "ad_personalization": draw(yes_or_no)}
    if draw(st.integers(0, 3)) == 0:
        actions = ("remove_from_audience", "suppression_list_of_banned_people")
        facts["action"] = draw(st.sampled_from(actions))
    return Row("consumer", "ad_audience", "online_advertising", "marketing", consent, ban, "customer", facts)


@st.composite
def choosing(draw: st.DrawFn) -> Row:
    """May the attribute be used in a segment?"""
    attribute = draw(
        st.sampled_from(
            ("annual_consumption", "hourly_load_pattern", "browsing", "event_participation", *FORBIDDEN)
        )
    )
    facts = {"attribute": attribute} | draw(
        some(
            (
                {"data_register": "other_controller"},
                {"data_register": "same"},
                {"deceased": "yes"},
                {"age": "17"},
                {"age": "18"},
                {"suppression_hash_match": "yes"},
                {"open_debt": "yes"},
            ),
            1,
        )
    )
    ban = draw(
        st.sampled_from(
            (
                "none",
                "none",
                "none",
                "ban_all",
                "ban_channel",
                "research_objection",
                "erased",
                "profiling_objection",
                "restricted_all",
                "restriction_lifted",
            )
        )
    )
    if attribute == "browsing":
        facts["cookie_consent"] = draw(st.sampled_from(("none", "analytics_only", "marketing")))
    consent = "none"
    if attribute == "hourly_load_pattern":
        consent = draw(
            st.sampled_from(
                (
                    "none",
                    "granted",
                    "withdrawn",
                    "expired",
                    "granted_no_proof",
                    "granted_preticked",
                    "granted_other_purpose",
                )
            )
        )
        facts |= {"granted_purpose": "direct_marketing"} if consent == "granted_other_purpose" else {}
    relation = "customer"
    if attribute == "annual_consumption" and draw(st.booleans()):
        facts["data_origin"] = "datahub"
        relation = draw(st.sampled_from(("customer", "former_customer", "prospect")))
        if relation == "former_customer":
            facts["period"] = "after_contract_end"
        if relation == "prospect":
            facts["authorisation"] = "none"
    if draw(st.integers(0, 4)) == 0 and "age" not in facts:
        facts |= {"output": "aggregate", "group_size": str(draw(st.sampled_from((1, 4, 5, 50))))}
        return Row("consumer", "segment", "statistics", "none", "none", ban, relation, facts)
    return Row("consumer", "segment", "profiling", "none", consent, ban, relation, facts)


rows = st.one_of(
    selling(),
    selling(),
    selling(),
    business(),
    young(),
    serving(),
    answering(),
    asking(),
    advertising(),
    choosing(),
)
