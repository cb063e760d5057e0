"""What some people have said, out of the ledger: enough to decide about them again, and no more.

Deciding about everybody reads all events. Before a hand-over only those count that can touch the people in
hand: their own, those of people who share an address with them, those about their addresses, and those of
companies.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.tables import permission_events as events
from campaigns.ledger.tables import suppressions
from campaigns.permissions import state
from campaigns.permissions.state import Words


def company_words(ledger: Ledger, controller: str) -> pl.DataFrame:
    """What companies have said: it concerns everybody who works there. An index leads to these few rows."""
    with ledger.read() as connection:
        return _words(ledger, connection, controller, events.c.kind == "ban_company")


def words_about(
    ledger: Ledger,
    controller: str,
    person_ids: Collection[int],
    address_digests: Collection[str],
    *,
    companies: pl.DataFrame,
) -> Words:
    """The events and suppressions that decisions about these people may rest on, as of now."""
    with ledger.read() as connection:
        position = ledger.position(connection)
        own = _words(ledger, connection, controller, among(connection, events.c.person_id, person_ids))
        loose = events.c.person_id.is_(None) & among(connection, events.c.address_digest, address_digests)
        about_addresses = _words(ledger, connection, controller, loose)
        mine = (suppressions.c.controller == controller) & among(
            connection, suppressions.c.address_digest, address_digests
        )
        suppressed = ledger.frame(connection, sa.select(suppressions).where(mine))
    frame = pl.concat([own, about_addresses, companies]).unique("position", maintain_order=True)
    return Words(position=position, frame=frame.sort("position"), suppressions=suppressed)


def _words(
    ledger: Ledger, connection: sa.Connection, controller: str, condition: sa.ColumnElement[bool]
) -> pl.DataFrame:
    return state.read(ledger, connection, (events.c.controller == controller) & condition)
