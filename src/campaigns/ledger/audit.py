"""Who did what: approvals, looks at unmasked data, rights requests, erasures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import audit as table

if TYPE_CHECKING:
    import polars as pl


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
    """Add one entry; `details` holds ids and counts, never a value of a person."""
    row = {
        "at": at,
        "actor": actor,
        "action": action,
        "controller": controller,
        "person_id": person_id,
        "details": dict(details or {}),
    }
    connection.execute(sa.insert(table).values(row))


def frame(connection: sa.Connection) -> pl.DataFrame:
    """All entries, oldest first."""
    return Ledger.of(connection).frame(connection, sa.select(table).order_by(table.c.entry_id))
