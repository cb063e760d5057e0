"""Metrics of many metering points from their day facts, and a night's work on them.

Readings are generated straight into a lake, anew each run. Every step is a process of its own, whose memory
is watched from outside. `CAMPAIGNS_BENCH_POINTS` sets how many metering points there are.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, run_watched
from benchmarks.worlds import metering_points

ROOT = Path(__file__).parents[2]
STEPS = Path(__file__).with_name("consuming_steps.py")
POINTS = 100_000
LONG_POINTS = 2_000  # of which the readings are laid out as long rows: all of them would take 20 GB


def run() -> Iterator[Figure]:
    """Day facts, metrics and fits apart, beside a bare scan and long rows; then one more day."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        (root / "campaigns.yml").write_bytes((ROOT / "campaigns.yml").read_bytes())
        yield from _steps(root, metering_points(POINTS))


def _steps(root: Path, count: int) -> Iterator[Figure]:
    made = _step("generate", root, count)
    size = f"{count:,} metering points, {made['days']:,} days, {made['intervals']:,} values"
    yield Figure(name=f"generated: {size}", value=made["seconds"], unit="s")
    yield Figure(name="consumption days in the lake", value=made["bytes"] / 1e6, unit="MB")

    facts = _step("facts", root)
    yield Figure(name="day facts of all days, built once", value=facts["seconds"], unit="s")
    yield Figure(name="day facts in the lake", value=facts["bytes"] / 1e6, unit="MB")
    yield from _costs("day facts", facts)

    scan = _step("scan", root)
    few = min(count, LONG_POINTS)
    naive = _step("naive", root, few)
    metrics = _step("metrics", root)
    own = metrics["seconds"] - metrics["facts"] - metrics["fits"] - metrics["flags"]
    name = "all metrics from day facts, without fits and flags"
    yield Figure(
        name=name,
        value=own,
        unit="s",
        ratio=own / scan["seconds"],
        baseline=f"a bare scan of day_facts: {scan['seconds']:.2f} s",
    )
    yield Figure(
        name=name,
        value=own,
        unit="s",
        ratio=own / (naive["seconds"] * count / few),
        baseline=f"eight of them in SQL from {naive['rows']:,} long rows of {few:,} metering points: "
        f"{naive['seconds']:.2f} s, times {count / few:g}",
    )
    yield Figure(name="fits on day arrays", value=metrics["fits"], unit="s")
    yield Figure(name="flags on readings", value=metrics["flags"], unit="s")
    yield from _costs("metrics", metrics)

    night = _step("files", root, count)
    came = _step("import", root)
    yield Figure(
        name=f"one more day and corrections of 1 % imported, {night['rows']:,} rows",
        value=came["seconds"],
        unit="s",
    )
    yield from _costs("import", came)
    after = _step("night", root)
    yield Figure(
        name=f"metrics up to date after them, {after['days_read']:,} days read, {after['days_kept']:,} kept",
        value=after["seconds"],
        unit="s",
        ratio=after["seconds"] / (facts["seconds"] + metrics["seconds"]),
        baseline="all of it from the readings",
    )
    parts = (("day facts", "facts"), ("fits", "fits"), ("flags", "flags"))
    for what, part in parts:
        yield Figure(name=f"of these, {what}", value=after[part], unit="s")
    yield from _costs("metrics of a night", after)


def _step(name: str, root: Path, *arguments: int) -> dict[str, Any]:
    """What the step says of itself, with the peak of its memory."""
    done = run_watched([sys.executable, str(STEPS), name, str(root), *map(str, arguments)])
    return {**json.loads(done.output), "megabytes": done.peak_megabytes}


def _costs(what: str, done: dict[str, Any]) -> Iterator[Figure]:
    """Of a step's whole process, start included: what other work on the machine does not change."""
    yield Figure(name=f"{what}, processor time", value=done["processor"], unit="s")
    yield Figure(name=f"{what}, peak memory", value=done["megabytes"], unit="MB")
