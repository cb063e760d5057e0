from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.consumption.periods import PERIODS


@pytest.mark.parametrize(
    ("name", "as_of", "first", "last"),
    [
        ("last full year", date(2026, 11, 23), date(2025, 1, 1), date(2025, 12, 31)),
        ("last full year", date(2026, 12, 31), date(2026, 1, 1), date(2026, 12, 31)),
        ("last full year", date(2027, 1, 1), date(2026, 1, 1), date(2026, 12, 31)),
        ("last 12 months", date(2026, 11, 23), date(2025, 11, 24), date(2026, 11, 23)),
        ("last 12 months", date(2024, 2, 29), date(2023, 3, 2), date(2024, 2, 29)),
        ("last winter", date(2026, 11, 23), date(2025, 12, 1), date(2026, 2, 28)),
        ("last winter", date(2026, 2, 28), date(2025, 12, 1), date(2026, 2, 28)),
        ("last winter", date(2026, 2, 27), date(2024, 12, 1), date(2025, 2, 28)),
        ("last winter", date(2024, 2, 28), date(2022, 12, 1), date(2023, 2, 28)),
        ("last winter", date(2024, 2, 29), date(2023, 12, 1), date(2024, 2, 29)),
        ("last 3 months", date(2026, 11, 23), date(2026, 8, 25), date(2026, 11, 23)),
        ("last 28 days", date(2026, 3, 1), date(2026, 2, 2), date(2026, 3, 1)),
    ],
)
def test_dates(name: str, as_of: date, first: date, last: date) -> None:
    assert PERIODS[name].dates(as_of) == (first, last)


@given(st.sampled_from(sorted(PERIODS)), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_periods_are_over_and_not_long_ago(name: str, as_of: date) -> None:
    first, last = PERIODS[name].dates(as_of)
    assert first <= last <= as_of < last + timedelta(days=367)
    assert PERIODS[name].days_needed(as_of) <= (last - first).days + 1


@pytest.mark.parametrize(
    ("name", "needed"),
    [
        ("last full year", 330),
        ("last 12 months", 330),
        ("last winter", 81),
        ("last 3 months", 82),
        ("last 28 days", 26),
    ],
)
def test_days_needed(name: str, needed: int) -> None:
    assert PERIODS[name].days_needed(date(2026, 11, 23)) == needed
