"""Retention: what is kept no longer than `retention:` of campaigns.yml says. Each rule is counted or applied.

The order is that of the rules: people first, as much else goes with them. A run that was killed is run again
and goes on where it was: every rule looks at what is there, and none counts on a note of an earlier run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

from campaigns.settings.retention import KeptFor

if TYPE_CHECKING:
    import polars as pl

    from campaigns.lake import Lake, Writer
    from campaigns.lake.rows import Rows
    from campaigns.ledger import Ledger
    from campaigns.settings.model import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """What one rule found in one table of one register. `controller` is empty where a table has none."""

    rule: str
    table: str
    controller: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """What the rules work with. With `dry` nothing is changed."""

    settings: Settings = field(repr=False)
    lake: Lake
    ledger: Ledger
    data: Path
    now: datetime
    actor: str
    dry: bool

    @property
    def today(self) -> date:
        """The local day of the business zone."""
        return self.now.astimezone(self.settings.zone).date()

    def day(self, rule: str) -> date:
        """What lies before this local day is kept no longer."""
        kept: KeptFor = getattr(self.settings.retention, rule)
        return kept.keep.before(self.today)

    def moment(self, rule: str) -> datetime:
        """The beginning of `day`, in UTC."""
        return datetime.combine(self.day(rule), time.min, self.settings.zone).astimezone(UTC)

    @contextmanager
    def rows(self) -> Iterator[tuple[Rows, Writer | None]]:
        """The lake to read, and to change unless it is a dry run."""
        if self.dry:
            with self.lake.snapshot() as snapshot:
                yield snapshot, None
        else:
            with self.lake.writer(purpose="retention") as writer:
                yield writer, writer


Rule = Callable[[Work], Iterable[Due]]


def rules() -> Mapping[str, Rule]:
    """Every rule by its name in `retention:`, in the order in which they are applied."""
    from campaigns.rights import (
        retention_files,
        retention_log,
        retention_people,
        retention_proof,
        retention_readings,
        retention_rows,
    )

    return {
        "former_customers": retention_people.former_customers,
        "prospects": retention_people.prospects,
        "events": retention_rows.events,
        "interactions": retention_rows.interactions,
        "lists": retention_rows.lists,
        "segments": retention_rows.segments,
        "consumption_intervals": retention_readings.intervals,
        "consumption_months": retention_readings.months,
        "quarantine": retention_rows.quarantined,
        "send_log": retention_log.send_log,
        "permission_proof": retention_proof.permission_proof,
        "rights_requests": retention_log.requests,
        "exports": retention_files.exports,
        "audit": retention_log.audit_entries,
    }


def run(work: Work) -> list[Due]:
    """Count, or apply, every rule; those that found nothing are not in the list.

    Raises `Busy` LAK001 or LED010 when somebody else holds the lake or the ledger for too long; what was
    applied until then stays applied.
    """
    return [due for rule in rules().values() for due in rule(work) if due.rows]


def by_controller(rule: str, table: str, frame: pl.DataFrame) -> list[Due]:
    """How many rows of each register."""
    counts = frame.group_by("controller").len().sort("controller")
    return [
        Due(rule=rule, table=table, controller=controller, rows=rows) for controller, rows in counts.rows()
    ]
