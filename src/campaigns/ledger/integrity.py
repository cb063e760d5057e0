"""Is the ledger whole? The database's own pages, and the chains of permission events.

Audit, suppressions, decisions and approvals are in `verifying`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from campaigns.errors import DataDamaged
from campaigns.ledger import permission_events as events
from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import permission_events as table


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """A row that does not verify, and what is wrong with it. `position` is the row's number in its table."""

    position: int
    controller: str
    person_id: int | None
    problem: str
    table: str = "permission_events"


@dataclass(frozen=True, kw_only=True, slots=True)
class Verified:
    """How many events were looked at, and those that do not verify."""

    events: int
    broken: tuple[Broken, ...]

    @property
    def whole(self) -> bool:
        """Nothing was changed, removed or put in between."""
        return not self.broken


def check_pages(ledger: Ledger) -> None:
    """Let SQLite look through its pages and indexes. Raises `DataDamaged` LED013.

    PostgreSQL checks its pages itself when it reads them.
    """
    if not ledger.is_sqlite:
        return
    with ledger.read() as connection:
        answer = connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one()
    if answer != "ok":
        raise DataDamaged("LED013", "the ledger file is damaged.", hint="restore the newest backup")


def verify(
    connection: sa.Connection, controller: str | None = None, person_id: int | None = None
) -> Verified:
    """Recompute the chains of one person, of one register, or of everybody.

    A changed field, a removed event and one put in between break the chain of their person. Events removed
    at the end of a chain are found by their number, when everybody is verified.
    """
    loose = sa.case((table.c.person_id.is_(None), table.c.address_digest))
    select = sa.select(table).order_by(table.c.controller, table.c.person_id, loose, table.c.position)
    if controller is not None:
        select = select.where(table.c.controller == controller)
    if person_id is not None:
        select = select.where(table.c.person_id == person_id)
    key = Ledger.of(connection).key
    seen = 0
    broken: list[Broken] = []
    previous: dict[events.Owner, str] = {}
    for row in connection.execute(select.execution_options(yield_per=10_000)).mappings():
        seen += 1
        owner = events.owner(row["controller"], row["person_id"], row["address_digest"])
        broken.extend(_problems(row, previous.get(owner), key))
        previous = {owner: row["digest"]}
    if controller is None and person_id is None:
        broken.extend(_missing(connection, seen))
    return Verified(events=seen, broken=tuple(broken))


def _problems(row: Any, previous: str | None, key: bytes) -> Iterator[Broken]:
    problem = ""
    if row["previous_digest"] != previous:
        problem = "an event before it was changed or removed"
    elif events.digest(key, row) != row["digest"]:
        problem = "it was changed"
    elif row["erased_at"] is None and events.erasable_digest(key, row) != row["erasable_digest"]:
        problem = "its free fields were changed"
    elif row["erased_at"] is not None and not _emptied(row):
        problem = "its free fields were filled after erasure"
    if problem:
        yield Broken(
            position=row["position"],
            controller=row["controller"],
            person_id=row["person_id"],
            problem=problem,
        )


def _emptied(row: Any) -> bool:
    return not (row["address_digest"] or row["method"] or row["evidence"] or row["details"])


def _missing(connection: sa.Connection, seen: int) -> Iterator[Broken]:
    expected = events.counted(connection)
    if expected != seen:
        yield Broken(
            position=0,
            controller="",
            person_id=None,
            problem=f"there should be {expected} events, and there are {seen}",
        )
