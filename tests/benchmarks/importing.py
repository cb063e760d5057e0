"""Datahub rows a second, beside a bare parse of the same files by polars.

As usual there are about 28.5 million rows, of 2,040 metering points; `CAMPAIGNS_BENCH_POINTS` sets how many.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl

from benchmarks.figures import Figure, median_seconds, run_watched
from benchmarks.worlds import metering_points
from campaigns.demo import town
from campaigns.demo.readings import METERED_SHARE

ROOT = Path(__file__).parents[2]
POINTS = 2040
IMPORT = """
import sys
from pathlib import Path
from campaigns.workspace.importing import run
from campaigns.workspace.project import Workspace
done = run(Workspace.open(Path(sys.argv[1])), [Path(name) for name in sys.argv[2:]])
assert not done.refused, done.refused
print(sum(found.accepted for found in done.files))
"""


def run() -> Iterator[Figure]:
    """Import all Datahub files of a town, in a process of its own."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "campaigns.yml").write_bytes((ROOT / "campaigns.yml").read_bytes())
        customers = round(metering_points(POINTS) / METERED_SHARE)
        town.write(root / "inbox", customers=customers, seed=1, as_of=date(2026, 11, 24))
        files = sorted((root / "inbox").glob("datahub_*.csv"))
        parse = median_seconds(lambda: sum(len(_parse(file)) for file in files), times=3)
        command = [sys.executable, "-c", IMPORT, str(root), *map(str, files)]
        done = run_watched(command)
        rows = int(done.output)
        size = sum(file.stat().st_size for file in files)
        yield Figure(
            name=f"Datahub rows, in {len(files)} files of {size / 1e6:,.0f} MB", value=rows, unit="rows"
        )
        yield Figure(name="Datahub import, whole process", value=done.seconds, unit="s")
        yield Figure(
            name="Datahub import, whole process",
            value=rows / done.seconds,
            unit="rows/s",
            ratio=parse / done.seconds,
            baseline=f"polars reads the same {len(files)} CSV files: {rows / parse:,.0f} rows/s",
        )
        yield Figure(name="Datahub import, peak memory", value=done.peak_megabytes, unit="MB")


def _parse(file: Path) -> pl.DataFrame:
    return pl.read_csv(file, separator=";", decimal_comma=True, try_parse_dates=True, ignore_errors=True)
