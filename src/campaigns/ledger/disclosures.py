"""Data that left a register: to the other company, to a recipient outside, or to a processor by hand.

People are those of the register that the data came from, so that each of them can be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaigns.ledger import bulk
from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import disclosed_people as people_table
from campaigns.ledger.tables import disclosures as table

if TYPE_CHECKING:
    import polars as pl

CHUNK = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Disclosure:
    """What was given to whom. `name` is one of `disclosures` in campaigns.yml, or empty for a processor."""

    name: str = ""
    controller: str  # whose data
    recipient: str
    purpose: str
    categories: tuple[str, ...]
    what: str  # the segment, source file or mailing
    channel: str | None = None
    expires_on: date | None = None


def record(
    connection: sa.Connection,
    disclosure: Disclosure,
    *,
    people: Iterable[int],
    at: datetime,
    actor: str,
    persons: int | None = None,
) -> int:
    """Add one disclosure and its people; its number.

    `people` are person ids of the register of `controller`. `persons` is how many there were, when not all
    of them have an id in that register.
    """
    named = sorted(set(people))
    row = {name: getattr(disclosure, name) for name in Disclosure.__dataclass_fields__}
    row |= {
        "at": at,
        "actor": actor,
        "categories": list(disclosure.categories),
        "persons": len(named) if persons is None else persons,
    }
    added = sa.insert(table).values(row).returning(table.c.disclosure_id)
    disclosure_id = int(connection.execute(added).scalar_one())
    _name(connection, disclosure_id, named)
    return disclosure_id


def made(connection: sa.Connection, *, name: str, what: str) -> bool:
    """Whether this was recorded already: the same file imported again is no second disclosure."""
    same = (table.c.name == name) & (table.c.what == what)
    return connection.execute(sa.select(table.c.disclosure_id).where(same)).first() is not None


def frame(connection: sa.Connection, controller: str = "") -> pl.DataFrame:
    """All disclosures, or those of one register's data, oldest first; `categories` is JSON text."""
    select = sa.select(table).order_by(table.c.disclosure_id)
    if controller:
        select = select.where(table.c.controller == controller)
    return Ledger.of(connection).frame(connection, select)


def of_person(connection: sa.Connection, controller: str, person_id: int) -> pl.DataFrame:
    """The disclosures that one person's data was in, oldest first."""
    select = (
        sa.select(table)
        .join(people_table, people_table.c.disclosure_id == table.c.disclosure_id)
        .where(table.c.controller == controller, people_table.c.person_id == person_id)
        .order_by(table.c.disclosure_id)
    )
    return Ledger.of(connection).frame(connection, select)


def forget(connection: sa.Connection, controller: str, person_id: int) -> int:
    """Take an erased person off all lists of disclosed people; from how many."""
    mine = sa.select(table.c.disclosure_id).where(table.c.controller == controller)
    rows = (people_table.c.person_id == person_id) & people_table.c.disclosure_id.in_(mine)
    return connection.execute(sa.delete(people_table).where(rows)).rowcount


def _name(connection: sa.Connection, disclosure_id: int, people: list[int]) -> None:
    import polars as pl

    for start in range(0, len(people), CHUNK):
        rows = pl.DataFrame({"person_id": people[start : start + CHUNK]}, schema={"person_id": pl.Int64})
        bulk.insert(connection, people_table, {"disclosure_id": disclosure_id}, rows)
