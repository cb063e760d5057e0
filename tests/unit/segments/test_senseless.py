"""Conditions that make no sense together are told once, and only when it is certain."""

# ruff: noqa: E501 - a table reads better in long lines
from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.segments.model import Duration, Range, Today
from campaigns.segments.model import Test as Asked
from campaigns.segments.possible import accepted, impossible
from support.effort import examples
from support.segments import library, segment_text
from unit.segments.test_messages import BAD, GOLDEN

SITE = "{{has: site, where: [{}]}}"
OIL, NO_OIL = "{field: heating, is: oil}", "{field: heating, is_not: oil}"
FINNISH = "{field: language, is: fi}"


def told(folder: Path, *conditions: str, more: str = "") -> list[tuple[str, str]]:
    found = library(folder, {"bad": segment_text(*conditions, more=more)}).check()
    return [(one.code, one.message) for one in found]


# What one test, several tests or several conditions of one list ask: the code, and words of the message.
SENSELESS = [
    (["{field: birth_year, at_least: 10, at_most: 5}"], "SEG041", "no `birth_year` can pass all of these tests."),
    (["{field: language, is: fi, is_not: fi}"], "SEG041", "no `language` can pass all"),
    (["{field: language, is: fi, one_of: [sv, en]}"], "SEG041", "no `language` can pass all"),
    (["{field: language, not_one_of: [fi, sv, en]}"], "SEG041", "no `language` can pass all"),
    (["{field: language, is: fi, is_known: no}"], "SEG041", "no `language` can pass all"),
    (["{field: postal_code, starts_with: '15', is: '00100'}"], "SEG041", "no `postal_code` can pass all"),
    (["{field: knows_newest_notice, is: yes, is_not: yes}"], "SEG041", "no `knows_newest_notice` can pass all"),
    (["{field: birth_year, one_of: [1960, 1970], at_least: 1980}"], "SEG041", "no `birth_year` can pass all"),
    (["{field: birth_year, between: 1960 to 1970, is_not: 1965, more_than: 1970}"], "SEG041", "no `birth_year`"),
    (["{field: customer_since, before: 2020-01-01, after: 2021-01-01}"], "SEG041", "no `customer_since` can"),
    (["{field: customer_since, within_last: 30 days, older_than: 60 days}"], "SEG041", "no `customer_since` can"),
    (["{field: customer_since, before: today, within_next: 60 days}"], "SEG041", "no `customer_since` can"),
    ([FINNISH, "{field: language, is: sv}"], "SEG041", "no `language` can pass this and what line 6 asks of it."),
    ([FINNISH, "{did: moved_out}", "{field: language, is_not: fi}"], "SEG041", "what line 6 asks of it."),
    ([SITE.format(f"{OIL}, {{field: heating, is: wood}}")], "SEG041", "no `heating` can pass this"),
    (
        [
            "{metric: kwh_year, over: last full year, at_least: 9 MWh}",
            "{metric: kwh_year, over: last full year, less_than: 9000 kWh}",
        ],
        "SEG041",
        "no `kwh_year` can pass this",
    ),
    (
        ["{metric: spot_paid, over: last 3 months, at_least: 150% of market_average, at_most: 100% of market_average}"],
        "SEG041",
        "no `spot_paid` can pass all of these tests.",
    ),
    (
        [
            "{metric: spot_paid, over: last 3 months, more_than: 110% of market_average}",
            "{metric: spot_paid, over: last 3 months, at_most: 110% of market_average}",
        ],
        "SEG041",
        "no `spot_paid` can pass this",
    ),
    (["{field: language, one_of: [sv, en, fi]}"], "SEG042", "`language` is always one of these"),
    (["{any: [{field: language, is: fi}, {field: language, is_not: fi}]}"], "SEG042", "for every `language`"),
    (["{any: [{field: language, one_of: [fi, sv]}, {field: language, is: en}]}"], "SEG042", "leave nobody out"),
    (["{any: [{field: age, at_least: 40 years}, {field: age, less_than: 40 years}]}"], "SEG042", "every `age`"),
    (["{none: [{field: language, is: fi}, {field: language, is_not: fi}]}"], "SEG041", "nobody is left."),
    (["{sample: 100%}"], "SEG042", "a sample of 100% leaves nobody out."),
    (["{did: moved_out, at_least: 0 times}"], "SEG042", "everybody did it at least 0 times"),
    ([FINNISH, "{did: moved_out}", FINNISH], "SEG047", "the same condition stands on line 6."),
    (["{any: [{did: moved_out}, {did: moved_out}]}"], "SEG047", "the same condition stands on line 6."),
    ([SITE.format(OIL), SITE.format(OIL)], "SEG047", "the same condition stands on line 6."),
]  # fmt: skip


