"""`campaigns status`: what is there, how fresh, what waits, and what somebody should do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from campaigns.errors import Mistakes

if TYPE_CHECKING:
    from campaigns.lake.lake import TableStatus
    from campaigns.workspace.project import Workspace

AHEAD = timedelta(days=14)
STALE_DAYS = 3  # readings come a day late by nature; after this somebody should ask where they are
SHOWN = 20  # quarantined rows in the text form; JSON has them all


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """Something that goes within 14 days; `plan` is empty when nobody has planned it yet."""

    mailing: str
    due: str
    plan: int | None
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """All of it at one time."""

    tables: Sequence[TableStatus]
    quarantine: Sequence[dict[str, Any]]
    due: Sequence[Due]
    unknown_messages: Sequence[int]
    todo: Sequence[str]

    @property
    def verdict(self) -> str:
        """All well, or what to do."""
        return "; ".join(self.todo) if self.todo else "all well"

    def as_json(self) -> dict[str, Any]:
        """The keys that `status --json` promises."""
        return {
            "tables": {
                table.name: {
                    "rows": table.rows,
                    "version": table.version,
                    "fresh_to": table.fresh_to.isoformat() if table.fresh_to else None,
                }
                for table in self.tables
            },
            "quarantine": list(self.quarantine),
            "due": [
                {"mailing": one.mailing, "due": one.due, "plan": one.plan, "state": one.state}
                for one in self.due
            ],
            "unknown_messages": list(self.unknown_messages),
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for table in self.tables:
            yield f"{table.name:<18}{table.rows:>12,} rows   to {_day(table.fresh_to)}"
        if not self.tables:
            yield "the lake is empty"
        yield ""
        yield f"quarantine: {len(self.quarantine):,} rows"
        for row in self.quarantine[:SHOWN]:
            yield f"  {row['file']}:{row['line']}: {row['reason']} {row['message']}"
        if len(self.quarantine) > SHOWN:
            yield f"  … and {len(self.quarantine) - SHOWN:,} more (campaigns status --json)"
        yield "due in the next 14 days:" if self.due else "nothing is due in the next 14 days"
        for one in self.due:
            yield f"  {one.due}  {one.mailing}  {f'plan {one.plan}, ' if one.plan else ''}{one.state}"
        if self.unknown_messages:
            numbers = ", ".join(map(str, self.unknown_messages[:10]))
            yield f"unknown messages: {len(self.unknown_messages)} ({numbers})"
        yield ""
        yield self.verdict


def status(workspace: Workspace) -> Status:
    """Look at everything."""
    from campaigns.ledger import messages

    tables = workspace.lake.status()
    with workspace.ledger.read() as connection:
        unknown = messages.unknown(connection)["message_id"].to_list()
    due = list(_due(workspace))
    return Status(
        tables=tables,
        quarantine=_quarantine(workspace),
        due=due,
        unknown_messages=unknown,
        todo=list(_todo(workspace, tables, due, unknown)),
    )


def _quarantine(workspace: Workspace) -> list[dict[str, Any]]:
    with workspace.lake.snapshot() as snapshot:
        frame = snapshot.frame("quarantine", ["file", "line", "reason", "message", "received_at"])
    newest_first = frame.sort("received_at", "file", "line", descending=[True, False, False])
    return newest_first.select("file", "line", "reason", "message").to_dicts()


def _due(workspace: Workspace) -> Iterator[Due]:
    """Plans that are not finished, and scheduled mailings that nobody has planned."""
    from campaigns.ledger import plans

    now, zone = workspace.now(), workspace.settings.zone
    with workspace.ledger.read() as connection:
        open_plans = plans.in_states(connection, ("waiting", "approved", "paused"))
        known = {
            (plan.mailing, plan.occurrence)
            for name in workspace.mailings.names()
            for plan in plans.of_mailing(connection, name)
            if plan.state != "cancelled"
        }
    found = [
        (
            plan.due_at or now,
            Due(mailing=plan.mailing, due=_local(plan.due_at, zone), plan=plan.plan_id, state=plan.state),
        )
        for plan in open_plans
        if plan.due_at is None or plan.due_at <= now + AHEAD
    ]
    for name in workspace.mailings.names():
        try:
            mailing = workspace.mailings.load(name)
        except Mistakes:
            continue  # `check` speaks of them
        for occurrence in mailing.occurrences(now, now + AHEAD, workspace.settings):
            if (name, occurrence.name) not in known and occurrence.due is not None:
                due = Due(mailing=name, due=_local(occurrence.due, zone), plan=None, state="not planned yet")
                found.append((occurrence.due, due))
    for _, due in sorted(found, key=lambda pair: (pair[0], pair[1].mailing)):
        yield due


def _todo(
    workspace: Workspace, tables: Sequence[TableStatus], due: Sequence[Due], unknown: Sequence[int]
) -> Iterator[str]:
    if not tables:
        yield "import source files: campaigns import data/inbox"
        return
    if unknown:
        yield f"{len(unknown)} messages are unknown: look them up, then campaigns resolve"
    waiting = [str(one.plan) for one in due if one.state == "waiting"]
    if waiting:
        yield f"approve or cancel plan {', '.join(waiting)}"
    readings = next((table.fresh_to for table in tables if table.name == "consumption_days"), None)
    newest = readings.date() if isinstance(readings, datetime) else readings
    if newest is not None and (workspace.today() - newest).days > STALE_DAYS:
        yield f"no readings since {newest}: ask for new Datahub files"
    if newest is not None and not any(table.name == "metrics" for table in tables):
        yield "compute metrics: campaigns metrics"


def _local(moment: datetime | None, zone: Any) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else "when sent"


def _day(moment: date | datetime | None) -> str:
    return "-" if moment is None else moment.isoformat()[:10]
