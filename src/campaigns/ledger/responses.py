"""What people and mailbox providers did with a message: delivered, bounced, clicked, unsubscribed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.tables import responses as table

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One response; `natural_key` makes the same one told twice a single row (provider's event id)."""

    natural_key: str
    controller: str
    kind: str  # delivered, bounced, complained, unsubscribed, clicked, answered
    occurred_at: datetime
    message_id: int | None = None
    person_id: int | None = None
    mailing: str | None = None
    details: Mapping[str, str] = field(default_factory=dict)


def add(connection: sa.Connection, responses: Iterable[Response]) -> int:
    """Add those that are not there yet; how many were new."""
    unique = {response.natural_key: response for response in responses}
    select = sa.select(table.c.natural_key).where(among(connection, table.c.natural_key, unique))
    known = set(connection.scalars(select))
    rows = [asdict(response) for key, response in unique.items() if key not in known]
    if rows:
        connection.execute(sa.insert(table), rows)
    return len(rows)


def frame(connection: sa.Connection, mailing: str | None = None) -> pl.DataFrame:
    """All responses, or those to one mailing, in the order they were added."""
    select = sa.select(table).order_by(table.c.response_id)
    if mailing is not None:
        select = select.where(table.c.mailing == mailing)
    return Ledger.of(connection).frame(connection, select)
