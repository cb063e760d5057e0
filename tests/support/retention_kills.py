"""Kill retention at many moments and run it again: `retention_kills.py FOLDER COUNT`.

Every child is forked from this process, which imports everything and uses nothing: the lake's library does
not survive a fork.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import polars as pl
import sqlalchemy as sa

import campaigns.lake
from campaigns.lake import Lake
from campaigns.ledger import Ledger, audit, permission_events
from campaigns.ledger import retention as forgetting
from campaigns.ledger.integrity import verify
from campaigns.ledger.tables import attempts, decisions, messages, responses, rights_requests
from campaigns.ledger.verifying import everything
from campaigns.reports.report import report
from campaigns.rights import retention
from support import retention_world as world
from support.killing import NEVER, files_of, run_and_kill
from support.lake_kills import in_child

MODULES = files_of(
    *Path(retention.__file__).parent.glob("retention*.py"),
    Path(campaigns.lake.__file__).parent,
    *(Path(module.__file__ or "") for module in (audit, permission_events, forgetting)),
)
LOG = (messages, decisions, attempts, responses, rights_requests)


def run(root: Path) -> None:
    """Apply every rule."""
    retention.run(world.work(root, dry=False))


def content(root: Path) -> str:
    """All that is left, but for the times and numbers that differ from run to run."""
    with Lake(root / "data" / "lake").snapshot() as snapshot:
        snapshot.verify()
        found = {table: snapshot.frame(table).write_json() for table in sorted(snapshot.versions)}
    ledger = Ledger.open(root / "data" / "ledger" / "ledger.sqlite")
    with ledger.read() as connection:
        assert verify(connection).whole
        assert list(everything(connection)) == []
        words = permission_events.frame(connection).select(
            "occurred_at", "kind", "source", "channel", "method"
        )
        found["words"] = words.sort(words.columns).write_json()
        for table in LOG:
            found[f"{table.name} left"] = str(
                connection.scalar(sa.select(sa.func.count()).select_from(table))
            )
        emptied = audit.frame(connection).filter(pl.col("erased_at").is_not_null())
        found["emptied"] = str(emptied["action"].to_list())
    found["report"] = str(report(ledger, "news", occurrence="2024-06-07"))
    found["files"] = str([name for name in world.EXPORTS if (root / "data" / name).exists()])
    return str(found)


def main(folder: Path, count: int) -> None:
    """Says how many kills went well; dies of the first that did not."""

    def built(name: str) -> Path:
        in_child(lambda: world.build(folder / name))
        return folder / name

    whole = built("whole")
    lines = run_and_kill(lambda: run(whole), at=NEVER, modules=MODULES)
    assert lines is not None
    expected = in_child(lambda: content(whole))
    for at in (round((number + 0.5) * lines / count) for number in range(count)):
        root = built(str(at))
        assert run_and_kill(lambda root=root: run(root), at=at, modules=MODULES) is None  # type: ignore[misc]
        in_child(lambda root=root: run(root))  # type: ignore[misc]
        assert in_child(lambda root=root: content(root)) == expected, f"killed at {at} of {lines}"  # type: ignore[misc]
    sys.stdout.write(f"killed at {count} moments, nothing lost\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
