"""A run of metrics that was cut off, and then what had changed is changed back: nothing of it stays."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.lake import Lake
from support import nights
from support.nights import CutOff, File
from support.readings import FLAT, HOUSE, NOW, SETTINGS

FIRST, LAST = date(2026, 9, 25), date(2026, 11, 2)
DAYS = (LAST - FIRST).days + 1
BACK = {"as of": None, "prices": "prices", "temperatures": "temperatures"}


def _compute(lake: Lake, as_of: date = LAST) -> None:
    compute(lake, settings=SETTINGS, now=NOW, as_of=as_of)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    lake = Lake(folder / "lake")
    files = [
        File(kind=kind, first=FIRST, days=DAYS, point=point, level=302)
        for kind, point in (("fi", HOUSE), ("en", FLAT), ("prices", HOUSE), ("temperatures", HOUSE))
    ]
    nights.bring(lake, folder, files)
    _compute(lake)
    return lake.root


@pytest.mark.parametrize("what", BACK)
def test_cut_off_and_changed_back(begun: Path, tmp_path: Path, what: str) -> None:
    expected = nights.digests(Lake(begun))
    table = BACK[what]
    for commits in range(1, 20, 1 if table is None else 2):
        lake = Lake(shutil.copytree(begun, tmp_path / str(commits) / "lake"))
        if table is not None:
            other = File(kind=table, first=date(2026, 10, 5), days=4, level=411, received=nights.RECEIVED[1])
            nights.bring(lake, tmp_path, [other])
        try:
            with nights.cut_after(commits):
                _compute(lake, LAST if table else LAST - timedelta(days=1))
            break
        except CutOff:
            pass
        if table is not None:
            with Lake(begun).snapshot() as snapshot, lake.writer(purpose="test") as writer:
                writer.replace(table, snapshot.frame(table))
        _compute(lake)
        assert nights.digests(lake) == expected, commits
    assert commits > 2


def test_kept_metrics_of_a_month_are_those_of_its_last_day_as_a_whole(begun: Path, tmp_path: Path) -> None:
    lake = Lake(shutil.copytree(begun, tmp_path / "lake"))

    def kept() -> list[tuple[str, date, int]]:
        with lake.snapshot() as snapshot:
            return snapshot.frame("metrics_history").group_by("month", "as_of").len().rows()

    october = date(2026, 10, 31)
    _compute(lake, october)
    _compute(lake)
    (before,) = kept()
    with lake.writer(purpose="test") as writer:
        writer.remove("consumption_days", pl.col("metering_point_id") == FLAT)
    _compute(lake, october)
    _compute(lake)
    (after,) = kept()
    assert before[:2] == after[:2] == ("2026-10", october)
    assert after[2] < before[2]  # no row of who has none any more
    _compute(lake, date(2026, 10, 15))
    _compute(lake)
    assert kept() == [after]
