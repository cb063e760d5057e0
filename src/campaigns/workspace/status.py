"""`campaigns status`: what is there, how fresh, what waits, and what somebody should do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from campaigns.errors import Refused

if TYPE_CHECKING:
    from campaigns.consumption.freshness import Freshness
    from campaigns.lake.lake import TableStatus
    from campaigns.mailings.calendar import Due
    from campaigns.reports.standing import Standing
    from campaigns.workspace.project import Workspace

STALE_DAYS = 3  # readings come a day late by nature; after this somebody should ask where they are
SHOWN = 20  # quarantined rows in the text form; JSON has them all


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """All of it at one time."""

    tables: Sequence[TableStatus]
    quarantine: Sequence[dict[str, Any]]
    freshness: Mapping[str, Freshness]  # of readings, by controller
    flags: Mapping[str, Mapping[str, Mapping[str, int]]]  # of readings, by controller and flag
    standing: Standing
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
            "freshness": {name: fresh.as_json() for name, fresh in self.freshness.items()},
            "reading_flags": {name: dict(counts) for name, counts in self.flags.items()},
            "quarantine": list(self.quarantine),
            **self.standing.as_json(),
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
        yield from self._readings()
        yield f"quarantine: {len(self.quarantine):,} rows"
        for row in self.quarantine[:SHOWN]:
            yield f"  {row['file']}:{row['line']}: {row['reason']} {row['message']}"
        if len(self.quarantine) > SHOWN:
            yield f"  … and {len(self.quarantine) - SHOWN:,} more (campaigns status --json)"
        due = self.standing.due
        yield "due in the next 14 days:" if due else "nothing is due in the next 14 days"
        yield from (f"  {_coming(one)}" for one in due)
        yield ""
        yield self.verdict

    def _readings(self) -> Iterator[str]:
        from campaigns.consumption.sanity import FLAGS

        for controller, fresh in self.freshness.items():
            yield f"readings of {controller}: {fresh}"
        for controller, counts in self.flags.items():
            yield f"flagged readings of {controller}:"
            for flag in FLAGS:
                if flag in counts:
                    points = _counted(counts[flag]["metering_points"], "metering point")
                    yield f"  {flag}: {points}, {_counted(counts[flag]['days'], 'day')}: {FLAGS[flag]}"
        if self.freshness or self.flags:
            yield ""


def status(workspace: Workspace) -> Status:
    """Look at everything."""
    from campaigns.reports.standing import standing

    tables = workspace.lake.status()
    mailings = standing(workspace.parts, now=workspace.now())
    fresh, flags, computed = _readings(workspace)
    return Status(
        tables=tables,
        freshness=fresh,
        flags=flags,
        quarantine=_quarantine(workspace),
        standing=mailings,
        todo=[
            *_put_back_by_hand(workspace),
            *_data_todo(tables, workspace.today()),
            *_behind(fresh, computed),
            *mailings.to_do(),
            *_overdue(workspace),
        ],
    )


def _put_back_by_hand(workspace: Workspace) -> Iterator[str]:
    from campaigns.ledger.sendings import refuse_older

    try:
        refuse_older(workspace.ledger)
    except Refused:
        yield "the ledger is older than what was sent, so nothing is: campaigns restore --replay"


def _readings(
    workspace: Workspace,
) -> tuple[dict[str, Freshness], dict[str, dict[str, dict[str, int]]], dict[str, date]]:
    """How fresh they are, which are flagged, and the day of the metrics, of each controller."""
    from campaigns.consumption import freshness, sanity
    from campaigns.engine import connect

    with workspace.lake.snapshot() as snapshot:
        if not snapshot.rows("consumption_days"):
            return {}, {}, {}
        with connect(snapshot) as db:
            fresh = freshness.of(db, today=workspace.today())
            return fresh, sanity.counts(db), freshness.computed_for(db)


def _quarantine(workspace: Workspace) -> list[dict[str, Any]]:
    with workspace.lake.snapshot() as snapshot:
        frame = snapshot.frame("quarantine", ["file", "line", "reason", "message", "received_at"])
    newest_first = frame.sort("received_at", "file", "line", descending=[True, False, False])
    return newest_first.select("file", "line", "reason", "message").to_dicts()


def _data_todo(tables: Sequence[TableStatus], today: date) -> Iterator[str]:
    if not tables:
        yield "import source files: campaigns import data/inbox"
    fresh = {table.name: table.fresh_to for table in tables}
    readings = fresh.get("consumption_days")
    newest = readings.date() if isinstance(readings, datetime) else readings
    if newest is not None and (today - newest).days > STALE_DAYS:
        yield f"no readings since {newest}: ask for new Datahub files"
    if newest is not None and "metrics" not in fresh:
        yield "compute metrics: campaigns metrics"


def _behind(fresh: Mapping[str, Freshness], computed: Mapping[str, date]) -> Iterator[str]:
    """Registers whose metrics are of an earlier day than their readings could give."""
    for controller, day in computed.items():
        full = fresh[controller].newest_full_day if controller in fresh else None
        if full is not None and day < full:
            yield f"metrics of {controller} are of {day}, and {full} is complete: campaigns metrics"


def _overdue(workspace: Workspace) -> Iterator[str]:
    from campaigns.workspace import rights

    for request in rights.overdue(workspace):
        due = f"was due on {request.due_on}"
        yield f"request {request.request_id} ({request.kind}) {due}: campaigns rights list"


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _day(moment: date | datetime | None) -> str:
    return "-" if moment is None else moment.isoformat()[:10]


def _coming(due: Due) -> str:
    plan = f"plan {due.plan_id}, {due.messages:,} messages, " if due.plan_id else ""
    return f"{due.occurrence:<17}{due.mailing}: {plan}{due.state}"
