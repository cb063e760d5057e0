"""What is coming: the occurrences of the next days, and how far each has come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from campaigns.errors import Mistakes, UserError
from campaigns.ledger import plans
from campaigns.ledger.plans import PlanRow

if TYPE_CHECKING:
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

AHEAD = timedelta(days=14)
NOT_PLANNED = "not planned"
MISSED = "missed"


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """One occurrence of a mailing. `state` is its plan's, `not planned`, or `missed` when it is too late."""

    mailing: str
    occurrence: str
    due_at: datetime | None
    plan_id: int | None
    state: str
    messages: int

    def as_json(self) -> dict[str, Any]:
        """An entry of `due` in `status --json`."""
        return {
            "mailing": self.mailing,
            "occurrence": self.occurrence,
            "due_at": self.due_at.isoformat() if self.due_at else None,
            "plan": self.plan_id,
            "state": self.state,
            "messages": self.messages,
        }


def due(parts: Parts, *, now: datetime, ahead: timedelta = AHEAD) -> list[Due]:
    """Every occurrence of the next days, and every plan that still wants something, by time.

    Mailings whose files have mistakes are left out: `check` lists them.
    """
    found = {(each.mailing, each.occurrence): each for each in _scheduled(parts, now, now + ahead)}
    with parts.ledger.read() as connection:
        open_plans = plans.in_states(connection, ("waiting", "approved", "paused"))
    found |= {(plan.mailing, plan.occurrence): _of_plan(plan, now) for plan in open_plans}
    return sorted(found.values(), key=lambda each: (each.due_at or now, each.mailing))


def _scheduled(parts: Parts, now: datetime, end: datetime) -> Iterator[Due]:
    for mailing in _mailings(parts):
        for occurrence in mailing.occurrences(now, end, parts.settings):
            with parts.ledger.read() as connection:
                earlier = plans.of_mailing(connection, mailing.name, occurrence.name)
            done = next((plan for plan in earlier if plan.state == "done"), None)
            yield Due(
                mailing=mailing.name,
                occurrence=occurrence.name,
                due_at=occurrence.due,
                plan_id=done.plan_id if done else None,
                state=done.state if done else NOT_PLANNED,
                messages=done.counts["messages"] if done else 0,
            )


def _mailings(parts: Parts) -> Iterator[Mailing]:
    for name in parts.mailings.names():
        try:
            yield parts.mailings.load(name)
        except (Mistakes, UserError):
            continue


def _of_plan(plan: PlanRow, now: datetime) -> Due:
    late = plan.latest_at is not None and plan.latest_at < now and plan.state != "waiting"
    return Due(
        mailing=plan.mailing,
        occurrence=plan.occurrence,
        due_at=plan.due_at,
        plan_id=plan.plan_id,
        state=MISSED if late else plan.state,
        messages=plan.counts.get("messages", 0),
    )
