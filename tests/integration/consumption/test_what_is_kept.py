"""What `compute` reads and makes again, what it keeps, and that the outcome is the same either way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import polars as pl
import pytest

from campaigns.consumption.computing import MetricsRun, compute
from campaigns.lake import Lake
from campaigns.register.deliveries import Imported
from support.readings import FLAT, HOUSE, NOW, SETTINGS, Row, starts, text

FIRST, LAST = date(2026, 9, 28), date(2026, 11, 20)
DAYS = 54  # of each of two metering points
Load = Callable[..., Imported]


def _rows(gsrn: int, wh: int, *, days: tuple[date, date] = (FIRST, LAST)) -> list[Row]:
    return [Row(start=time, wh=wh + time.hour, gsrn=gsrn) for time in starts(*days, 60)]


def _compute(lake: Lake, *, full: bool = False) -> MetricsRun:
    return compute(lake, settings=SETTINGS, now=NOW, as_of=LAST, full=full)


def _tables(lake: Lake) -> list[pl.DataFrame]:
    with lake.snapshot() as snapshot:
        return [snapshot.frame(name) for name in ("day_facts", "metrics")]


@pytest.fixture
def readings(lake: Lake, load: Load) -> Lake:
    """The days before November lie in one file of each month, as those of November do."""
    load(text([*_rows(HOUSE, 500), *_rows(FLAT, 200)]))
    return lake


def test_only_changed_months_are_read_again(readings: Lake, load: Load) -> None:
    first = _compute(readings)
    assert (first.days_read, first.days_kept) == (2 * DAYS, 0)
    assert (first.periods_computed, first.periods_kept) == (5, 0)
    again = _compute(readings)
    assert (again.days_read, again.days_kept) == (0, 2 * DAYS)
    assert (again.periods_computed, again.periods_kept) == (0, 5)
    assert "0 days read, 108 kept; 0 periods computed, 5 kept" in str(again)

    load(text(_rows(HOUSE, 900, days=(LAST, LAST))))
    corrected = _compute(readings)
    assert 1 <= corrected.days_read <= 2 * 20  # the days of November, whose file was written anew
    assert corrected.days_read + corrected.days_kept == 2 * DAYS
    assert corrected.periods_computed + corrected.periods_kept == 5
    assert 1 <= corrected.periods_computed <= 3  # last year and last winter are over


def test_full_makes_everything_again_with_the_same_outcome(readings: Lake, load: Load) -> None:
    """What was fed in arrives later, and lies in a file of its own: its days of import are made again."""
    _compute(readings)
    load(text(_rows(FLAT, 700, days=(FIRST, FIRST))))
    load(text([Row(start=time, wh=50, gsrn=FLAT, kind="BN02") for time in starts(LAST, LAST, 60)]))
    _compute(readings)
    before = _tables(readings)
    sold = before[0].filter(pl.col("export_wh") > 0)
    assert sold.select("metering_point_id", "local_date", "export_wh").rows() == [(FLAT, LAST, 24 * 50)]

    full = _compute(readings, full=True)
    assert (full.days_read, full.days_kept) == (2 * DAYS, 0)
    assert (full.periods_computed, full.periods_kept) == (5, 0)
    assert all(one.equals(other) for one, other in zip(before, _tables(readings), strict=True))
