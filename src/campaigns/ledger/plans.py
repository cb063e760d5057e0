"""Plans: one row says whether a mailing's messages may leave. Its state is changed, never theirs.

    building ──▶ waiting ──▶ approved ◀──▶ paused
        │           │           │  │          │
        └───────────┴───────────┼──┼──────────┘
                                ▼  ▼
                         cancelled  done

Every change is one conditional UPDATE, so of two people who decide at once one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from campaigns.errors import NotFound
from campaigns.ledger.tables import plans as table

OPEN = ("approved", "paused")  # may still have messages to send
CANCELLED, REPLACED = "CANCELLED", "REPLACED"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPlan:
    """What is known of a plan when its first row is written."""

    controller: str
    mailing: str
    occurrence: str  # local date and time of the schedule, or `once`
    fingerprint: str
    parts: Mapping[str, Any]  # what the fingerprint covers
    lake_snapshot: int
    ledger_position: int
    rule_version: str
    decided_on: str  # local date of the decisions, YYYY-MM-DD
    due_at: datetime | None
    latest_at: datetime | None
    created_at: datetime
    created_by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanRow(NewPlan):
    """A plan as the ledger holds it; `counts` are the numbers that `plan --json` prints."""

    plan_id: int
    state: str
    reason: str | None
    counts: Mapping[str, Any]
    approved_at: datetime | None
    approved_by: str | None


def create(connection: sa.Connection, plan: NewPlan) -> int:
    """Write a plan in state `building`; its number."""
    values = {name: getattr(plan, name) for name in NewPlan.__dataclass_fields__}
    statement = sa.insert(table).values(**values, state="building", counts={}).returning(table.c.plan_id)
    return int(connection.execute(statement).scalar_one())


def get(connection: sa.Connection, plan_id: int) -> PlanRow:
    """The plan of that number. Raises `NotFound` LED020."""
    row = connection.execute(sa.select(table).where(table.c.plan_id == plan_id)).one_or_none()
    if row is None:
        raise NotFound(
            "LED020",
            f"there is no plan {plan_id}.",
            hint="`campaigns report MAILING` names the plan of a mailing",
        )
    return _plan(row)


def of_mailing(connection: sa.Connection, mailing: str, occurrence: str | None = None) -> list[PlanRow]:
    """The plans of a mailing, or of one occurrence, newest first."""
    select = sa.select(table).where(table.c.mailing == mailing).order_by(table.c.plan_id.desc())
    if occurrence is not None:
        select = select.where(table.c.occurrence == occurrence)
    return [_plan(row) for row in connection.execute(select)]


def in_states(connection: sa.Connection, states: Sequence[str]) -> list[PlanRow]:
    """Every plan in one of `states`, oldest first."""
    select = sa.select(table).where(table.c.state.in_(states)).order_by(table.c.plan_id)
    return [_plan(row) for row in connection.execute(select)]


def state(connection: sa.Connection, plan_id: int) -> str | None:
    """The state alone; None when there is no such plan."""
    found = connection.execute(_STATE, {"plan": plan_id}).scalar_one_or_none()
    return None if found is None else str(found)


def move(
    connection: sa.Connection, plan_id: int, *, to: str, only_from: Sequence[str], **values: Any
) -> bool:
    """Change the state when it is one of `only_from`, and `values` with it; whether it was."""
    mine = (table.c.plan_id == plan_id) & table.c.state.in_(only_from)
    return connection.execute(sa.update(table).where(mine).values(state=to, **values)).rowcount == 1


_STATE = sa.select(table.c.state).where(table.c.plan_id == sa.bindparam("plan"))


def _plan(row: sa.Row[Any]) -> PlanRow:
    return PlanRow(**dict(row._mapping))
