"""The answer to "what do you know about me?" (GDPR Art. 15), as one document with stable keys.

Of one controller's register and one person: no other register is opened, and no row of anybody else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.engine import connect
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger
from campaigns.ledger.tables import audit, permission_events, suppressions
from campaigns.permissions import state
from campaigns.rights import circumstances, correspondence, holdings, memberships, personal_rows, standing
from campaigns.rights.plain import plain

if TYPE_CHECKING:
    import polars as pl

    from campaigns.catalogue.model import Catalogue
    from campaigns.ledger.rights_requests import Request
    from campaigns.mailings.parts import Parts
    from campaigns.segments.library import Library as Segments

FORM = 1  # of the document: grows when a key changes its meaning
LANGUAGES = ("fi", "sv", "en")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The document, and the language in which the person reads it."""

    document: Mapping[str, Any]
    language: str

    def as_json(self) -> bytes:
        """UTF-8, indented, keys in the order of the sections; numbers that identify things are text."""
        return json.dumps(self.document, ensure_ascii=False, indent=2).encode() + b"\n"

    def counts(self) -> dict[str, int]:
        """How many rows of each table there are: what a ticket may hold."""
        tables = {**self.document["register"], **self.document["ledger"]}
        return {name: len(rows) for name, rows in tables.items() if rows}


def gather(parts: Parts, segments: Segments, request: Request, *, today: date) -> Answer:
    """Everything on the person of this request in the register of its controller.

    Raises what reading the lake and the ledger raises.
    """
    settings, ledger, now = parts.settings, parts.ledger, parts.clock()
    controller, person_id = request.controller, request.person_id
    words = state.words(ledger, parts.data / "cache")
    with parts.lake.snapshot() as snapshot, connect(snapshot, tables=TABLES.keys()) as db:
        register = personal_rows.of_lake(db, controller, person_id)
        language = _language(register)
        held = holdings.of_person(db, controller, person_id, today=today)
        known: dict[str, Any] = {"settings": settings, "ledger": ledger, "words": words, "at": now}
        contact = list(standing.contact(db, controller, person_id, language=language, **known))
        member = list(memberships.of_person(segments, controller, person_id, db=db, as_of=today, **known))
    with ledger.read() as connection:
        witnessed = personal_rows.of_ledger(connection, controller, person_id)
        letters = correspondence.to_person(
            connection,
            controller,
            person_id,
            mailbox=parts.data / "outbox" / "maildir",
            tokens=parts.tokens,
            language=language,
        )
        lookups = _lookups(connection, controller, person_id)
        by_address = _by_address(connection, controller, register["contact_points"])
    company = settings.controllers[controller]
    joined = {name: _rows(getattr(held, name)) for name in ("points", "sites", "companies")}
    document = {
        "form": FORM,
        "written_at": now,
        "request": {"id": request.request_id, "received_at": request.received_at, "due_on": request.due_on},
        "controller": {"key": controller, **company.model_dump(include=_OF_A_COMPANY)},
        "person_id": person_id,
        "language": language,
        "register": register,
        "metering_points": joined["points"],
        "sites": joined["sites"],
        "companies": joined["companies"],
        "consumption": {
            "months": _rows(held.months),
            "days": _rows(held.days),
            "facts": _rows(held.day_facts),
            "flags": _rows(held.reading_flags),
            "twins": _rows(held.reading_twins),
            "heat_registers": _rows(held.heat_registers),
            "heat_days": _rows(held.heat_days),
            "month_facts": _rows(held.month_facts),
        },
        "metrics": _rows(held.metrics),
        "metrics_history": _rows(held.metrics_history),
        "scores": register.get("scores", []),
        "permissions": {
            "stand": standing.words_that_stand(words, controller, person_id, at=now, settings=settings),
            "contact": contact,
            "history": witnessed["permission_events"],
            **by_address,
        },
        "messages": letters,
        "segments": member,
        "ledger": witnessed,
        "lookups": lookups,
        "purposes": circumstances.purposes(settings, language),
        "recipients": circumstances.recipients(settings),
        "disclosures": {
            "agreed": circumstances.agreed_disclosures(settings, controller),
            "made": witnessed["disclosed_people"],
        },
        "retention": circumstances.retention(settings),
        "sources": circumstances.sources(
            settings, [*register.values(), *joined.values(), witnessed["permission_events"]]
        ),
        "words": _words(segments.catalogue, language),
        "notices": {name: {"date": notice.date} for name, notice in company.notices.items()},
    }
    return Answer(document=plain(document), language=language)


_OF_A_COMPANY = {"name", "business_id", "address", "phone", "email", "privacy_officer", "privacy_url"}


def _words(catalogue: Catalogue, language: str) -> dict[str, Any]:
    """What our names of figures, periods and events mean, with the units of the figures."""

    def title(entry: Any) -> str:
        return str(entry.label.get(language) or entry.label["en"])

    return {
        "metrics": {
            entry.column: {"title": title(entry), "unit": entry.unit}
            for entry in catalogue.metrics.values()
            if entry.column
        },
        "periods": {name: title(entry) for name, entry in catalogue.periods.items()},
        "events": {name: title(entry) for name, entry in catalogue.events.items()},
    }


def _language(register: Mapping[str, personal_rows.Rows]) -> str:
    spoken = next((row["language"] for row in register["persons"]), None)
    return spoken if spoken in LANGUAGES else "fi"


def _rows(frame: pl.DataFrame) -> personal_rows.Rows:
    return frame.to_dicts()


def _lookups(connection: sa.Connection, controller: str, person_id: int) -> list[dict[str, Any]]:
    """When somebody of us searched for the person or looked: when and what, not who of us it was."""
    searched = sa.select(audit.c.at, audit.c.action, audit.c.details).where(audit.c.action == "person_found")
    found = [
        {"at": row.at, "action": row.action}
        for row in connection.execute(searched.order_by(audit.c.entry_id))
        if [controller, person_id] in row.details.get("found", [])
    ]
    named = sa.select(audit.c.at, audit.c.action).where(
        audit.c.controller == controller, audit.c.person_id == person_id
    )
    found += [dict(row._mapping) for row in connection.execute(named.order_by(audit.c.entry_id))]
    return sorted(found, key=lambda one: one["at"])


def _by_address(
    connection: sa.Connection, controller: str, points: personal_rows.Rows
) -> dict[str, list[dict[str, Any]]]:
    """What is known of the person's addresses rather than of the person.

    Addresses to which nothing is sent, and words that came about an address before anybody had it. Others
    may have the address too, so neither the message that found it out nor the proof is told.
    """
    ledger = Ledger.of(connection)
    digests = {ledger.address_digest(controller, one["channel"], one["value"]): one for one in points}
    found = {}
    for name, table, told in (
        ("blocked_addresses", suppressions, ("reason", "recorded_at")),
        ("words_about_addresses", permission_events, ("kind", "purpose", "occurred_at", "recorded_at")),
    ):
        here = (table.c.controller == controller) & table.c.address_digest.in_(list(digests))
        if "person_id" in table.c:
            here &= table.c.person_id.is_(None)
        found[name] = [
            {
                "channel": row.channel,
                "value": digests[row.address_digest]["value"],
                **{column: getattr(row, column) for column in told},
            }
            for row in connection.execute(sa.select(table).where(here).order_by(table.c.position))
        ]
    return found
