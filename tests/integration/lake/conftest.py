"""A lake in a temporary folder, with a clock that stands where a test puts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from campaigns.lake import Lake
from support.lakes import days, persons

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


class Clock:
    """Wall clock of a test; `pass_` moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data" / "lake"


@pytest.fixture
def lake(root: Path, clock: Clock) -> Iterator[Lake]:
    yield Lake(root, clock=clock)


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """Three persons, two months of one metering point."""
    with lake.writer(purpose="filling") as writer:
        writer.append("persons", persons(1, 2, 3), transaction="persons:first")
        writer.append("consumption_days", days("2026-01-01", "2026-02-01"))
    return lake


@pytest.fixture
def bytes_below() -> Callable[[Path], bytes]:
    """Everything in every file below a folder, for searching."""
    return lambda folder: b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
