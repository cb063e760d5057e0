"""What a row of vectors means: a person in the lake, events, a request and settings.

The words are those of the vectors' own documentation; times are relative to the moment that is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.suppressions import Reason
from campaigns.permissions import vector_events as said
from campaigns.permissions.requests import Request
from campaigns.permissions.vector_settings import CONTROLLERS, settings
from campaigns.settings.model import Settings

COLUMNS = (
    "id",
    "person_kind",
    "channel",
    "purpose",
    "message_kind",
    "consent_state",
    "ban_state",
    "relationship",
    "other_facts",
    "expected",
    "reason",
)
KEYS = frozenset(
    """
    action ad_personalization ad_user_data address_in_affected_area address_kind address_missing
    address_shared_with_banned_person address_source address_source_stated advertiser age
    already_sent_in_campaign attribute authorisation ban_received_via banned_channel company_ban
    condition_of confirmation_requests_sent consent_after_spam_complaint contact_from_sale
    contains_offer contract_active_at_site controller cookie_consent data_origin data_register deceased
    email_hard_bounce estate_contact evaluate_as_of event frequency_cap_reached
    grant_and_withdrawal_same_instant grant_recorded granted_channel granted_purpose group_size
    hard_bounce informed later_consent_channel left_company linked_person local_time logged_in
    number_kind open_debt opt_out_at_collection opt_out_in_message output period platform
    policy_soft_opt_in processor_agreement profiled_segment provider_region recognisable_as_marketing
    reimported_from relevant_to_duties request_age_days request_open safety_non_disclosure
    sender_identified similar_product spam_complaint suppression_hash_match topic transfer_safeguard
    urgent valid_until vtj_direct_marketing_ban winner withdrawn_between withdrawn_channel
    within_retention
    """.split()  # noqa: SIM905  # eighty words read better as text
)
ZONE = ZoneInfo("Europe/Helsinki")
DUTY = "energy"
_DAYS = {
    "Tuesday": date(2026, 11, 24),
    "Saturday": date(2026, 11, 28),
    "Sunday": date(2026, 11, 29),
    "Independence Day": date(2027, 12, 6),
}
Row = Mapping[str, Any]


class UnknownWord(Exception):
    """A row says something that no documentation of the vectors explains."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Vector:
    """One row as written."""

    id: str
    person_kind: str
    channel: str
    purpose: str
    message_kind: str
    consent_state: str
    ban_state: str
    relationship: str
    other_facts: str
    expected: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One row as it is decided."""

    person_id: int
    request: Request
    settings: Settings
    circumstances: Mapping[str, Any]
    tables: Mapping[str, list[Row]]
    events: tuple[PermissionEvent, ...]
    suppressed: tuple[tuple[str, str, Reason], ...]


def case(vector: Vector, *, person_id: int) -> Case:
    """Build the case of a row. Raises `UnknownWord`."""
    facts = _facts(vector)
    at = _moment(facts.get("local_time", "Tuesday 14:00"))
    controller = facts.get("controller", CONTROLLERS[0])
    if controller not in CONTROLLERS:
        raise UnknownWord(controller)
    other = next(name for name in CONTROLLERS if name != controller)
    here = said.Situation(
        person_id=person_id,
        controller=controller,
        other_controller=other,
        channel=vector.channel,
        purpose=vector.purpose,
        at=at,
        facts=facts,
    )
    register = other if facts.get("data_register") == "other_controller" else controller
    return Case(
        person_id=person_id,
        request=_request(vector, facts, controller, at),
        settings=settings(
            soft_opt_in=facts.get("policy_soft_opt_in", "off"),
            agreement=facts.get("processor_agreement", "yes"),
            region=facts.get("provider_region", "eea"),
            transfer=facts.get("transfer_safeguard", "none"),
        ),
        circumstances=_circumstances(facts),
        tables=_tables(vector, facts, person_id, register, at.date()),
        events=tuple(said.events(here, vector.consent_state, vector.ban_state)),
        suppressed=tuple(_suppressed(vector, facts, person_id)),
    )


def _facts(vector: Vector) -> dict[str, str]:
    pairs = [part.partition("=") for part in vector.other_facts.split(";") if part.strip()]
    facts = {key.strip(): value.strip() for key, _, value in pairs}
    for word, known in (
        *((key, KEYS) for key in facts),
        (vector.consent_state, said.CONSENTS),
        (vector.ban_state, ("none", *said.BANS)),
    ):
        if word not in known:
            raise UnknownWord(word)
    return facts


def _moment(text: str) -> datetime:
    day, _, clock = text.rpartition(" ")
    if day not in _DAYS:
        raise UnknownWord(text)
    return datetime.combine(_DAYS[day], datetime.strptime(clock, "%H:%M").time(), tzinfo=ZONE)  # noqa: DTZ007  # the zone is put on


def _request(vector: Vector, facts: Mapping[str, str], controller: str, at: datetime) -> Request:
    asked = facts.get("evaluate_as_of") or facts.get("grant_recorded")
    platform: Any = facts.get("platform", "")
    action: Any = facts.get("action", "")
    return Request(
        controller=controller,
        purpose=vector.purpose,
        topic=facts.get("topic", "").replace("not_subscribed", "subscribed"),
        message_kind=vector.message_kind,
        channels=(vector.channel,),
        profiled=facts.get("profiled_segment") == "yes",
        at=at,
        as_of=at - timedelta(days=said.ASKED) if asked in ("before_withdrawal", "after_as_of") else None,
        duties=(DUTY,),
        contains_offer=facts.get("contains_offer") == "yes",
        opt_out_means=facts.get("opt_out_in_message") != "no",
        sender_identified=facts.get("sender_identified") != "no",
        recognisable=facts.get("recognisable_as_marketing") != "no",
        source_stated=facts.get("address_source_stated") != "no",
        third_party=facts.get("advertiser") == "third_party",
        similar_product=facts.get("similar_product") != "no",
        urgent=facts.get("urgent") != "no",
        platform=platform,
        ad_action=action,
        attribute=facts.get("attribute", ""),
        from_datahub=facts.get("data_origin") == "datahub",
        after_contract_end=facts.get("period") == "after_contract_end",
        authorised=facts.get("authorisation", "none") != "none",
        group_size=int(facts["group_size"]) if "group_size" in facts else None,
    )


def _circumstances(facts: Mapping[str, str]) -> dict[str, Any]:
    answers = [facts.get("request_open"), facts.get("winner"), _open_event(facts.get("event"))]
    told = [answer == "yes" for answer in answers if answer]
    return {
        "affected": facts.get("address_in_affected_area") != "no",
        "contract_active": _yes(facts.get("contract_active_at_site")),
        "request_open": all(told) if told else None,
        "confirmations_sent": int(facts.get("confirmation_requests_sent", "0")),
        "estate_contact": facts.get("estate_contact") == "yes",
        "logged_in": facts.get("logged_in") != "no",
        "already_sent": facts.get("already_sent_in_campaign") == "yes",
        "cap_reached": facts.get("frequency_cap_reached") == "yes",
    }


def _open_event(event: str | None) -> str | None:
    return {"registered": "yes", "past": "no"}.get(event or "")


def _yes(answer: str | None) -> bool | None:
    return None if answer is None else answer == "yes"


def _tables(
    vector: Vector, facts: Mapping[str, str], person_id: int, register: str, today: date
) -> dict[str, list[Row]]:
    age = facts.get("age", "unknown")
    person = {
        "person_id": person_id,
        "kind": vector.person_kind,
        # The register knows years of birth; a row means that the person has that age already.
        "birth_year": None if age == "unknown" else today.year - int(age) - 1,
        "deceased": facts.get("deceased") == "yes",
        "protected_address": facts.get("safety_non_disclosure") == "yes",
        "informed_by": "" if facts.get("informed") == "no" else "2023-06-26",
        "registered_on": _ago(today, 2000 if facts.get("within_retention") == "no" else 100),
    }
    neighbour = facts.get("address_shared_with_banned_person") == "yes"
    tables: dict[str, list[Row]] = {
        "persons": [person],
        "contact_points": _points(facts, person_id),
        "relationships": _relationships(vector, facts, person_id, today),
        "roles": _roles(vector, facts, person_id, today),
    }
    if neighbour:
        tables["contact_points"] += [{**row, "person_id": -person_id} for row in tables["contact_points"]]
    return {name: [{"controller": register, **row} for row in rows] for name, rows in tables.items()}


def _points(facts: Mapping[str, str], person_id: int) -> list[Row]:
    if facts.get("address_missing") == "yes":
        return []
    source = facts.get("address_source", "own")
    return [
        {
            "person_id": person_id,
            "channel": channel,
            "value": address(channel, facts, person_id),
            "source": "" if source == "unknown" else source,
            "from_sale": facts.get("contact_from_sale") == "yes",
            "opt_out_offered": facts.get("opt_out_at_collection") != "no",
        }
        for channel in ("email", "sms", "phone", "letter")
    ]


def address(channel: str, facts: Mapping[str, str], person_id: int) -> str:
    """The person's address on a channel."""
    mailboxes = {"role": f"info@p{person_id}.example", "private_mailbox": f"p{person_id}@gmail.com"}
    if channel == "email":
        return mailboxes.get(facts.get("address_kind", ""), f"p{person_id}@example.com")
    return f"Katu {person_id}\n15140 LAHTI" if channel == "letter" else f"+358400{person_id:06d}"


