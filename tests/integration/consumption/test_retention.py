"""When days are too old they become monthly sums, which no later computation brings back or takes away."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.lake import Lake
from campaigns.rights.retention import Due, Work
from campaigns.rights.retention_readings import intervals, months
from campaigns.settings.loading import FILE, load
from support import nights
from support.nights import NOW, SETTINGS, File
from support.readings import FLAT

OLD, NEW = date(2024, 8, 20), date(2026, 10, 1)  # what is from before October 2024 goes
AS_OF = date(2026, 10, 31)
OF_DAYS = (
    "consumption_days", "day_facts", "month_facts", "reading_flags", "reading_twins", "heat_days",
    "heat_registers",
)  # fmt: skip
FILES = [
    file
    for first, days in ((OLD, 60), (NEW, 35))
    for file in (
        File(kind="fi", first=first, days=days, level=302),
        File(kind="fi", first=first, days=days, level=305),  # what was fed in
        File(kind="plain", first=first, days=days, point=FLAT, level=302),  # the same values: twins
        File(kind="heat", first=first, days=days),
    )
]


def _retain(lake: Lake, rule: object = intervals, *, later: int = 0) -> list[Due]:
    work = Work(
        settings=load(Path(__file__).parents[3] / FILE),
        lake=lake,
        ledger=None,  # type: ignore[arg-type]  # readings need none
        data=lake.root.parent,
        now=NOW + timedelta(days=later),
        actor="test",
        dry=False,
    )
    found: Iterable[Due] = rule(work)  # type: ignore[operator]
    return [due for due in found if due.rows]


def _frame(lake: Lake, table: str) -> pl.DataFrame:
    with lake.snapshot() as snapshot:
        return snapshot.frame(table)


def _metrics(lake: Lake, *, as_of: date = AS_OF, full: bool = False) -> None:
    compute(lake, settings=SETTINGS, now=NOW, as_of=as_of, full=full)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    lake = Lake(folder / "lake")
    nights.bring(lake, folder, FILES)
    _metrics(lake, as_of=date(2024, 9, 30))
    _metrics(lake)
    return lake.root


@pytest.fixture
def lake(begun: Path, tmp_path: Path) -> Lake:
    shutil.copytree(begun, tmp_path / "lake")
    return Lake(tmp_path / "lake")


def test_sums_stay_and_nothing_of_the_days_comes_back(lake: Lake, tmp_path: Path) -> None:
    days = _frame(lake, "consumption_days").filter(pl.col("month") < "2024-10")
    assert {"2024-08", "2024-09", "2024-10"} <= set(_frame(lake, "month_facts")["month"])
    assert not _frame(lake, "reading_twins").is_empty()
    assert {due.table for due in _retain(lake)} == {"consumption_days 2024-08", "consumption_days 2024-09"}
    sums = _frame(lake, "consumption_months")
    assert sums["wh_sum"].sum() == days["wh_sum"].sum()
    assert sums.select("metering_point_id", "direction").n_unique() == 4  # two of the house, flat, heat
    for table in OF_DAYS:
        assert _frame(lake, table)["month"].min() == "2024-10", table

    _metrics(lake)
    found = nights.digests(lake)
    for table in OF_DAYS:
        assert _frame(lake, table)["month"].min() == "2024-10", table
    _metrics(lake, full=True)
    assert nights.digests(lake) == found
    assert _frame(lake, "consumption_months").equals(sums)
    assert _retain(lake) == []

    # a correction that comes when all is over neither changes a sum nor stays
    nights.bring(lake, tmp_path, [File(kind="en", first=OLD, days=3, level=811, received=nights.RECEIVED[2])])
    _metrics(lake)
    assert [due.table for due in _retain(lake)] == ["consumption_days 2024-08"]
    _metrics(lake)
    assert nights.digests(lake) == found
    assert _frame(lake, "consumption_months").equals(sums)


def test_metrics_of_a_month_are_kept_as_long_as_its_sums(lake: Lake) -> None:
    assert _frame(lake, "metrics_history")["month"].unique().to_list() == ["2024-09"]
    assert _retain(lake, months) == []
    _retain(lake)
    assert set(_frame(lake, "metrics_history")["month"]) == {"2024-09"}
    due = _retain(lake, months, later=365 * 4 - 30)
    assert {one.table for one in due} == {"consumption_months", "metrics_history"}
    assert _frame(lake, "metrics_history").is_empty()
    assert _frame(lake, "consumption_months").is_empty()
