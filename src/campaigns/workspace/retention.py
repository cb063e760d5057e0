"""`campaigns retention`: what is kept too long, counted or removed, and on record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.rights.retention import Due
    from campaigns.workspace.project import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Retained:
    """What was due. `applied`: it is gone; `pending`: a reader still holds files with it."""

    due: Sequence[Due]
    applied: bool
    pending: bool = False

    @property
    def rows(self) -> int:
        """How many rows and files in all."""
        return sum(one.rows for one in self.due)

    def as_json(self) -> dict[str, Any]:
        """The keys that `retention --json` prints."""
        due = [asdict(one) for one in self.due]
        return {"applied": self.applied, "pending": self.pending, "rows": self.rows, "due": due}

    def lines(self) -> Iterator[tuple[str, str, str, int]]:
        """Rule, table, register and rows."""
        for one in self.due:
            yield one.rule, one.table, one.controller, one.rows

    def summary(self) -> str:
        """One line."""
        done = "removed, summed up or emptied" if self.applied else "due"
        later = "; some files wait for a reader: run it again" if self.pending else ""
        return f"retention: {self.rows:,} rows and files {done}{later}"


def run(workspace: Workspace, *, dry: bool) -> Retained:
    """Count what is kept longer than `retention:` says, or remove it. Safe to repeat.

    Raises `Busy` when somebody else holds the lake or the ledger for too long.
    """
    from campaigns.ledger import audit
    from campaigns.rights import retention

    due = retention.run(
        retention.Work(
            settings=workspace.settings,
            lake=workspace.lake,
            ledger=workspace.ledger,
            data=workspace.data,
            now=workspace.now(),
            actor=workspace.actor,
            dry=dry,
        )
    )
    if dry:
        return Retained(due=due, applied=False)
    with workspace.ledger.write() as connection:
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action="retention_applied",
            details={"due": [asdict(one) for one in due]},
        )
    vacuumed = workspace.lake.vacuum()
    workspace.ledger.scrub()
    return Retained(due=due, applied=True, pending=vacuumed.pending)
