"""permissions.md a second time, in plain Python: one row of its words, and the answer that the text gives.

Written from the text alone, in its order, without a look at the rules, the folding or the SQL. It reads the
words of a vector as the text means them and knows nothing of events. Where the text is silent it is not
asked: `permission_rows` does not draw such combinations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

ALLOWING = frozenset(
    (
        "CONSENT", "SOFT_OPT_IN", "OPT_OUT_CHANNEL", "LEGAL_PERSON_OPT_OUT", "B2B_DUTIES",
        "LEGITIMATE_INTEREST", "SERVICE_MESSAGE", "CONTRACT_MESSAGE", "STATUTORY_MESSAGE", "REQUESTED",
        "REMOVAL",
    )
)  # fmt: skip
FORBIDDEN = ("collection_status", "credit_standing", "call_recording", "chat_transcript", "password_hash",
             "personal_identity_code")  # fmt: skip
SMALLEST_GROUP = 5
OPEN_REQUEST_DAYS = 30
NIGHT = ("Tuesday 06:30", "Tuesday 22:30", "Tuesday 23:30")
NO_CALLS = (*NIGHT, "Sunday 14:00", "Independence Day 14:00")


@dataclass(frozen=True)
class Row:
    """One row: a person, a message, what is known; `facts` as key=value."""

    person_kind: str
    channel: str
    purpose: str
    message_kind: str
    consent_state: str
    ban_state: str
    relationship: str
    facts: Mapping[str, str]

    def says(self, key: str, *values: str) -> bool:
        return self.facts.get(key) in (values or ("yes",))

    def denies(self, key: str) -> bool:
        return self.facts.get(key) == "no"

    @cached_property
    def age(self) -> int | None:
        told = self.facts.get("age", "unknown")
        return None if told == "unknown" else int(told)

    @property
    def minor(self) -> bool:
        return self.person_kind == "minor" if self.age is None else self.age < 18

    @property
    def below_15(self) -> bool:
        return self.minor and (self.age is None or self.age < 15)

    @property
    def serves(self) -> bool:
        return self.message_kind in ("service", "contractual", "statutory")

    @property
    def sells(self) -> bool:
        return self.message_kind in ("marketing", "newsletter")

    @property
    def surveys(self) -> bool:
        return self.message_kind == "survey"

    @property
    def profiled(self) -> bool:
        return self.says("profiled_segment") or self.channel == "ad_audience"

    @property
    def consent(self) -> str:
        """What the consent for this channel, purpose and company is, at the time that is asked about."""
        state = self.consent_state
        if state == "withdrawn":
            if self.facts.get("withdrawn_channel", self.channel) != self.channel:
                return "none"
            return "granted" if self.says("evaluate_as_of", "before_withdrawal") else "withdrawn"
        if state.startswith("granted_other_") or self.says("grant_recorded", "after_as_of"):
            return "none"
        if state == "granted" and self.says("valid_until", "past"):
            return "expired"
        return "granted" if state == "guardian_granted" else state

    @property
    def callback(self) -> bool:
        """An open request to be called."""
        if (self.relationship, self.channel) != ("callback_requester", "phone") or self.denies(
            "request_open"
        ):
            return False
        return int(self.facts.get("request_age_days", "0")) <= OPEN_REQUEST_DAYS


Steps = Iterator[tuple[bool, str]]


def answer(row: Row) -> str:
    """`allow CODE` or `deny CODE`: the first that hits."""
    for step in STEPS:
        for hits, code in step(row):
            if hits:
                return f"{'allow' if code in ALLOWING else 'deny'} {code}"
    raise AssertionError("the last step has an answer for everybody")


def _who_and_where(row: Row) -> Steps:
    """1"""
    yield row.ban_state == "erased" or row.says("suppression_hash_match"), "ERASED"
    died = row.person_kind == "estate" or row.says("deceased")
    about_the_estate = row.says("estate_contact") and not (row.sells or row.surveys)
    yield died and not about_the_estate, "DECEASED"
    yield row.says("data_register", "other_controller"), "WRONG_REGISTER"
    yield row.denies("processor_agreement"), "NO_PROCESSOR_AGREEMENT"
    covered = row.says("transfer_safeguard", "scc")
    yield row.says("provider_region", "us") and not covered, "TRANSFER_NOT_COVERED"
    yield row.says("action", "remove_from_audience"), "REMOVAL"


def _restrictions(row: Row) -> Steps:
    """2"""
    stops_selling = row.ban_state in ("restricted_marketing", "objection_pending")
    yield row.ban_state == "restricted_all" and row.serves, "RESTRICTED_MANUAL_REVIEW"
    yield row.ban_state == "restricted_all", "RESTRICTED"
    yield stops_selling and (row.sells or row.surveys), "RESTRICTED"


def _the_message_itself(row: Row) -> Steps:
    """3"""
    yield row.message_kind == "mixed" or (row.says("contains_offer") and not row.sells), "MIXED_CONTENT"
    yield row.denies("sender_identified"), "SENDER_NOT_IDENTIFIED"
    yield row.sells and row.denies("recognisable_as_marketing"), "NOT_RECOGNISABLE"
    yield row.sells and row.denies("opt_out_in_message"), "NO_OPT_OUT_MEANS"
    yield row.sells and row.denies("address_source_stated"), "SOURCE_NOT_STATED"


def _segments(row: Row) -> Steps:
    """4"""
    if row.channel != "segment":
        return
    attribute = row.facts["attribute"]
    yield attribute in FORBIDDEN, "FORBIDDEN_ATTRIBUTE"
    yield row.minor, "MINOR_PROFILING"
    if row.purpose == "statistics":
        yield int(row.facts.get("group_size", "0")) < SMALLEST_GROUP, "GROUP_TOO_SMALL"
        yield True, "LEGITIMATE_INTEREST"
    yield row.ban_state == "profiling_objection", "PROFILING_OBJECTED"
    outside = row.relationship != "customer" or row.says("period", "after_contract_end")
    yield row.says("data_origin", "datahub") and outside, "DATAHUB_NOT_AUTHORISED"
    yield attribute == "browsing" and not row.says("cookie_consent", "marketing"), "NO_COOKIE_CONSENT"
    if attribute == "hourly_load_pattern":
        yield row.consent != "granted", "NO_CONSENT"
        yield True, "CONSENT"
    yield True, "LEGITIMATE_INTEREST"


def _not_marketing(row: Row) -> Steps:
    """5"""
    if row.callback and row.sells:
        yield True, "REQUESTED"
    if row.sells or row.surveys:
        return
    former = row.relationship == "former_customer"
    known = row.relationship == "customer" and not row.denies("contract_active_at_site")
    owes = former and row.message_kind == "contractual" and row.purpose in ("billing", "collection")
    concerns_anybody = row.message_kind == "statutory" and not row.says("topic", "consumption_feedback")
    yield row.serves and not (known or owes or concerns_anybody), "NO_RELATIONSHIP"
    yield row.denies("address_in_affected_area"), "NOT_AFFECTED"
    bounced = row.says("hard_bounce") or (row.says("email_hard_bounce") and row.channel == "email")
    yield bounced, "ADDRESS_UNDELIVERABLE"
    yield row.purpose == "unsubscribe_confirmation", "UNSUBSCRIBED_NO_FURTHER_MAIL"
    if row.message_kind == "confirmation_request":
        yield int(row.facts.get("confirmation_requests_sent", "0")) >= 1, "CONFIRMATION_LIMIT"
        yield row.consent != "granted_pending_confirmation", "NO_CONSENT"
    closed = row.denies("request_open") or row.says("event", "past") or row.denies("winner")
    yield row.message_kind == "reply" and closed, "NO_CONSENT"
    names = {
        "service": "SERVICE_MESSAGE",
        "contractual": "CONTRACT_MESSAGE",
        "statutory": "STATUTORY_MESSAGE",
    }
    yield True, names.get(row.message_kind, "REQUESTED")


def _minors(row: Row) -> Steps:
    """6"""
    if not row.minor:
        return
    guardian = row.consent_state == "guardian_granted"
    yield row.profiled, "MINOR_PROFILING"
    yield row.below_15 and not guardian, "MINOR_NO_GUARDIAN_CONSENT"
    if not row.below_15:
        yield row.channel in ("letter", "phone"), "MINOR"
        yield guardian or row.consent == "none", "MINOR"


def _bans(row: Row) -> Steps:
    """7"""
    ban = row.ban_state
    beaten = ban == "ban_before_consent" and row.consent == "granted"
    for_all = ("ban_all", "ban_after_consent", "ban_all_unscoped", "ban_before_consent", "ban_before_request")
    yield ban in for_all and not beaten, "BANNED_ALL"
    yield ban == "ban_company" or row.says("company_ban"), "BANNED_COMPANY"
    yield ban == "ban_channel", "BANNED_CHANNEL"
    since = row.says("consent_after_spam_complaint") and row.consent == "granted"
    yield row.channel == "email" and row.says("spam_complaint") and not since, "COMPLAINED"
    yield row.surveys and ban == "research_objection", "RESEARCH_OBJECTED"
    yield row.profiled and ban == "profiling_objection", "PROFILING_OBJECTED"
    if row.surveys:
        yield row.relationship == "customer", "LEGITIMATE_INTEREST"
        yield row.consent == "granted", "CONSENT"
        yield True, "NO_RELATIONSHIP"


def _flaws_of_consent(row: Row) -> Steps:
    """8"""
    state = row.consent
    same_instant = row.says("grant_and_withdrawal_same_instant")
    yield state == "withdrawn" or same_instant, "CONSENT_WITHDRAWN"
    yield state == "expired", "CONSENT_EXPIRED"
    yield state in ("granted_preticked", "granted_conditional"), "CONSENT_INVALID"
    yield state == "granted_no_proof", "CONSENT_UNPROVEN"
    yield state == "granted_pending_confirmation", "CONSENT_UNCONFIRMED"


def basis(row: Row) -> str:
    """9"""
    granted = row.consent == "granted"
    if row.channel == "ad_audience":
        refused = any(row.says(key, "denied") for key in ("ad_user_data", "ad_personalization"))
        excluding = row.says("action", "suppression_list_of_banned_people")
        return "NO_AD_CONSENT" if not granted or refused or excluding else "CONSENT"
    if row.channel == "web_ad":
        return "CONSENT" if row.says("cookie_consent", "marketing") else "NO_COOKIE_CONSENT"
    if row.says("topic", "not_subscribed"):
        return "TOPIC_NOT_SUBSCRIBED"
    if row.says("left_company"):
        return "ROLE_ENDED"
    if granted:
        return "CONSENT"
    if row.person_kind == "company_role_address":
        return "LEGAL_PERSON_OPT_OUT"
    electronic = row.channel in ("email", "sms")
    at_work = row.person_kind == "business_contact" and not row.says("address_kind", "private_mailbox")
    if electronic and at_work and row.says("relevant_to_duties"):
        return "B2B_DUTIES"
    if row.says("advertiser", "third_party"):
        return "THIRD_PARTY_PRODUCT"
    if row.says("policy_soft_opt_in", "on") and electronic and row.purpose == "direct_marketing":
        return _soft_opt_in(row)
    opt_out = row.channel in ("letter", "phone") or (row.channel == "portal" and row.says("logged_in"))
    return "OPT_OUT_CHANNEL" if opt_out else "NO_CONSENT"


def _soft_opt_in(row: Row) -> str:
    for key, code in (
        ("contact_from_sale", "SOFT_OPT_IN_NOT_FROM_SALE"),
        ("similar_product", "SOFT_OPT_IN_NOT_SIMILAR"),
        ("opt_out_at_collection", "SOFT_OPT_IN_NO_OPT_OUT_OFFERED"),
    ):
        if not row.says(key):
            return code
    return "SOFT_OPT_IN"


def _without_basis(row: Row) -> Steps:
    """9, what denies"""
    found = basis(row)
    yield found not in ALLOWING, found


def _address_and_source(row: Row) -> Steps:
    """10"""
    yield row.channel == "letter" and row.says("safety_non_disclosure"), "PROTECTED_ADDRESS"
    if basis(row) != "OPT_OUT_CHANNEL":
        return
    listed = (row.channel, row.ban_state) in (("letter", "robinson_post"), ("phone", "robinson_phone"))
    yield listed and row.relationship != "customer", "ROBINSON"
    yield row.says("vtj_direct_marketing_ban") and row.says("address_source", "vtj"), "REGISTER_BAN"
    yield row.denies("informed"), "NOT_INFORMED"
    yield row.says("address_source", "unknown"), "SOURCE_UNKNOWN"
    yield row.denies("within_retention"), "RETENTION_EXPIRED"


def _now(row: Row) -> Steps:
    """11, and the basis of 9 for whom nothing stood in the way"""
    bounced = row.says("hard_bounce") or (row.says("email_hard_bounce") and row.channel == "email")
    yield row.says("address_missing"), "NO_ADDRESS"
    yield bounced, "ADDRESS_UNDELIVERABLE"
    yield row.says("address_shared_with_banned_person"), "ADDRESS_SUPPRESSED"
    yield row.says("already_sent_in_campaign"), "DUPLICATE"
    yield row.says("frequency_cap_reached"), "FREQUENCY_CAP"
    called = row.channel in ("phone", "robocall")
    yield called and row.says("local_time", *NO_CALLS), "OUTSIDE_CALLING_HOURS"
    yield row.channel == "sms" and row.says("local_time", *NIGHT), "QUIET_HOURS"
    yield True, basis(row)


STEPS: tuple[Callable[[Row], Steps], ...] = (
    _who_and_where, _restrictions, _the_message_itself, _segments, _not_marketing, _minors, _bans,
    _flaws_of_consent, _without_basis, _address_and_source, _now,
)  # fmt: skip
