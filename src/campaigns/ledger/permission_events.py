"""Permission events: what a person said or what happened to what they said; appended, never changed.

Events of one person form a chain: each digest covers the event and the digest before it, with a key that
is not in the database, so that a row edited by hand is found. Free fields enter through a digest of their
own, so that erasure can empty them and the chain still verifies.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger import journal, seals
from campaigns.ledger.database import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.tables import messages
from campaigns.ledger.tables import permission_events as table

if TYPE_CHECKING:
    import polars as pl

CHUNK = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class PermissionEvent:
    """One event; the words of `kind` are in `permissions.events`. Times are aware.

    `event_id` is the natural key: the same word told twice has the same id and is one event.
    Either `person_id` or `address_digest` says whose it is.
    """

    event_id: str
    controller: str
    person_id: int | None = None
    address_digest: str | None = None
    kind: str
    channel: str | None = None  # None: all channels
    purpose: str | None = None  # permission purpose; None: all purposes
    scope: str = "controller"
    occurred_at: datetime
    recorded_at: datetime
    valid_until: datetime | None = None
    source: str
    method: str | None = None
    text_version: str | None = None
    text_language: str | None = None
    notice_version: str | None = None
    evidence: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


def append(connection: sa.Connection, events: Iterable[PermissionEvent]) -> int:
    """Append the events that are not there yet, in the order given; how many were new.

    Positions are taken in the same transaction, so they are in force when it commits.
    """
    remaining = iter(events)
    new = 0
    while chunk := list(islice(remaining, CHUNK)):
        new += _append(connection, chunk)
    return new


def since(connection: sa.Connection, position: int) -> pl.DataFrame:
    """The events after `position`, in order."""
    return Ledger.of(connection).frame(connection, _SELECT.where(table.c.position > position))


def frame(connection: sa.Connection) -> pl.DataFrame:
    """All events in order of position; `details` is JSON text."""
    return Ledger.of(connection).frame(connection, _SELECT)


def of_person(connection: sa.Connection, controller: str, person_id: int) -> pl.DataFrame:
    """One person's events, in order."""
    mine = (table.c.controller == controller) & (table.c.person_id == person_id)
    return Ledger.of(connection).frame(connection, _SELECT.where(mine))


def matching(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> pl.DataFrame:
    """The events for which a condition on `permission_events` holds, in order."""
    return Ledger.of(connection).frame(connection, _SELECT.where(condition))


_SELECT = sa.select(table).order_by(table.c.position)
Owner = tuple[str, int | None, str | None]


def _append(connection: sa.Connection, events: Sequence[PermissionEvent]) -> int:
    ledger = Ledger.of(connection)
    unique = {event.event_id: event for event in events}
    known = _known(connection, unique)
    new = [event for event_id, event in unique.items() if event_id not in known]
    if not new:
        return 0
    positions = ledger.take_positions(connection, len(new))
    heads = _heads(connection, new)
    rows = []
    for position, event in zip(positions, new, strict=True):
        whose = owner(event.controller, event.person_id, event.address_digest)
        row = _row(position, event, heads.get(whose), ledger.key)
        heads[whose] = row["digest"]
        rows.append(row)
    connection.execute(sa.insert(table), rows)
    seals.count(connection, _SEALED, len(new))
    journal.note(connection, _refusals(connection, rows))
    return len(new)


def _refusals(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a restored ledger must hear again: refusals, without their free fields.

    Of people whom it may not know any more, with the address that they were last written to.
    """
    told = [row for row in rows if row["kind"] not in journal.GRANTING]
    if Ledger.of(connection).journal is None or not told:
        return []
    addresses = _last_addresses(connection, told)
    lines = []
    for row in told:
        line = {name: row[name] for name in _JOURNALLED}
        line |= {
            "what": journal.EVENT,
            "about": row["details"].get("about"),
            "address": row["address_digest"] or addresses.get((row["controller"], row["person_id"])),
        }
        line |= {name: journal.time_of(row[name]) for name in ("occurred_at", "recorded_at")}
        lines.append(line)
    return lines


def _last_addresses(
    connection: sa.Connection, rows: Iterable[Mapping[str, Any]]
) -> dict[tuple[str, int], str]:
    people = {row["person_id"] for row in rows if row["person_id"] is not None}
    columns = (messages.c.controller, messages.c.person_id, messages.c.address_digest)
    mine = among(connection, messages.c.person_id, people) & messages.c.address_digest.is_not(None)
    select = sa.select(*columns).where(mine).order_by(messages.c.message_id)
    return {(row[0], row[1]): row[2] for row in connection.execute(select)}


def counted(connection: sa.Connection) -> int:
    """How many events were ever appended; -1 when the number itself was changed by hand."""
    return seals.counted(connection, _SEALED)


_SEALED = "permission_events"  # the name of the sealed number of events


def _known(connection: sa.Connection, event_ids: Iterable[str]) -> set[str]:
    select = sa.select(table.c.event_id).where(among(connection, table.c.event_id, event_ids))
    return set(connection.scalars(select))


def owner(controller: str, person_id: int | None, address_digest: str | None) -> Owner:
    """Whose chain an event belongs to: a person's, or an address's that nobody has yet."""
    return controller, person_id, None if person_id is not None else address_digest


def _heads(connection: sa.Connection, events: Iterable[PermissionEvent]) -> dict[Owner, str]:
    """The newest digest of each owner."""
    people = {event.person_id for event in events if event.person_id is not None}
    loose = {event.address_digest for event in events if event.person_id is None}
    found: dict[Owner, str] = {}
    for column, values in ((table.c.person_id, people), (table.c.address_digest, loose)):
        if not values:
            continue
        mine = among(connection, column, values)
        if column is table.c.address_digest:
            mine = mine & table.c.person_id.is_(None)
        last = sa.select(sa.func.max(table.c.position)).where(mine).group_by(table.c.controller, column)
        select = sa.select(table.c.controller, table.c.person_id, table.c.address_digest, table.c.digest)
        for row in connection.execute(select.where(table.c.position.in_(last))):
            found[owner(row.controller, row.person_id, row.address_digest)] = row.digest
    return found


def _row(position: int, event: PermissionEvent, previous: str | None, key: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(event, name) for name in PermissionEvent.__dataclass_fields__}
    row |= {"position": position, "details": dict(event.details), "previous_digest": previous}
    row["erasable_digest"] = erasable_digest(key, row)
    row["digest"] = digest(key, row)
    return row


def erasable_digest(key: bytes, row: Mapping[str, Any]) -> str:
    """The digest of the free fields of one event."""
    details = row["details"]
    details = json.loads(details) if isinstance(details, str) else details
    return seals.digest(key, row["event_id"], row["address_digest"], row["method"], row["evidence"], details)


def digest(key: bytes, row: Mapping[str, Any]) -> str:
    """The digest of one event: all that never changes, and the digest before it."""
    return seals.digest(key, *(row[name] for name in _CHAINED))


_JOURNALLED = (
    "position",
    "event_id",
    "controller",
    "person_id",
    "kind",
    "channel",
    "purpose",
    "scope",
    "source",
)
_CHAINED = (
    "position",
    "event_id",
    "controller",
    "person_id",
    "kind",
    "channel",
    "purpose",
    "scope",
    "occurred_at",
    "recorded_at",
    "valid_until",
    "source",
    "text_version",
    "text_language",
    "notice_version",
    "previous_digest",
    "erasable_digest",
)
