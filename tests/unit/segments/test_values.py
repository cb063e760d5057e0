"""The values that people write."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.segments import values
from campaigns.segments.model import Duration, Range, Today
from campaigns.segments.values import Wrong


def wrong(reader: object, *arguments: object, **more: object) -> tuple[str, str]:
    with pytest.raises(Wrong) as caught:
        reader(*arguments, **more)  # type: ignore[operator]  # a function of values
    return caught.value.code, caught.value.hint


@pytest.mark.parametrize(
    ("text", "unit", "found"),
    [
        ("9000 kWh", "kWh", "9000"),
        ("9 MWh", "kWh", "9000"),
        ("9MWh", "kWh", "9000"),
        ("35%", "%", "0.35"),
        ("35 %", "%", "0.35"),
        ("-3", "", "-3"),
        ("-0", "", "0"),
        ("0.6", "", "0.6"),
        ("6 kW", "kW", "6"),
        ("10 people", "people", "10"),
    ],
)
def test_numbers(text: str, unit: str, found: str) -> None:
    assert values.number(text, name="x", unit=unit) == Decimal(found)


@pytest.mark.parametrize(
    ("text", "unit", "code", "hint"),
    [
        ("9000", "kWh", "SEG031", "did you mean `9000 kWh`?"),
        ("35", "%", "SEG031", "did you mean `35%`?"),
        ("9000 kW", "kWh", "SEG032", "did you mean `9000 kWh`?"),
        ("6 litres", "kWh", "SEG032", "choose from: kWh, MWh, GWh, Wh"),
        ("3 kWh", "", "SEG032", "did you mean `3`?"),
        ("0,6", "", "SEG035", "did you mean `0.6`?"),
        ("9 000 kWh", "kWh", "SEG035", "did you mean `9000 kWh`?"),
        ("1e999", "kWh", "SEG035", "write it like `9000 kWh`"),  # attack 41
        ("NaN", "", "SEG035", "write it like `5`"),
        ("inf", "", "SEG035", "write it like `5`"),
        ("9" * 40, "", "SEG035", "write it like `5`"),
        ("0x10", "", "SEG035", "write it like `5`"),
        ("", "", "SEG035", "write it like `5`"),
    ],
)
def test_numbers_that_are_none(text: str, unit: str, code: str, hint: str) -> None:
    assert wrong(values.number, text, name="x", unit=unit) == (code, hint)


@given(st.decimals("-999999999", "999999999", places=2))
def test_units_convert_exactly(number: Decimal) -> None:
    text = f"{number:f}"
    assert values.number(f"{text} MWh", name="x", unit="kWh") == number * 1000
    assert values.number(f"{text} kWh", name="x", unit="kWh") == number


@given(st.text(max_size=30))
def test_any_text_is_a_number_or_wrong(text: str) -> None:
    for unit in ("", "kWh", "%"):
        try:
            assert values.number(text, name="x", unit=unit).is_finite()
        except Wrong as error:
            assert error.code.startswith("SEG0")


@pytest.mark.parametrize(
    ("text", "days", "months"),
    [("60 days", 60, 0), ("1 day", 1, 0), ("2 weeks", 14, 0), ("6 months", 0, 6), ("1 year", 0, 12)],
)
def test_durations(text: str, days: int, months: int) -> None:
    assert values.duration(text) == Duration(days=days, months=months)


@pytest.mark.parametrize("text", ["60 dayz", "60", "days", "-3 days", "P999999Y", "99999 years", "1.5 days"])
def test_durations_that_are_none(text: str) -> None:  # attack 41
    assert wrong(values.duration, text)[0] == "SEG034"


@pytest.mark.parametrize(
    ("duration", "day", "before"),
    [
        (Duration(months=6), date(2026, 8, 31), date(2026, 2, 28)),
        (Duration(months=12), date(2024, 2, 29), date(2023, 2, 28)),
        (Duration(days=60), date(2026, 11, 24), date(2026, 9, 25)),
        (Duration(months=1), date(2026, 1, 15), date(2025, 12, 15)),
    ],
)
def test_months_are_those_of_the_calendar(duration: Duration, day: date, before: date) -> None:
    assert duration.before(day) == before


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 400), st.integers(0, 240))
def test_before_and_after_are_mirrors_within_a_month(day: date, days: int, months: int) -> None:
    assert Duration(days=days).after(Duration(days=days).before(day)) == day
    back = Duration(months=months).after(Duration(months=months).before(day))
    assert 0 <= (day - back).days <= 3


def test_days() -> None:
    assert values.day("2026-11-24") == date(2026, 11, 24)
    assert values.day("today") == Today()


@pytest.mark.parametrize("text", ["9999-99-99", "0000-01-01", "0000", "tomorrow", "2026-02-30", "20261124"])
def test_days_that_are_none(text: str) -> None:  # attack 41
    assert wrong(values.day, text) == ("SEG036", "write it like `2026-11-24`, or `today`")


def test_a_finnish_date_is_turned_round() -> None:
    assert wrong(values.day, "4.11.2026") == ("SEG036", "did you mean `2026-11-04`?")


def test_ranges() -> None:
    assert values.number_range("1960 to 2005", name="x", unit="") == Range(Decimal(1960), Decimal(2005))
    assert values.number_range("5 to 9 MWh", name="x", unit="kWh") == Range(Decimal(5000), Decimal(9000))
    assert values.day_range("2026-01-01 to today") == Range(date(2026, 1, 1), Today())
    assert wrong(values.number_range, "1960-2005", name="x", unit="")[0] == "SEG037"
    assert wrong(values.number_range, "9 to 5", name="x", unit="") == ("SEG041", "did you mean `5 to 9`?")
    assert wrong(values.day_range, "2026-03-01 to 2026-01-01")[0] == "SEG041"


def test_shares() -> None:
    assert values.percent("10%") == Decimal("0.1")
    assert wrong(values.percent, "10") == ("SEG035", "did you mean `10%`?")
    assert wrong(values.percent, "0%")[0] == "SEG035"
    assert wrong(values.percent, "60%", most=50)[0] == "SEG035"


def test_times_and_counts() -> None:
    assert values.times("2 times") == 2
    assert wrong(values.times, "2") == ("SEG031", "did you mean `2 times`?")
    assert wrong(values.times, "twice")[0] == "SEG035"
    assert values.count("5000", what="people") == 5000
    assert wrong(values.count, "0", what="people")[0] == "SEG035"


def test_messages_repeat_little_of_a_long_value() -> None:
    assert len(values.short("x" * 5000)) == 40
    assert values.short("two\nlines") == "two lines"
