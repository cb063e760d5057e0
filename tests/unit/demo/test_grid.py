from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest

from campaigns.demo.grid import Grid, midnight


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 24), 24)],
)
@pytest.mark.parametrize("minutes", [15, 60])
def test_a_local_day_has_23_24_or_25_hours(day: date, hours: int, minutes: int) -> None:
    grid = Grid(first=day, days=1, minutes=minutes)
    assert grid.steps == len(grid.utc) == hours * 60 // minutes
    assert set(grid.day) == {0}


def test_local_midnight_is_21_or_22_utc() -> None:
    assert midnight(date(2026, 7, 1)) == datetime(2026, 6, 30, 21, tzinfo=UTC)
    assert midnight(date(2026, 12, 1)) == datetime(2026, 11, 30, 22, tzinfo=UTC)


def test_texts_are_those_of_datahub() -> None:
    grid = Grid(first=date(2025, 1, 1), days=1, minutes=15)
    assert grid.texts.head(2).to_list() == ["2024-12-31T22:00:00Z", "2024-12-31T22:15:00Z"]


def test_a_night_is_one_number_from_noon_to_noon() -> None:
    grid = Grid(first=date(2026, 1, 1), days=2, minutes=60)
    evening, morning = grid.night[(grid.hour > 12)][:12], grid.night[24:36]
    assert set(evening) == set(morning) == {1}


def test_weekdays_follow_the_calendar() -> None:
    grid = Grid(first=date(2026, 11, 24), days=7, minutes=60)  # a Tuesday
    assert list(dict.fromkeys(grid.weekday.tolist())) == [2, 3, 4, 5, 6, 7, 1]


def test_the_sun_is_highest_at_noon_in_summer_and_stays_down_in_winter_nights() -> None:
    summer = Grid(first=date(2026, 6, 21), days=1, minutes=60)
    winter = Grid(first=date(2026, 12, 21), days=1, minutes=60)
    assert 0.77 < summer.sun.max() < 0.81  # sine of 52.4 degrees at 61 N
    assert summer.hour[np.argmax(summer.sun)] == pytest.approx(13.5)  # summer time
    assert winter.sun[winter.hour < 8].max() == 0
    assert winter.sun.max() < 0.12