@pytest.mark.parametrize(("conditions", "code", "message"), SENSELESS, ids=lambda one: str(one)[:70])
def test_senseless_conditions_are_told_once(
    tmp_path: Path, conditions: list[str], code: str, message: str
) -> None:
    found = told(tmp_path, *conditions)
    assert [one[0] for one in found] == [code]
    assert message in found[0][1]


def test_who_and_except_that_leave_nobody(tmp_path: Path) -> None:
    more = f"except:\n  - {FINNISH}"
    assert told(tmp_path, "{did: moved_out}", FINNISH, more=more) == [
        ("SEG041", "line 7 asks for the very people that this takes out: nobody is left.")
    ]


def test_exceptions_that_take_out_everybody(tmp_path: Path) -> None:
    more = "except:\n  - {field: language, is: fi}\n  - {field: language, is_not: fi}"
    assert told(tmp_path, "{did: moved_out}", more=more) == [
        ("SEG041", "one of these holds for every `language`: nobody is left.")
    ]


@pytest.mark.parametrize(
    "conditions",
    [
        [SITE.format(OIL), SITE.format("{field: heating, is: wood}")],  # two sites
        ["{field: relationship, is: customer}", "{field: relationship, is: portal_user}"],  # both at once
        ["{field: role, is: contact}", "{field: role, is_not: contact}"],  # in two companies
        [f"{{any: [{OIL.replace('heating', 'language').replace('oil', 'fi')}, {{did: moved_out}}]}}"],
        ["{field: birth_year, at_least: 1960, at_most: 1960}"],
        ["{field: customer_since, within_last: 60 days, older_than: 30 days}"],
        ["{field: customer_since, within_last: 1 month, older_than: 29 days}"],  # a month may have 31
        ["{field: language, is: fi, unknown: include}", "{field: language, is: sv, unknown: include}"],
        ["{metric: kwh_year, over: last full year, at_least: 9 MWh}", "{metric: kwh_year, over: last 12 months, less_than: 9 MWh}"],
        ["{any: [{field: language, is: fi}, {field: language, is: sv}]}"],
    ],
    ids=str,
)  # fmt: skip
def test_what_may_well_hold(tmp_path: Path, conditions: list[str]) -> None:
    assert told(tmp_path, *conditions) == []


DAYS = [date(2026, 11, day) for day in range(1, 30)]
AS_OF = DAYS[14]
lengths = st.sampled_from([Duration(days=1), Duration(days=10), Duration(days=20), Duration(months=1)])
days = st.sampled_from([*DAYS[5:20], Today()])
day_tests = st.one_of(
    st.builds(Asked, st.sampled_from(["is", "is_not", "before", "after"]), days),
    st.builds(Asked, st.sampled_from(["within_last", "within_next", "older_than"]), lengths),
    st.builds(
        lambda low, length: Asked("between", Range(low, DAYS[min(28, DAYS.index(low) + length)])),
        st.sampled_from(DAYS[5:20]),
        st.integers(0, 9),
    ),
)
numbers = st.integers(0, 5).map(Decimal)
number_tests = st.one_of(
    st.builds(
        Asked, st.sampled_from(["is", "is_not", "at_least", "at_most", "more_than", "less_than"]), numbers
    ),
    st.builds(Asked, st.sampled_from(["one_of", "not_one_of"]), st.lists(numbers, min_size=1).map(tuple)),
)
words = st.sampled_from(["fi", "sv", "en"])
word_tests = st.one_of(
    st.builds(Asked, st.sampled_from(["is", "is_not", "starts_with"]), words),
    st.builds(Asked, st.sampled_from(["one_of", "not_one_of"]), st.lists(words, min_size=1).map(tuple)),
)