def _relationships(vector: Vector, facts: Mapping[str, str], person_id: int, today: date) -> list[Row]:
    old = facts.get("within_retention") == "no"
    since = {"callback_requester": int(facts.get("request_age_days", "1"))}
    start = _ago(today, since.get(vector.relationship, 2000 if old else 100))
    rows: list[Row] = [{"kind": vector.relationship, "start_date": start}]
    if vector.relationship == "former_customer":
        ended = _ago(today, 1900 if old else 100)
        rows = [
            {"kind": "customer", "start_date": _ago(today, 2000), "end_date": ended},
            {"kind": "former_customer", "start_date": ended},
        ]
    return [{"person_id": person_id, **row} for row in rows]


def _roles(vector: Vector, facts: Mapping[str, str], person_id: int, today: date) -> list[Row]:
    if vector.person_kind not in ("business_contact", "company_role_address"):
        return []
    relevant = {"yes": DUTY, "no": "catering"}.get(facts.get("relevant_to_duties", ""))
    left = facts.get("left_company") == "yes"
    return [
        {
            "person_id": person_id,
            "company_id": person_id,
            "role": "contact",
            "duties": relevant,
            "start_date": _ago(today, 900),
            "end_date": _ago(today, 10) if left else None,
        }
    ]


def _suppressed(vector: Vector, facts: Mapping[str, str], person_id: int) -> list[tuple[str, str, Reason]]:
    point = {"robocall": "phone", "ad_audience": "email"}.get(vector.channel, vector.channel)
    found: list[tuple[str, str, Reason]] = []
    if facts.get("hard_bounce") == "yes":
        found.append((point, address(point, facts, person_id), "hard_bounce"))
    if facts.get("email_hard_bounce") == "yes":
        found.append(("email", address("email", facts, person_id), "hard_bounce"))
    if facts.get("suppression_hash_match") == "yes" and vector.channel in said.ADDRESSED:
        found.append((point, address(point, facts, person_id), "erased"))
    return list(dict.fromkeys(found))


def _ago(today: date, days: int) -> date:
    return today - timedelta(days=days)
