"""When a mailing goes, across clock changes (faults 32, 33, 34)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.mailings.schedule import ONCE, Occurrence, Schedule, as_text, instant

HELSINKI = ZoneInfo("Europe/Helsinki")
LATEST = timedelta(hours=4)


def occurrences(schedule: Schedule, start: datetime, days: int) -> list[Occurrence]:
    return list(schedule.occurrences(start, start + timedelta(days=days), zone=HELSINKI, latest=LATEST))


def local(found: Occurrence) -> datetime:
    assert found.due is not None
    return found.due.astimezone(HELSINKI).replace(tzinfo=None)


def test_once() -> None:
    schedule = Schedule(at="2026-12-01 09:00")
    (found,) = occurrences(schedule, datetime(2026, 11, 24, tzinfo=UTC), 14)
    assert found == Occurrence(
        name=ONCE,
        due=datetime(2026, 12, 1, 7, 0, tzinfo=UTC),
        latest=datetime(2026, 12, 1, 11, 0, tzinfo=UTC),
    )
    assert occurrences(schedule, datetime(2026, 12, 2, tzinfo=UTC), 14) == []


def test_a_time_that_does_not_exist_is_the_first_minute_after_the_gap() -> None:
    assert instant(date(2027, 3, 28), time(3, 30), HELSINKI) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    daily = Schedule(every=("day",), at="03:30")
    found = occurrences(daily, datetime(2027, 3, 27, tzinfo=UTC), 3)
    assert [local(one).isoformat(" ", "minutes") for one in found] == [
        "2027-03-27 03:30",
        "2027-03-28 04:00",
        "2027-03-29 03:30",
    ]
    assert [one.name for one in found] == ["2027-03-27 03:30", "2027-03-28 03:30", "2027-03-29 03:30"]


def test_a_time_that_exists_twice_is_its_first() -> None:
    daily = Schedule(every=("day",), at="03:30")
    found = occurrences(daily, datetime(2026, 10, 24, 12, tzinfo=UTC), 2)
    assert [one.due for one in found] == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]


@pytest.mark.parametrize("every", [("monday",), ("tuesday", "friday")])
def test_weekdays_keep_their_local_hour_over_both_clock_changes(every: tuple[str, ...]) -> None:
    schedule = Schedule.model_validate({"every": list(every), "at": "09:00"})
    found = occurrences(schedule, datetime(2026, 10, 1, tzinfo=UTC), 240)
    assert {local(one).time() for one in found} == {time(9, 0)}
    assert {local(one).strftime("%A").lower() for one in found} == set(every)
    assert len(found) in range(len(every) * 34, len(every) * 36)


def test_monthly_keeps_its_day_and_hour() -> None:
    schedule = Schedule.model_validate({"every": "month", "on_day": "28", "at": "10:15"})
    found = occurrences(schedule, datetime(2026, 1, 1, tzinfo=UTC), 365)
    assert len(found) == 12
    assert {(local(one).day, local(one).time()) for one in found} == {(28, time(10, 15))}


def test_first_and_last_bound_a_series() -> None:
    schedule = Schedule.model_validate(
        {"every": "day", "at": "09:00", "first": "2026-12-01", "last": "2026-12-03"}
    )
    found = occurrences(schedule, datetime(2026, 11, 1, tzinfo=UTC), 90)
    assert [one.name for one in found] == ["2026-12-01 09:00", "2026-12-02 09:00", "2026-12-03 09:00"]


@given(
    hours=st.integers(0, 10 * 365 * 24),
    minute=st.integers(0, 24 * 60 - 1),
    days=st.integers(1, 400),
)
def test_every_day_is_due_once_and_its_name_leads_back_to_it(hours: int, minute: int, days: int) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    schedule = Schedule(every=("day",), at=f"{minute // 60:02}:{minute % 60:02}")
    found = occurrences(schedule, start, days)
    assert len({one.name for one in found}) == len(found)
    assert days - 1 <= len(found) <= days + 1
    for one in found:
        assert schedule.due_of(one.name, HELSINKI) == one.due


def test_names_of_other_times_lead_nowhere() -> None:
    schedule = Schedule(every=("monday",), at="09:00")
    assert schedule.due_of("2026-11-24 09:00", HELSINKI) is None  # a Tuesday
    assert schedule.due_of("2026-11-23 10:00", HELSINKI) is None
    assert schedule.due_of(ONCE, HELSINKI) is None
    assert Schedule(at="2026-12-01 09:00").due_of("2026-12-01 09:00", HELSINKI) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": "09:00"},
        {"at": "2026-13-01 09:00"},
        {"at": "2026-12-01 25:00"},
        {"at": "2026-12-01 09:00", "first": "2026-12-01"},
        {"every": "monday", "at": "2026-12-01 09:00"},
        {"every": "month", "at": "09:00"},
        {"every": "month", "on_day": "31", "at": "09:00"},
        {"every": ["month", "monday"], "on_day": "1", "at": "09:00"},
        {"every": ["day", "monday"], "at": "09:00"},
        {"every": ["monday", "monday"], "at": "09:00"},
        {"every": "mondays", "at": "09:00"},
        {"every": "monday", "on_day": "1", "at": "09:00"},
        {"every": [], "at": "09:00"},
    ],
)
def test_schedules_that_cannot_be(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Schedule.model_validate(wrong)


@pytest.mark.parametrize(
    ("length", "text"),
    [(timedelta(hours=4), "4 hours"), (timedelta(minutes=1), "1 minute"), (timedelta(days=2), "2 days")],
)
def test_lengths_read_as_they_are_written(length: timedelta, text: str) -> None:
    assert as_text(length) == text
