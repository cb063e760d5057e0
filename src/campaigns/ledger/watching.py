"""One look at all that may stop a hand-over, cheap enough to take before every message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import clock, permission_events, plans, suppressions


@dataclass(frozen=True, slots=True)
class Look:
    """The ledger's position, and the state of the plan (None: there is no such plan)."""

    position: int
    plan_state: str | None


@dataclass(frozen=True, slots=True)
class Touched:
    """Whom the facts after a position are about. `everybody`: one of them may be about anyone."""

    person_ids: frozenset[int]
    address_digests: frozenset[str]
    everybody: bool


class Watch:
    """A connection kept for looking at one plan. Each look sees what is committed at that instant.

    It has no transaction: a look costs a tenth of a reading transaction of `Ledger.read`. For one thread.
    """

    def __init__(self, ledger: Ledger, plan_id: int, controller: str) -> None:
        self._engine = sa.create_engine(ledger.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        self._connection = self._engine.connect()
        select = (
            sa.select(clock.c.position, plans.c.state)
            .outerjoin(plans, plans.c.plan_id == plan_id)
            .where(clock.c.id == 1)
        )
        # Compiled once, with the numbers in it: what is left a look is the database's own work.
        self._look = str(select.compile(self._engine, compile_kwargs={"literal_binds": True}))
        self._controller = controller

    def look(self) -> Look:
        """What stands in the ledger now."""
        row: Any = self._connection.exec_driver_sql(self._look).one()
        return Look(row[0], row[1])

    def touched_since(self, position: int) -> Touched:
        """Whom the facts recorded after `position` are about, in this register.

        What a company says concerns everybody who works there, so it is about everybody.
        """
        values = {"after": position, "ours": self._controller}
        events = self._connection.execute(_EVENTS, values).all()
        digests = set(self._connection.execute(_SUPPRESSIONS, values).scalars())
        return Touched(
            person_ids=frozenset(row[0] for row in events if row[0] is not None),
            address_digests=frozenset(digests | {row[1] for row in events if row[1] is not None}),
            everybody=any(row[2] in _OF_A_COMPANY for row in events),
        )

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
        self._engine.dispose()


_OF_A_COMPANY = frozenset({"ban_company"})
_EVENTS = sa.select(
    permission_events.c.person_id, permission_events.c.address_digest, permission_events.c.kind
).where(
    permission_events.c.position > sa.bindparam("after"),
    permission_events.c.controller == sa.bindparam("ours"),
)
_SUPPRESSIONS = sa.select(suppressions.c.address_digest).where(
    suppressions.c.position > sa.bindparam("after"), suppressions.c.controller == sa.bindparam("ours")
)
