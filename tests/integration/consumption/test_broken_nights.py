"""Metrics over a damaged lake or a full disk: an exact error, nothing published, the next run completes."""

from __future__ import annotations

import errno
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.errors import DataDamaged
from campaigns.lake import Lake, parquet
from campaigns.lake.files import LakeUnwritable
from campaigns.lake.parquet import Written
from campaigns.lake.schemas import Table
from support import nights
from support.readings import FLAT, HOUSE, NOW, SETTINGS, Row, delivery, load_one, starts, text

FIRST, LAST = date(2026, 10, 1), date(2026, 11, 5)


def _compute(lake: Lake) -> None:
    compute(lake, settings=SETTINGS, now=NOW, as_of=LAST)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Metrics were computed, and then a day was corrected and a month begun."""
    folder = tmp_path_factory.mktemp("begun")
    lake = Lake(folder / "lake")
    files = [
        [Row(start=time, wh=300, gsrn=gsrn) for time in starts(FIRST, date(2026, 10, 31), 60)]
        for gsrn in (HOUSE, FLAT)
    ]
    files.append([Row(start=time, wh=900) for time in starts(FIRST, FIRST, 60)])
    files.append([Row(start=time, wh=200) for time in starts(date(2026, 11, 1), LAST, 60)])
    for number, rows in enumerate(files):
        if number == 2:
            _compute(lake)
        with lake.writer(purpose="test") as writer:
            load_one(delivery(folder / f"{number}.csv", text(rows)), writer)
    return lake.root


@pytest.fixture
def changed(begun: Path, tmp_path: Path) -> Lake:
    return Lake(shutil.copytree(begun, tmp_path / "lake"))


@pytest.mark.parametrize("table", ["consumption_days", "day_facts"])
@pytest.mark.parametrize("how", ["cut", "gone", "other bytes"])
def test_a_damaged_file_is_told_and_nothing_is_published(changed: Lake, table: str, how: str) -> None:
    """Fault 26: never metrics of fewer days in silence."""
    with changed.snapshot() as snapshot:
        number, path = snapshot.number, snapshot.files(table)[0]
    if how == "gone":
        path.unlink()
    else:
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2] if how == "cut" else bytes(len(content)))
    with pytest.raises(DataDamaged) as caught:
        _compute(changed)
    assert "LAK004" in str(caught.value)
    assert table in str(caught.value)
    assert Lake(changed.root).snapshot().frame("metrics")["as_of"].unique().to_list() == [LAST]
    assert changed.snapshot().number == number


def test_a_disk_that_is_full_at_any_file(
    changed: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 21: what was published is still there, and the next run gives what an undisturbed one gives."""
    calm = Lake(shutil.copytree(changed.root, tmp_path / "calm"))
    _compute(calm)
    expected = nights.digests(calm)
    write, left = parquet._write_one, 0

    def full_after(frame: pl.DataFrame, table: Table, folder: Path) -> Written:
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(frame, table, folder)

    monkeypatch.setattr(parquet, "_write_one", full_after)
    refused, before = 0, nights.digests(changed)
    for files in range(0, 12, 4):
        left = files
        lake = Lake(shutil.copytree(changed.root, tmp_path / str(files)))
        try:
            _compute(lake)
        except LakeUnwritable as error:
            assert "LAK008" in str(error)
            refused += 1
        assert nights.digests(lake, ("metrics",)) in (
            {"metrics": one["metrics"]} for one in (before, expected)
        )
        left = 10**6
        _compute(lake)
        assert nights.digests(lake) == expected
    assert refused >= 2
