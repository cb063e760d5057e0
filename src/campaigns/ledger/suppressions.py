"""Addresses that may not be used: bounced, complained about, or of an erased person. Only keyed digests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

import sqlalchemy as sa

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
    connection.execute(sa.insert(table).values(row))
    return True


def since(connection: sa.Connection, position: int) -> pl.DataFrame:
    """The suppressions after `position`, in order."""
    select = sa.select(table).where(table.c.position > position).order_by(table.c.position)
    return Ledger.of(connection).frame(connection, select)


def frame(connection: sa.Connection) -> pl.DataFrame:
    """All of them, in order."""
    return since(connection, 0)
