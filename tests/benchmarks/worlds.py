"""A workspace with a large town written straight into its lake and ledger."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from benchmarks.figures import Figure, seconds
from campaigns.demo import lake_town
from campaigns.workspace.project import Workspace

ROOT = Path(__file__).parents[2]


def metering_points(usual: int) -> int:
    """How many a benchmark of readings takes: `CAMPAIGNS_BENCH_POINTS`, or as usual."""
    return int(os.environ.get("CAMPAIGNS_BENCH_POINTS", usual))


@contextmanager
def large_town(persons: int, metering_points: int) -> Iterator[tuple[Workspace, Figure]]:
    """The workspace, and how long it took to fill."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "campaigns.yml").write_bytes((ROOT / "campaigns.yml").read_bytes())
        for folder in ("segments", "templates", "mailings"):
            shutil.copytree(ROOT / folder, root / folder)
        workspace = Workspace.open(root)
        taken, town = seconds(
            lambda: lake_town.write(
                workspace.lake,
                workspace.ledger,
                persons=persons,
                metering_points=metering_points,
                as_of=date.today(),  # noqa: DTZ011  # the town is made for the day on which it is looked at
            )
        )
        yield (
            workspace,
            Figure(name=f"town of {town.tables['persons']:,} persons into the lake", value=taken, unit="s"),
        )
        workspace.ledger.dispose()
