"""A small lake with an engine over it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from campaigns import engine
from campaigns.engine import Engine
from campaigns.lake import Lake
from support.lakes import days, persons


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "data" / "lake")
    with lake.writer(purpose="filling") as writer:
        writer.append("persons", persons(1, 2, 3, last_name="Virtanen", language="fi"))
        writer.append("consumption_days", days("2026-01-01", "2026-02-01"))
        refused = {"controller": ["a"], "file_hash": ["h"], "line": [1], "reason": ["REG001"], "text": ["x"]}
        writer.append("quarantine", pl.DataFrame(refused))
    return lake


@pytest.fixture
def db(lake: Lake) -> Iterator[Engine]:
    with lake.snapshot() as snapshot, engine.connect(snapshot) as connection:
        yield connection