@examples(80)
@given(tests=st.lists(day_tests, min_size=1, max_size=3))
def test_days_are_never_refused_wrongly(tests: list[Asked]) -> None:
    if impossible(tests):
        assert not [day for day in DAYS if holds(tests, day)]


@examples(200)
@given(tests=st.lists(number_tests, min_size=1, max_size=3))
def test_numbers_are_never_refused_wrongly(tests: list[Asked]) -> None:
    if impossible(tests):
        assert not [number for number in map(Decimal, range(-1, 8)) if holds(tests, number)]


@examples(200)
@given(tests=st.lists(word_tests, min_size=1, max_size=3))
def test_words_are_refused_just_when_none_is_left(tests: list[Asked]) -> None:
    left = {word for word in ("fi", "sv", "en") if holds(tests, word)}
    assert accepted(tests, ("fi", "sv", "en")) == left
    assert impossible(tests, ("fi", "sv", "en")) == (not left)


def holds(tests: list[Asked], value: object) -> bool:
    """Each test as the specification words it."""
    bounds = [(test.name, AS_OF if isinstance(test.value, Today) else test.value) for test in tests]
    return all(BY_WORD[name](value, bound) for name, bound in bounds)


BY_WORD: dict[str, Callable[[Any, Any], bool]] = {
    "is": lambda value, bound: value == bound,
    "is_not": lambda value, bound: value != bound,
    "one_of": lambda value, bound: value in bound,
    "not_one_of": lambda value, bound: value not in bound,
    "starts_with": lambda value, bound: value.startswith(bound),
    "before": lambda value, bound: value < bound,
    "less_than": lambda value, bound: value < bound,
    "after": lambda value, bound: value > bound,
    "more_than": lambda value, bound: value > bound,
    "at_least": lambda value, bound: value >= bound,
    "at_most": lambda value, bound: value <= bound,
    "between": lambda value, bound: bound.low <= value <= bound.high,
    "within_last": lambda value, bound: bound.before(AS_OF) <= value <= AS_OF,
    "within_next": lambda value, bound: AS_OF <= value <= bound.after(AS_OF),
    "older_than": lambda value, bound: value < bound.before(AS_OF),
}


THREE_MORE = """\
  - {field: birth_year, at_least: 1990, at_most: 1960}
  - {metric: peak_kw, over: last winter, at_least: 9 kWh}
  - {in_segment: renewl}
"""
THEIR_MESSAGES = """\
segments/bad.yml:29:41: SEG041 no `birth_year` can pass all of these tests.
   29 |   - {field: birth_year, at_least: 1990, at_most: 1960}
      |                                         ^^^^^^^

segments/bad.yml:30:52: SEG032 `kWh` is no unit of `peak_kw`.
   30 |   - {metric: peak_kw, over: last winter, at_least: 9 kWh}
      |                                                    ^^^^^
      did you mean `9 kW`?

segments/bad.yml:31:18: SEG025 there is no segment called `renewl`.
   31 |   - {in_segment: renewl}
      |                  ^^^^^^
      did you mean `renewal`?"""


def test_twelve_different_slips_give_twelve_messages(tmp_path: Path) -> None:
    found = library(tmp_path, {"bad": BAD + THREE_MORE, "renewal": segment_text(FINNISH)}).check()
    assert len(found) == 12
    assert "\n\n".join(map(str, found)) == f"{GOLDEN}\n\n{THEIR_MESSAGES}"
    assert len({one.code for one in found}) == 11  # two of them are a field that is not there
