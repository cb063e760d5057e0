"""Requests about rights: what a person asked of one controller, by when it must be answered, and whether.

    open ──▶ done
      └────▶ refused (with the reason that the person was told)

A row tells how a right was handled. It holds no value of a person: the answer is elsewhere, its digest here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from campaigns.errors import NotFound, Refused
from campaigns.ledger.tables import rights_requests as table

KINDS = ("access", "portability", "rectify", "erase", "restrict", "object")
WAYS = ("letter", "phone", "email", "portal", "visit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request as the ledger holds it."""

    request_id: int
    controller: str
    person_id: int
    kind: str
    state: str  # open, done, refused
    received_at: datetime
    received_by: str
    due_on: date
    extended_at: datetime | None
    reason: str | None  # of the extension or the refusal
    handled_by: str | None
    closed_at: datetime | None
    answer_digest: str | None
    details: Mapping[str, Any]

    def is_overdue(self, today: date) -> bool:
        """Open, and its day is past."""
        return self.state == "open" and self.due_on < today


def add(
    connection: sa.Connection,
    *,
    controller: str,
    person_id: int,
    kind: str,
    received_at: datetime,
    received_by: str,
    due_on: date,
    handled_by: str,
) -> int:
    """Write a new open request; its number."""
    row = {
        "controller": controller,
        "person_id": person_id,
        "kind": kind,
        "state": "open",
        "received_at": received_at,
        "received_by": received_by,
        "due_on": due_on,
        "handled_by": handled_by,
        "details": {},
    }
    statement = sa.insert(table).values(row).returning(table.c.request_id)
    return int(connection.execute(statement).scalar_one())


def get(connection: sa.Connection, request_id: int) -> Request:
    """One request. Raises `NotFound` LED030."""
    row = connection.execute(sa.select(table).where(table.c.request_id == request_id)).one_or_none()
    if row is None:
        raise NotFound(
            "LED030", f"there is no request {request_id}.", hint="see `campaigns rights list --all`"
        )
    return Request(**row._mapping)


def listed(connection: sa.Connection, *, closed: bool = False) -> Sequence[Request]:
    """Open requests, the one due first before the others; with `closed`, the answered ones after them."""
    select = sa.select(table).order_by(table.c.state != "open", table.c.due_on, table.c.request_id)
    if not closed:
        select = select.where(table.c.state == "open")
    return [Request(**row._mapping) for row in connection.execute(select)]


def waiting(connection: sa.Connection, controller: str, person_id: int, kind: str) -> Request | None:
    """The oldest open request of this kind from this person."""
    mine = (table.c.controller == controller) & (table.c.person_id == person_id) & (table.c.kind == kind)
    select = sa.select(table).where(mine & (table.c.state == "open")).order_by(table.c.request_id).limit(1)
    row = connection.execute(select).one_or_none()
    return Request(**row._mapping) if row else None


def extend(connection: sa.Connection, request_id: int, *, due_on: date, reason: str, now: datetime) -> None:
    """Move the day on, once. Raises `Refused` LED031 for one that is closed or was extended before."""
    once = (table.c.state == "open") & table.c.extended_at.is_(None)
    change = {"due_on": due_on, "extended_at": now, "reason": reason}
    _change(connection, request_id, once, change, "is closed, or was extended before")


def close(
    connection: sa.Connection,
    request_id: int,
    *,
    state: str,
    now: datetime,
    handled_by: str,
    reason: str | None = None,
    answer_digest: str | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Close an open request as `done` or `refused`. Raises `Refused` LED031 for one that is closed.

    `details` holds counts and names of fields, never a value of a person; a `reason` that stood there (of an
    extension) stays when none is given.
    """
    change: dict[str, object] = {"state": state, "closed_at": now, "handled_by": handled_by}
    change |= {"answer_digest": answer_digest, "details": dict(details or {})}
    if reason is not None:
        change["reason"] = reason
    _change(connection, request_id, table.c.state == "open", change, "is closed")


def note(connection: sa.Connection, request_id: int, details: Mapping[str, object]) -> None:
    """Say of an open request how far it is. Raises `Refused` LED031 for one that is closed."""
    _change(connection, request_id, table.c.state == "open", {"details": dict(details)}, "is closed")


def _change(
    connection: sa.Connection,
    request_id: int,
    condition: sa.ColumnElement[bool],
    change: Mapping[str, object],
    otherwise: str,
) -> None:
    get(connection, request_id)
    mine = (table.c.request_id == request_id) & condition
    if connection.execute(sa.update(table).where(mine).values(dict(change))).rowcount != 1:
        raise Refused("LED031", f"request {request_id} {otherwise}.")
