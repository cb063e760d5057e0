"""Which mailings a sending was begun for, kept apart from the ledger: what a restored ledger must not repeat.

A line says that a sending began, another that it ended. Both are written when the ledger's newest position is
on the disk, so a position here that the ledger has not reached says that the ledger is older than it was.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.errors import Refused
from campaigns.ledger import journal

if TYPE_CHECKING:
    from campaigns.ledger.database import Ledger
    from campaigns.ledger.plans import PlanRow

BEGUN, ENDED = "begun", "ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Sending:
    """A mailing's occurrence that was being sent under a plan."""

    controller: str
    mailing: str
    occurrence: str
    plan_id: int


def begin(ledger: Ledger, plan: PlanRow, *, now: datetime) -> str:
    """Write down that a sending begins; a name for `end`. Before the first hand-over.

    Raises `Refused` LED043 when the ledger does not know of an earlier sending.
    """
    run = secrets.token_hex(8)
    if ledger.sendings is None:
        return run
    refuse_older(ledger)
    line = {name: getattr(plan, name) for name in Sending.__dataclass_fields__}
    at = {"position": ledger.position(), "at": journal.time_of(now)}
    ledger.sendings.append([{**line, **at, "what": BEGUN, "run": run}], at_once=True)
    return run


def end(ledger: Ledger, run: str, *, now: datetime) -> None:
    """Write down that it ended, when the outcomes of all that was begun are in the ledger."""
    if ledger.sendings is not None:
        at = {"position": ledger.position(), "at": journal.time_of(now)}
        ledger.sendings.append([{**at, "what": ENDED, "run": run}], at_once=True)


def refuse_older(ledger: Ledger) -> None:
    """Raises `Refused` LED043 when the ledger is older than a sending: it would send it once more."""
    if ledger.sendings is not None and ledger.sendings.high_water() > ledger.position():
        raise Refused(
            "LED043",
            "the ledger is older than what was sent: it was put back from a backup by hand.",
            hint="run `campaigns restore --replay`: it recalls refusals and holds what may have been sent",
        )


def begun(ledger: Ledger, *, since: datetime | None) -> list[Sending]:
    """Sendings that may have gone on after `since`, or at any time; none twice."""
    if ledger.sendings is None:
        return []
    lines = list(ledger.sendings.read())
    over = {line["run"] for line in lines if _is_over(line, since)}
    names = Sending.__dataclass_fields__
    open_lines = (line for line in lines if line["what"] == BEGUN and line["run"] not in over)
    return _unique(Sending(**{name: line[name] for name in names}) for line in open_lines)


def _is_over(line: dict[str, object], since: datetime | None) -> bool:
    return line["what"] == ENDED and since is not None and str(line["at"]) < journal.time_of(since)


def _unique(found: Iterable[Sending]) -> list[Sending]:
    return list(dict.fromkeys(found))
