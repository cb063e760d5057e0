"""Who did what: approvals, looks at unmasked data, rights requests, erasures; appended, never changed.

All entries form one chain: each digest covers the entry and the digest before it, with the ledger's key. Who
and what (`actor`, `person_id`, `details`) enter through a digest of their own, so that they can be emptied
when their retention is over and the chain still verifies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger import seals
from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import audit as table

if TYPE_CHECKING:
    import polars as pl

SEALED = "audit"  # the name of the sealed number of entries


def record(
    connection: sa.Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    controller: str | None = None,
    person_id: int | None = None,
    details: Mapping[str, object] | None = None,
) -> None:
    """Add one entry; `details` holds ids and counts, never a value of a person.

    Where it came from (cli, web or python: `Ledger.origin`) is put into them.
    """
    ledger = Ledger.of(connection)
    ledger.take_positions(connection, 0)  # takes the turn, so that two writers do not fork the chain
    last = connection.execute(_LAST).one_or_none()
    row: dict[str, Any] = {
        "entry_id": 1 if last is None else last.entry_id + 1,
        "at": at,
        "actor": actor,
        "action": action,
        "controller": controller,
        "person_id": person_id,
        "details": json.loads(json.dumps({**(details or {}), "origin": ledger.origin})),
        "previous_digest": None if last is None else last.digest,
    }
    row["erasable_digest"] = erasable_digest(ledger.key, row)
    row["digest"] = digest(ledger.key, row)
    connection.execute(sa.insert(table).values(row))
    seals.count(connection, SEALED, 1)


def frame(
    connection: sa.Connection,
    *,
    since: datetime | None = None,
    controller: str | None = None,
    person_id: int | None = None,
    action: str | None = None,
) -> pl.DataFrame:
    """The entries that fit, oldest first; `details` is JSON text."""
    select = sa.select(table).order_by(table.c.entry_id)
    if since is not None:
        select = select.where(table.c.at >= since)
    for column, wanted in (
        (table.c.controller, controller),
        (table.c.person_id, person_id),
        (table.c.action, action),
    ):
        if wanted is not None:
            select = select.where(column == wanted)
    return Ledger.of(connection).frame(connection, select)


def empty(connection: sa.Connection, *, before: datetime, now: datetime) -> int:
    """Empty who and what of the entries before a time; how many. That something was done stays."""
    old = (table.c.at < before) & table.c.erased_at.is_(None)
    nothing: dict[str, object] = {"actor": "", "person_id": None, "details": {}, "erased_at": now}
    return connection.execute(sa.update(table).where(old).values(nothing)).rowcount


def erasable_digest(key: bytes, row: Mapping[str, Any]) -> str:
    """The digest of who and what of one entry."""
    details = row["details"]
    details = json.loads(details) if isinstance(details, str) else details
    return seals.digest(key, row["entry_id"], row["actor"], row["person_id"], details)


def digest(key: bytes, row: Mapping[str, Any]) -> str:
    """The digest of one entry: all that never changes, and the digest before it."""
    return seals.digest(key, *(row[name] for name in _CHAINED))


_LAST = sa.select(table.c.entry_id, table.c.digest).order_by(table.c.entry_id.desc()).limit(1)
_CHAINED = ("entry_id", "at", "action", "controller", "previous_digest", "erasable_digest")
