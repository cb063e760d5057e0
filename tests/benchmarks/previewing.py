"""Segments in a town of a million: previews, their SQL beside SQL written by hand, and snapshots of all.

`CAMPAIGNS_BENCH_PERSONS` takes another number of persons, with a tenth as many metering points.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, median_seconds, run_watched
from benchmarks.worlds import large_town
from campaigns.engine import Engine
from campaigns.segments.compiling import compile_segment
from campaigns.workspace.project import Workspace

PERSONS = int(os.environ.get("CAMPAIGNS_BENCH_PERSONS", 1_000_000))
SEGMENTS = Path(__file__).parent / "segments"  # those that are only measured, and each one's SQL by hand
PREVIEWED = "winter_talk"
START = [sys.executable, "-c", "import duckdb, polars, sqlalchemy, pydantic, sqlglot, deltalake"]
CAMPAIGNS = str(Path(sys.executable).with_name("campaigns"))


def run() -> Iterator[Figure]:
    """Preview, compile and snapshot."""
    with large_town(PERSONS, PERSONS // 10) as (workspace, filled):
        yield filled
        for file in SEGMENTS.glob("*.yml"):
            shutil.copy(file, workspace.root / "segments")
        os.environ["CAMPAIGNS_WORKSPACE"] = str(workspace.root)
        yield from _previews()
        yield from _engine_parts(workspace)
        yield from _compiling(workspace)
        yield from _snapshots(workspace)


def _previews() -> Iterator[Figure]:
    """The whole process, once what people have said lies in its short form beside the ledger."""
    command = [CAMPAIGNS, "segment", "preview", PREVIEWED]
    first = run_watched(command)
    start = statistics.median(run_watched(START).seconds for _ in range(5))
    baseline = f"python that only imports the same libraries: {start:.2f} s"
    again = [run_watched(command) for _ in range(5)]
    whole = statistics.median(one.seconds for one in again)
    yield Figure(
        name="segment preview, whole process", value=whole, unit="s", ratio=whole / start, baseline=baseline
    )
    yield Figure(
        name="its peak memory", value=statistics.median(one.peak_megabytes for one in again), unit="MB"
    )
    yield Figure(
        name="the first preview, which reads the whole ledger",
        value=first.seconds,
        unit="s",
        ratio=first.seconds / start,
        baseline=baseline,
    )


def _engine_parts(workspace: Workspace) -> Iterator[Figure]:
    from campaigns.permissions import state
    from campaigns.segments import consents

    words = state.words(workspace.ledger)
    for file in sorted(SEGMENTS.glob("*.sql")):
        segment = workspace.segment_files.load(file.stem)
        with workspace.engine() as db:
            consents.register(
                db,
                segment,
                at=workspace.now(),
                settings=workspace.settings,
                ledger=workspace.ledger,
                words=words,
            )
            yield _beside(db, workspace, file)


def _beside(db: Engine, workspace: Workspace, by_hand: Path) -> Figure:
    """What finds the members, and the same written by hand, in turns."""
    segment, today = workspace.segment_files.load(by_hand.stem), workspace.today()
    members = compile_segment(segment, today, workspace.settings.zone).members.sql(dialect="duckdb")
    text, told = by_hand.read_text(encoding="utf-8"), {"controller": segment.controller, "today": today}
    found, expected = db.query(members), db.query(text, told)
    if found.is_empty() or not found.equals(expected):
        raise AssertionError(f"{segment.name} finds {len(found)} people, by hand {len(expected)} or others")
    ours, theirs = [], []
    for _ in range(9):
        ours.append(median_seconds(lambda: db.query(members), times=1))
        theirs.append(median_seconds(lambda: db.query(text, told), times=1))
    baseline = statistics.median(theirs)
    conditions = sum(1 for _ in segment.every_condition())
    return Figure(
        name=f"SQL of {segment.name} ({conditions} conditions, {len(found):,} people)",
        value=statistics.median(ours) * 1000,
        unit="ms",
        ratio=statistics.median(ours) / baseline,
        baseline=f"the same written by hand: {baseline * 1000:.1f} ms",
    )


def _compiling(workspace: Workspace) -> Iterator[Figure]:
    """From the typed form to text, in processor time; once before, to load what writes SQL."""
    today, zone = workspace.today(), workspace.settings.zone
    segments = [workspace.segment_files.load(name) for name in workspace.segment_files.names()]
    taken = {}
    for segment in segments:
        _ = compile_segment(segment, today, zone).sql
        times = []
        for _ in range(5):
            started = time.thread_time()
            _ = compile_segment(segment, today, zone).sql
            times.append(time.thread_time() - started)
        taken[segment.name] = statistics.median(times) * 1000
    slowest = max(taken, key=lambda name: taken[name])
    usual = statistics.median(taken.values())
    yield Figure(name=f"compiling one of {len(taken)} segments, median", value=usual, unit="ms")
    yield Figure(
        name=f"the slowest one, {slowest}",
        value=taken[slowest],
        unit="ms",
        ratio=taken[slowest] / usual,
        baseline="the median",
    )


def _snapshots(workspace: Workspace) -> Iterator[Figure]:
    command = [CAMPAIGNS, "segment", "snapshot", "--all"]
    first = run_watched(command)
    names = workspace.segment_files.names()
    nobody = [name for name in names if not re.search(rf"^{name} +[1-9]", first.output, re.MULTILINE)]
    yield Figure(
        name=f"snapshot of all {len(names)} segments ({len(names) - len(nobody)} find people)",
        value=first.seconds,
        unit="s",
    )
    yield Figure(name="its peak memory", value=first.peak_megabytes, unit="MB")
    started = time.perf_counter()
    run_watched(command)
    again = time.perf_counter() - started
    yield Figure(
        name="all again, when nothing changed",
        value=again,
        unit="s",
        ratio=again / first.seconds,
        baseline="the first time",
    )
