"""What is laid beside consumption days: prices, temperatures, the calendar."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest

from campaigns.consumption.calendar import LocalDays
from campaigns.consumption.calendar_days import calendar_days
from campaigns.consumption.price_days import price_days
from campaigns.settings.model import Place
from support.readings import ZONE, midnight, starts

LONG, SHORT, PLAIN = date(2025, 10, 26), date(2025, 3, 30), date(2025, 1, 15)
Price = tuple[datetime, int, int, int]  # start, minutes, 1/1000 c, received


def laid(day: date, prices: list[Price]) -> pl.DataFrame:
    schema = {
        "start": pl.Datetime("us", "UTC"),
        "minutes": pl.Int16,
        "price_mc": pl.Int32,
        "received": pl.Int64,
    }
    frame = pl.DataFrame(prices, schema=schema, orient="row").with_columns(file=pl.lit(1, pl.Int64))
    return price_days(frame, LocalDays(zone=ZONE, first=day, last=day))


def hourly(day: date, *, received: int = 1) -> list[Price]:
    return [(start, 60, 100 * (at % 7), received) for at, start in enumerate(starts(day, day, 60))]


@pytest.mark.parametrize(("day", "hours"), [(PLAIN, 24), (SHORT, 23), (LONG, 25)])
def test_hours_and_quarters_of_a_day(day: date, hours: int) -> None:
    by_hour, by_quarter = laid(day, hourly(day)).sort("resolution_min", descending=True).iter_rows(named=True)
    assert by_hour["local_date"] == day
    assert by_hour["price_x4"] == [400.0 * (at % 7) for at in range(hours)]
    assert by_quarter["price_x4"] == [400.0 * (at // 4 % 7) for at in range(hours * 4)]
    assert by_hour["price_minutes_x4"] == by_quarter["price_minutes_x4"]
    assert by_hour["minutes"] == by_quarter["minutes"] == hours * 60


def test_the_four_dearest_hours_are_the_sixteen_dearest_quarters_and_the_earlier_of_equals() -> None:
    by_hour, by_quarter = laid(PLAIN, hourly(PLAIN)).sort("resolution_min", descending=True)["is_dear"]
    assert [at for at, dear in enumerate(by_hour) if dear] == [5, 6, 13, 20]
    assert by_quarter.to_list() == [dear for dear in by_hour for _ in range(4)]


def test_an_hour_costs_the_mean_of_its_quarters() -> None:
    prices = [(start, 15, at % 4, 1) for at, start in enumerate(starts(PLAIN, PLAIN, 15))]
    by_hour = laid(PLAIN, prices).row(by_predicate=pl.col("resolution_min") == 60, named=True)
    assert by_hour["price_x4"] == [6.0] * 24  # 0 + 1 + 2 + 3


def test_a_day_with_a_gap_has_no_prices() -> None:
    assert laid(PLAIN, hourly(PLAIN)[:-1]).is_empty()
    assert laid(PLAIN, []).is_empty()


def test_of_prices_that_overlap_the_newest_file_s_hold() -> None:
    noon = midnight(PLAIN) + timedelta(hours=12)
    old, new = (noon, 60, 1, 2), (noon + timedelta(minutes=30), 15, 9, 3)
    older = (noon + timedelta(minutes=15), 15, 5, 1)
    found = laid(PLAIN, [older, old, new, *hourly(PLAIN, received=0)])
    quarters = found.row(by_predicate=pl.col("resolution_min") == 15, named=True)["price_x4"]
    assert quarters[48:52] == [4.0, 4.0, 36.0, 4.0]


def days(celsius_x10: list[int], *, day: date = PLAIN, minutes: int = 60) -> dict[str, object]:
    times = starts(day, day, minutes)[: len(celsius_x10)]
    schema = {"start": pl.Datetime("us", "UTC"), "celsius_x10": pl.Int16}
    temperatures = pl.DataFrame({"start": times, "celsius_x10": celsius_x10}, schema=schema)
    return calendar_days(temperatures, place=Place(), zone=ZONE, first=day, last=day).row(0, named=True)


@pytest.mark.parametrize(
    ("celsius_x10", "hdd_x100"),
    [
        ([70] * 24, 1000),
        ([-130] * 24, 3000),
        ([170] * 24, 0),
        ([250] * 24, 0),
        ([0] * 23 + [1], 1700),  # a mean of 0.417 hundredths is 0
        ([-1] * 12 + [0] * 12, 1705),
        ([0] * 19 + [1] * 1, 1699),  # half a hundredth counts up
        ([70] * 18, 1000),
        ([70] * 17, None),
    ],
)
def test_degree_days(celsius_x10: list[int], hdd_x100: int | None) -> None:
    found = days(celsius_x10)
    assert found["hdd_x100"] == hdd_x100
    assert (found["is_cold"] is None) == (hdd_x100 is None)


def test_cold_and_warm_days() -> None:
    assert [days([degrees] * 24)["is_cold"] for degrees in (-1, 0)] == [True, False]
    assert [days([degrees] * 24)["is_warm"] for degrees in (150, 151)] == [False, True]


def test_temperatures_may_come_more_often_than_hourly() -> None:
    assert days([70] * 24 * 4, minutes=15)["hdd_x100"] == 1000
    assert days([70] * 17 * 4, minutes=15)["hdd_x100"] is None


@pytest.mark.parametrize(
    ("day", "is_off"),
    [
        (date(2026, 4, 3), True),
        (date(2026, 4, 4), True),
        (date(2026, 4, 7), False),
        (date(2026, 12, 24), True),
    ],
)
def test_days_off(day: date, is_off: bool) -> None:
    assert days([], day=day)["is_off"] is is_off


def test_seasons() -> None:
    assert [(days([], day=date(2026, month, 9))["is_winter"], month) for month in (11, 12, 2, 3)] == [
        (False, 11), (True, 12), (True, 2), (False, 3)
    ]  # fmt: skip
    assert [days([], day=date(2026, month, 9))["is_summer"] for month in (5, 6, 8, 9)] == [
        False,
        True,
        True,
        False,
    ]
