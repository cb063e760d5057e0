"""A sender's own connection: looking at all that may stop a hand-over, and writing outcomes, both very often.

Both go past SQLAlchemy, whose statements cost more than the database's own work on them. When anything goes
wrong here, `claims` and `Ledger` do the same the ordinary way, and say what it is in plain words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from campaigns.errors import UserError
from campaigns.ledger import claims
from campaigns.ledger.claims import Claim, Claimed, Result
from campaigns.ledger.database import BUSY_SECONDS, Ledger
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


class Lane:
    """For one thread and one plan. A look sees what is committed at that instant; it is no transaction.

    Outcomes are committed without waiting for the disk, as by `Ledger.write_outcomes`.
    """

    def __init__(self, ledger: Ledger, plan_id: int, controller: str) -> None:
        self._ledger = ledger
        self._engine = sa.create_engine(ledger.url, poolclass=sa.NullPool, connect_args=_arguments(ledger))
        self._connection = self._engine.raw_connection()
        self._cursor = self._connection.cursor()
        for setting in _SETTINGS[self._engine.dialect.name]:
            self._cursor.execute(setting)
        self._errors: Any = self._engine.dialect.loaded_dbapi.Error
        self._plan_id = plan_id
        self._controller = controller
        self._look = _Prepared(_LOOK, self._engine)
        self._events = _Prepared(_EVENTS, self._engine)
        self._suppressions = _Prepared(_SUPPRESSIONS, self._engine)
        self._record = _Prepared(claims.RECORD, self._engine)
        self._attempt = _Prepared(claims.ATTEMPT, self._engine)

    def look(self) -> Look:
        """What stands in the ledger now."""
        (row,) = self._rows(self._look, {"plan": self._plan_id})
        return Look(row[0], row[1])

    def touched_since(self, position: int) -> Touched:
        """Whom the facts recorded after `position` are about, in this register.

        What a company says concerns everybody who works there, so it is about everybody.
        """
        values = {"after": position, "ours": self._controller}
        events = self._rows(self._events, values)
        digests = {row[0] for row in self._rows(self._suppressions, values)}
        return Touched(
            person_ids=frozenset(row[0] for row in events if row[0] is not None),
            address_digests=frozenset(digests | {row[1] for row in events if row[1] is not None}),
            everybody=any(row[2] in _OF_A_COMPANY for row in events),
        )

    def record(self, claim: Claim, rows: Sequence[tuple[Claimed, Result]]) -> bool:
        """Write outcomes in one transaction; False when some message was no longer ours.

        Raises as `Ledger.write_outcomes`, and then nothing is written.
        """
        try:
            ours = self._record_quickly(claim, rows)
        except self._errors:
            self._connection.rollback()
            with self._ledger.write_outcomes() as connection:
                ours = [claims.record(connection, claim, message, result) for message, result in rows]
        return all(ours)

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()
        self._engine.dispose()

    def _record_quickly(self, claim: Claim, rows: Sequence[tuple[Claimed, Result]]) -> list[bool]:
        self._cursor.execute(_BEGIN[self._engine.dialect.name])
        ours = []
        for message, result in rows:
            self._record.run(self._cursor, claims.recorded(claim, message, result))
            ours.append(self._cursor.rowcount == 1)
            if ours[-1]:
                self._attempt.run(self._cursor, claims.attempted(message, result))
        self._connection.commit()
        return ours

    def _rows(self, statement: _Prepared, values: Mapping[str, Any]) -> list[Any]:
        try:
            statement.run(self._cursor, values)
            return list(self._cursor.fetchall())
        except self._errors:
            self._ledger.position()  # says in plain words what is wrong, when it still is
            raise UserError("LED015", "the ledger could not be read.", hint="run the command again") from None


class _Prepared:
    """A statement compiled once: its text, and how each value is bound."""

    def __init__(self, statement: Any, engine: sa.Engine) -> None:
        compiled = statement.compile(dialect=engine.dialect)
        self._text = compiled.string
        self._names: list[str] = list(compiled.positiontup or compiled.params)
        self._positional = compiled.positional
        self._fixed = {name: value for name, value in compiled.params.items() if value is not None}
        self._binders: dict[str, Callable[[Any], Any] | None] = {
            name: bind.type.dialect_impl(engine.dialect).bind_processor(engine.dialect)
            for name, bind in compiled.binds.items()
        }

    def run(self, cursor: Any, values: Mapping[str, Any]) -> None:
        """Execute it."""
        bound = [
            self._bound(name, values[name] if name in values else self._fixed[name]) for name in self._names
        ]
        cursor.execute(self._text, bound if self._positional else dict(zip(self._names, bound, strict=True)))

    def _bound(self, name: str, value: Any) -> Any:
        bind = self._binders[name]
        return value if bind is None else bind(value)


def _arguments(ledger: Ledger) -> dict[str, Any]:
    return {"timeout": BUSY_SECONDS, "isolation_level": None} if ledger.is_sqlite else {"autocommit": True}


_SETTINGS: Mapping[str, Sequence[str]] = {
    "sqlite": ("PRAGMA synchronous=NORMAL", "PRAGMA secure_delete=ON"),
    "postgresql": ("SET synchronous_commit = off", "SET timezone = 'UTC'"),
}
_BEGIN: Mapping[str, str] = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
_OF_A_COMPANY = frozenset({"ban_company"})
_LOOK = (
    sa.select(clock.c.position, plans.c.state)
    .outerjoin(plans, plans.c.plan_id == sa.bindparam("plan", type_=sa.BigInteger))
    .where(clock.c.id == 1)
)
_EVENTS = sa.select(
    permission_events.c.person_id, permission_events.c.address_digest, permission_events.c.kind
).where(
    permission_events.c.position > sa.bindparam("after"),
    permission_events.c.controller == sa.bindparam("ours"),
)
_SUPPRESSIONS = sa.select(suppressions.c.address_digest).where(
    suppressions.c.position > sa.bindparam("after"), suppressions.c.controller == sa.bindparam("ours")
)
