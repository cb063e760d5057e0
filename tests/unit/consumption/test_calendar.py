from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from campaigns.consumption.calendar import LocalDays

HELSINKI = ZoneInfo("Europe/Helsinki")
DAYS = LocalDays(zone=HELSINKI, first=date(2025, 1, 1), last=date(2025, 12, 31))


def number(day: date) -> int:
    return (day - DAYS.first).days


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2025, 1, 1), 96), (date(2025, 3, 30), 92), (date(2025, 10, 26), 100), (date(2025, 12, 31), 96)],
)
def test_days_have_as_many_quarters_as_the_clock_gives_them(day: date, quarters: int) -> None:
    assert DAYS.quarters[number(day)] == quarters


def test_a_year_has_one_short_and_one_long_day() -> None:
    lengths, counts = np.unique(DAYS.quarters, return_counts=True)
    assert dict(zip(lengths.tolist(), counts.tolist(), strict=True)) == {92: 1, 96: 363, 100: 1}
    assert DAYS.hours == 25


def test_local_midnight_is_22_utc_in_winter_and_21_in_summer() -> None:
    winter, summer = (
        DAYS.midnights[number(day)] % 86_400 // 3_600 for day in (date(2025, 2, 1), date(2025, 7, 1))
    )
    assert (winter, summer) == (22, 21)


def test_the_clock_leaves_out_an_hour_in_spring_and_repeats_it_in_autumn() -> None:
    spring = DAYS.clock_hours(number(date(2025, 3, 30)))
    autumn = DAYS.clock_hours(number(date(2025, 10, 26)))
    assert spring[::4].tolist() == [0, 1, 2, *range(4, 24)]
    assert autumn[::4].tolist() == [0, 1, 2, 3, *range(3, 24)]


def test_times_outside_have_no_day() -> None:
    inside, edge = DAYS.midnights[5] + 3_600, DAYS.midnights[-1]
    days, since = DAYS.locate(np.array([inside, edge, DAYS.midnights[0] - 1]))
    assert days.tolist() == [5, -1, -1]
    assert since[0] == 3_600


def test_days_of_one_clock_come_together() -> None:
    days = np.array([number(date(2025, 3, 30)), 3, 4, number(date(2025, 3, 30))])
    found = {len(clock): chosen.tolist() for clock, chosen in DAYS.patterns(days).items()}
    assert found == {92: [True, False, False, True], 96: [False, True, True, False]}
