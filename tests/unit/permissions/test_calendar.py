"""Calling hours and Finnish holidays."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from campaigns.permissions.calendar import is_holiday, outside_calling_hours, quiet_hours

HELSINKI = ZoneInfo("Europe/Helsinki")


@pytest.mark.parametrize(
    ("local", "outside"),
    [
        ("2026-11-24 08:59", True),  # Tuesday
        ("2026-11-24 09:00", False),
        ("2026-11-24 20:59", False),
        ("2026-11-24 21:00", True),
        ("2026-11-28 17:59", False),  # Saturday
        ("2026-11-28 18:00", True),
        ("2026-11-29 14:00", True),  # Sunday
        ("2027-12-06 14:00", True),  # Independence Day, a Monday
        ("2026-06-19 14:00", True),  # Midsummer Eve
    ],
)
def test_calling_hours(local: str, outside: bool) -> None:
    assert outside_calling_hours(datetime.fromisoformat(local).replace(tzinfo=HELSINKI)) is outside


@pytest.mark.parametrize(
    ("clock", "quiet"), [("06:30", True), ("08:00", False), ("20:59", False), ("22:30", True)]
)
def test_quiet_hours(clock: str, quiet: bool) -> None:
    assert quiet_hours(datetime.fromisoformat(f"2026-11-24 {clock}").replace(tzinfo=HELSINKI)) is quiet


def test_the_holidays_of_two_years() -> None:
    """As the almanac of the University of Helsinki has them."""
    known = {
        2026: "01-01 01-06 04-03 04-05 04-06 05-01 05-14 05-24 06-19 06-20 10-31 12-06 12-24 12-25 12-26",
        2027: "01-01 01-06 03-26 03-28 03-29 05-01 05-06 05-16 06-25 06-26 11-06 12-06 12-24 12-25 12-26",
    }
    for year, days in known.items():
        first = date(year, 1, 1).toordinal()
        found = [
            day.strftime("%m-%d")
            for day in map(date.fromordinal, range(first, first + 365))
            if is_holiday(day)
        ]
        assert found == days.split()
