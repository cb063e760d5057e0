"""A preview at 100,000 persons: the whole process, and its engine part beside SQL written by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, median_seconds
from benchmarks.worlds import large_town
from campaigns.segments.compiling import compile_segment
from campaigns.workspace.project import Workspace

SEGMENT = "heat_pump_prospects"
BY_HAND = (Path(__file__).parent / "heat_pump_prospects.sql").read_text(encoding="utf-8")
START = [sys.executable, "-c", "import duckdb, polars, sqlalchemy, pydantic, sqlglot, deltalake"]


def run() -> Iterator[Figure]:
    """Preview one segment with metrics."""
    with large_town(100_000, 20_000) as (workspace, filled):
        yield filled
        command = [str(Path(sys.executable).with_name("campaigns")), "segment", "preview", SEGMENT]
        environment = {**os.environ, "CAMPAIGNS_WORKSPACE": str(workspace.root)}

        def process() -> None:
            subprocess.run(command, env=environment, capture_output=True, check=True)

        process()
        whole = median_seconds(process, times=5)
        start = median_seconds(lambda: subprocess.run(START, check=True), times=5)
        yield Figure(
            name="segment preview, whole process",
            value=whole,
            unit="s",
            ratio=whole / start,
            baseline=f"python that only imports the same libraries: {start:.2f} s",
        )
        yield from _engine_part(workspace)


def _engine_part(workspace: Workspace) -> Iterator[Figure]:
    segment = workspace.segment_files.load(SEGMENT)
    compiled = compile_segment(segment, workspace.today(), workspace.settings.zone)
    from campaigns.permissions import state
    from campaigns.segments import consents, sql

    words = state.words(workspace.ledger)
    members = compiled.members.sql(dialect=sql.DIALECT)
    with workspace.engine() as db:
        consents.register(
            db, segment, at=workspace.now(), settings=workspace.settings, ledger=workspace.ledger, words=words
        )
        by_hand = {"controller": segment.controller, "today": workspace.today()}
        found, expected = db.query(members), db.query(BY_HAND, by_hand)
        if found.is_empty() or not found.equals(expected):
            raise AssertionError(
                f"the segment finds {len(found)} people, the SQL by hand {len(expected)} or others"
            )
        ours = median_seconds(lambda: db.query(members), times=15)
        theirs = median_seconds(lambda: db.query(BY_HAND, by_hand), times=15)
    yield Figure(
        name=f"segment's SQL ({len(found):,} people)",
        value=ours * 1000,
        unit="ms",
        ratio=ours / theirs,
        baseline=f"the same written by hand: {theirs * 1000:.1f} ms",
    )
