"""The permission events of a row of vectors: what its consent, ban and facts say was said, and when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from campaigns.ledger.permission_events import PermissionEvent

CONSENTS = (
    "none",
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
    "guardian_granted",
)
# A row's ban, the kind of event that it is, and how many days before the question it was said.
BANS: Mapping[str, tuple[str, float]] = {
    "ban_all": ("ban_all", 2),
    "ban_channel": ("ban_channel", 2),
    "ban_other_channel": ("ban_channel", 2),
    "ban_company": ("ban_company", 2),
    "ban_all_other_controller": ("ban_all", 2),
    "ban_all_unscoped": ("ban_all", 2),
    "ban_before_consent": ("ban_all", 30),
    "ban_after_consent": ("ban_all", 2),
    "ban_before_request": ("ban_all", 400),
    "robinson_post": ("robinson_post", 100),
    "robinson_phone": ("robinson_phone", 100),
    "profiling_objection": ("profiling_objection", 2),
    "research_objection": ("research_objection", 2),
    "objection_pending": ("objection_pending", 2),
    "restricted_marketing": ("restricted_marketing", 2),
    "restricted_all": ("restricted_all", 2),
    "restriction_lifted": ("restricted_all", 9),
    "erased": ("erased", 2),
}
CONSENTED = 20.0  # days before the question
WITHDRAWN = 3.0
ASKED = 1.5  # of the past: after every ban, before what the row says came later
LATER = 1.0
# Channels that go to an address; on others an erased person is known by the customer number.
ADDRESSED = ("email", "sms", "phone", "robocall", "letter", "ad_audience")


@dataclass(frozen=True, kw_only=True, slots=True)
class Situation:
    """Who is asked about, on which channel, for which purpose, and when."""

    person_id: int
    controller: str
    other_controller: str
    channel: str
    purpose: str
    at: datetime
    facts: Mapping[str, str]

    def event(
        self,
        kind: str,
        *,
        days: float,
        channel: str | None = None,
        purpose: str | None = None,
        controller: str = "",
        person_id: int = 0,
        recorded_days: float | None = None,
        evidence: str | None = "form",
        valid_until: datetime | None = None,
        about: str = "",
        details: Mapping[str, str] = MappingProxyType({}),
    ) -> PermissionEvent:
        """Something said `days` before the question."""
        at = self.at - timedelta(days=days)
        recorded = at if recorded_days is None else self.at - timedelta(days=recorded_days)
        where = controller or self.controller
        whose = person_id or self.person_id
        parts = (whose, where, kind, days, channel, purpose, about)
        return PermissionEvent(
            event_id="/".join(str(part) for part in parts),
            controller=where,
            person_id=whose,
            kind=kind,
            channel=channel,
            purpose=purpose,
            occurred_at=at,
            recorded_at=recorded,
            source="vectors",
            evidence=evidence,
            valid_until=valid_until,
            details={**details, "about": about} if about else dict(details),
        )


def events(situation: Situation, consent: str, ban: str) -> Iterator[PermissionEvent]:
    """All that was said."""
    yield from _consent(situation, consent)
    yield from _ban(situation, ban)
    yield from _others(situation)


def _consent(here: Situation, state: str) -> Iterator[PermissionEvent]:
    if state == "none":
        return
    facts, channel, purpose = here.facts, here.channel, here.purpose
    if state == "granted_pending_confirmation":
        yield here.event("requested", days=CONSENTED, channel=channel, purpose=purpose)
        return
    channel = facts.get("granted_channel") or (
        _other(channel) if state == "granted_other_channel" else channel
    )
    purpose = facts.get("granted_purpose") or ("event_info" if state == "granted_other_purpose" else purpose)
    if state == "withdrawn":
        channel = facts.get("withdrawn_channel", channel)
    ends = state == "expired" or facts.get("valid_until") == "past"
    yield here.event(
        "guardian_granted" if state == "guardian_granted" else "granted",
        days=LATER if facts.get("consent_after_spam_complaint") == "yes" else CONSENTED,
        recorded_days=LATER if facts.get("grant_recorded") == "after_as_of" else None,
        channel=channel,
        purpose=purpose,
        controller=here.other_controller if state == "granted_other_controller" else "",
        evidence=None if state == "granted_no_proof" else "form",
        valid_until=here.at - timedelta(days=1) if ends else None,
        details=_details(here, state),
    )
    if state == "withdrawn" or "grant_and_withdrawal_same_instant" in facts:
        yield here.event("withdrawn", days=_withdrawn(facts), channel=channel, purpose=purpose)


def _withdrawn(facts: Mapping[str, str]) -> float:
    if facts.get("grant_and_withdrawal_same_instant") == "yes":
        return CONSENTED
    if facts.get("evaluate_as_of") == "before_withdrawal":
        return LATER
    return 0.01 if "withdrawn_between" in facts else WITHDRAWN


def _details(here: Situation, state: str) -> dict[str, str]:
    details: dict[str, str] = {}
    if state in ("granted_preticked", "granted_conditional") or "condition_of" in here.facts:
        details["flaw"] = here.facts.get("condition_of", state)
    answers = [here.facts.get(name) for name in ("ad_user_data", "ad_personalization")]
    if "denied" in answers:
        details["about"] = "no_ad_consent"
    elif answers == ["granted", "granted"]:
        details["about"] = "ad_user_data+ad_personalization"
    return details


def _ban(here: Situation, state: str) -> Iterator[PermissionEvent]:
    facts = here.facts
    if state != "none":
        kind, days = BANS[state]
        channel = None
        if kind == "ban_channel":
            other = state == "ban_other_channel"
            channel = facts.get("banned_channel") or (_other(here.channel) if other else here.channel)
        elsewhere = state == "ban_all_other_controller"
        yield here.event(
            kind, days=days, channel=channel, controller=here.other_controller if elsewhere else ""
        )
        if state == "ban_all_unscoped":  # names no company: recorded in each register
            yield here.event(kind, days=days, controller=here.other_controller)
        if state == "restriction_lifted":
            yield here.event("restriction_lifted", days=2)
    if "later_consent_channel" in facts:
        channel = facts["later_consent_channel"]
        yield here.event("granted", days=1, channel=channel, purpose=here.purpose)


def _others(here: Situation) -> Iterator[PermissionEvent]:
    facts = here.facts
    if facts.get("suppression_hash_match") == "yes" and here.channel not in ADDRESSED:
        yield here.event("erased", days=LATER * 2)
    if facts.get("spam_complaint") == "yes":
        channel = here.channel if here.channel in ("email", "sms") else "email"
        yield here.event("complaint", days=2, channel=channel)
    if facts.get("company_ban") == "yes":
        yield here.event("ban_company", days=2)
    if facts.get("address_shared_with_banned_person") == "yes":
        yield here.event("ban_all", days=2, person_id=-here.person_id)
    if facts.get("vtj_direct_marketing_ban") == "yes":
        yield here.event("register_ban", days=100)
    if "cookie_consent" in facts:
        yield here.event("cookie_consent", days=5, about=facts["cookie_consent"])
    if facts.get("topic") in ("subscribed", "not_subscribed"):
        kind = "topic_subscribed" if facts["topic"] == "subscribed" else "topic_unsubscribed"
        yield here.event(kind, days=5, about=facts["topic"])


def _other(channel: str) -> str:
    return "sms" if channel == "email" else "email"
