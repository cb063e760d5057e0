"""What example persons got of earlier mailings and clicked, as the ledger would have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger import responses
from campaigns.ledger.outcomes import KIND
from campaigns.ledger.responses import Response
from campaigns.ledger.tables import messages, plans
from campaigns.segments import values
from campaigns.segments.contacts import NEWSLETTER, asked
from campaigns.segments.example_reading import Reading
from campaigns.segments.model import ANY_NEWSLETTER
from campaigns.settings.documents import Mapping as Map

if TYPE_CHECKING:
    from campaigns.segments.example_rows import Setting

VERBS = ("received", "clicked")
_NOBODY = 0  # a click of somebody who is no example: clicks are known of every mailing that is asked about
_PLAN: Mapping[str, Any] = {  # what says nothing of the example
    "state": "done",
    "fingerprint": "",
    "counts": {},
    "lake_snapshot": 0,
    "ledger_position": 0,
    "rule_version": "",
    "created_by": "examples",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """A person received a message of a mailing, or clicked in it."""

    verb: str
    mailing: str
    person_id: int
    at: datetime


def read(said: Map, person_id: int, reading: Reading, setting: Setting) -> Iterator[Contact]:
    """`received: {renewal_offer: 3 days ago}` and `clicked:`, each also as a list of such."""
    for verb in VERBS:
        known = sorted(asked(setting.segment, verb))
        for entry in (entry for node in reading.maps(said, verb) for entry in node):
            name = entry.key.text
            if name not in known:
                message = f"the segment asks nobody about `{verb}: {values.short(name)}`."
                reading.say(entry.key, "EXA016", message, values.did_you_mean(name, known))
                continue
            day = reading.value(entry.value, reading.day)
            if day is not None:
                at = _noon(day, setting)
                yield Contact(verb=verb, mailing=name, person_id=person_id, at=at)


def write(connection: sa.Connection, found: Sequence[Contact], setting: Setting) -> None:
    """Write each as a sending of its own. `any_newsletter` is a newsletter of that name."""
    controller, last = setting.segment.controller, _noon(setting.as_of, setting)
    clicks = [
        Contact(verb="clicked", mailing=name, person_id=_NOBODY, at=last)
        for name in sorted(asked(setting.segment, "clicked"))
    ]
    for number, one in enumerate([*found, *clicks], start=1):
        key = {"controller": controller, "mailing": one.mailing}
        kind = {KIND: NEWSLETTER} if one.mailing == ANY_NEWSLETTER else {}
        of_plan = {**key, "plan_id": number, "occurrence": str(number)}
        plan = {**_PLAN, **of_plan, "parts": kind, "decided_on": last.date().isoformat()}
        connection.execute(sa.insert(plans), {**plan, "created_at": last})
        if one.verb == "received":
            message = {**of_plan, "person_id": one.person_id, "channel": "email", "state": "sent"}
            connection.execute(sa.insert(messages), {**message, "handed_over_at": one.at})
        else:
            click = Response(
                natural_key=str(number),
                controller=controller,
                kind="clicked",
                occurred_at=one.at,
                person_id=one.person_id,
                mailing=one.mailing,
            )
            responses.add(connection, [click])


def _noon(day: date, setting: Setting) -> datetime:
    return datetime.combine(day, time(12), setting.settings.zone).astimezone(UTC)
