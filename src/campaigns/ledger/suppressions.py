"""Addresses that may not be used: bounced, complained about, or of an erased person. Only keyed digests."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import sqlalchemy as sa

from campaigns.ledger import journal, seals
from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import suppressions as table

if TYPE_CHECKING:
    import polars as pl

Reason = Literal["hard_bounce", "complaint", "erased"]


def add(
    connection: sa.Connection,
    *,
    controller: str,
    channel: str,
    address: str,
    reason: Reason,
    now: datetime,
    message_id: int | None = None,
) -> bool:
    """Suppress an address (normalised, as in contact_points); False when it already was for that reason."""
    digest = Ledger.of(connection).address_digest(controller, channel, address)
    return add_digest(
        connection,
        controller=controller,
        channel=channel,
        digest=digest,
        reason=reason,
        now=now,
        message_id=message_id,
    )


def add_digest(
    connection: sa.Connection,
    *,
    controller: str,
    channel: str,
    digest: str,
    reason: Reason,
    now: datetime,
    message_id: int | None = None,
) -> bool:
    """As `add`, when only the digest is at hand."""
    same = (
        (table.c.controller == controller)
        & (table.c.channel == channel)
        & (table.c.address_digest == digest)
        & (table.c.reason == reason)
    )
    if connection.execute(sa.select(table.c.position).where(same)).first():
        return False
    (position,) = Ledger.of(connection).take_positions(connection, 1)
    row = {
        "position": position,
        "controller": controller,
        "channel": channel,
        "address_digest": digest,
        "reason": reason,
        "recorded_at": now,
        "message_id": message_id,
    }
    connection.execute(sa.insert(table).values({**row, "digest": sealed(Ledger.of(connection).key, row)}))
    seals.count(connection, SEALED, 1)
    line = {**row, "what": journal.SUPPRESSION, "recorded_at": journal.time_of(now)}
    journal.note(connection, [line])
    return True


def sealed(key: bytes, row: Mapping[Any, Any]) -> str:
    """The keyed digest of a suppression."""
    return seals.digest(key, *(row[column] for column in _COVERED))


SEALED = "suppressions"  # the name of the sealed number of rows
_COVERED = ("position", "controller", "channel", "address_digest", "reason", "recorded_at", "message_id")


def since(connection: sa.Connection, position: int) -> pl.DataFrame:
    """The suppressions after `position`, in order."""
    select = sa.select(table).where(table.c.position > position).order_by(table.c.position)
    return Ledger.of(connection).frame(connection, select)


def frame(connection: sa.Connection) -> pl.DataFrame:
    """All of them, in order."""
    return since(connection, 0)
