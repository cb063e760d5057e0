"""By when a request must be answered: months as Regulation 1182/71 counts them."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.rights import deadlines
from campaigns.settings.holidays import days_off

DAYS = st.dates(date(2018, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-03-10", "2026-04-10"),  # the same number of the next month
        ("2027-01-31", "2027-03-01"),  # 28 February is a Sunday
        ("2028-01-30", "2028-02-29"),  # a leap year's last of February
        ("2026-03-31", "2026-04-30"),  # April has no 31st
        ("2026-02-28", "2026-03-30"),  # the 28th of March is a Saturday; not the last of March
        ("2026-05-06", "2026-06-08"),  # a Saturday
        ("2026-11-24", "2026-12-28"),  # Christmas Eve, two holidays and a Sunday
        ("2026-11-30", "2026-12-30"),
        ("2025-12-01", "2026-01-02"),  # New Year
        ("2026-03-03", "2026-04-07"),  # Good Friday to Easter Monday
        ("2026-12-15", "2027-01-15"),  # over the year
    ],
)
def test_a_month_from_receipt(received: str, due: str) -> None:
    assert deadlines.due_on(date.fromisoformat(received)) == date.fromisoformat(due)


def test_two_months_more_are_counted_from_receipt() -> None:
    found = deadlines.due_on(date(2026, 11, 30), months=deadlines.EXTENDED_MONTHS)
    assert found == date(2027, 3, 1)  # 28 February 2027 is a Sunday


@given(received=DAYS, months=st.sampled_from([deadlines.MONTHS, deadlines.EXTENDED_MONTHS]))
def test_due_days_are_working_days_right_after_the_period(received: date, months: int) -> None:
    due = deadlines.due_on(received, months=months)
    total = received.year * 12 + received.month - 1 + months
    year, month = total // 12, total % 12 + 1
    last = date(year, month, min(received.day, monthrange(year, month)[1]))
    closed = days_off([last.year, last.year + 1])
    assert due.weekday() < 5
    assert due not in closed
    between = [last + timedelta(days=n) for n in range((due - last).days)]
    assert all(day.weekday() >= 5 or day in closed for day in between)
    assert due >= last


@given(first=DAYS, later=st.integers(0, 60))
def test_who_asks_later_is_not_answered_earlier(first: date, later: int) -> None:
    assert deadlines.due_on(first) <= deadlines.due_on(first + timedelta(days=later))
