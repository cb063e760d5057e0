"""Whether any value can pass several tests at once. In doubt it can: only what never holds is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial

from campaigns.segments.model import Duration, Range, ShareOf, Test, Today, Value

_EVER = 10**9  # days; farther than any date
_MONTH = (27, 31)  # days: at least and at most


def impossible(tests: Sequence[Test], values: Iterable[str] = ()) -> bool:
    """Whether no value passes all of these tests; `values` are all there are, when a list says so."""
    return (
        _unknown_and_more(tests)
        or _no_word(tests, values)
        or _no_number(tests)
        or any(_no_number(shares) for shares in _shares(tests))
        or _no_day(tests, _fixed)
        or _no_day(tests, _from_today)
    )


def accepted(tests: Sequence[Test], values: Iterable[str]) -> set[str]:
    """Which of these values pass all tests."""
    return {value for value in values if all(_passes(test, value) for test in tests)}


def _passes(test: Test, value: str) -> bool:
    listed = test.value if isinstance(test.value, tuple) else (test.value,)
    match test.name:
        case "is" | "one_of":
            return value in listed
        case "is_not" | "not_one_of":
            return value not in listed
        case "starts_with":
            return any(isinstance(start, str) and value.startswith(start) for start in listed)
        case "is_known":
            return test.value is True
        case _:
            return True


def _unknown_and_more(tests: Sequence[Test]) -> bool:
    """A value that is not known passes no other test."""
    return Test("is_known", False) in tests and any(test != Test("is_known", False) for test in tests)


def _no_word(tests: Sequence[Test], values: Iterable[str]) -> bool:
    named = [test for test in tests if test.name in ("is", "one_of")]
    words = {word for test in named for word in _words(test.value)} | set(values)
    if any(isinstance(test.value, bool) for test in tests if test.name in ("is", "is_not")):
        return _no_answer(tests)
    is_listed = bool(words) and (bool(set(values)) or bool(named))
    return is_listed and Test("is_known", False) not in tests and not accepted(tests, words)


def _words(value: Value) -> Iterator[str]:
    yield from (word for word in (value if isinstance(value, tuple) else (value,)) if isinstance(word, str))


def _no_answer(tests: Sequence[Test]) -> bool:
    """`yes` and `no` at once."""
    answers = {True, False}
    for test in tests:
        if isinstance(test.value, bool) and test.name in ("is", "is_not"):
            answers &= {test.value if test.name == "is" else not test.value}
    return not answers


def _shares(tests: Sequence[Test]) -> Iterable[list[Test]]:
    """Tests against shares of one other metric, as tests of the share: market averages are above zero."""
    found: dict[str, list[Test]] = {}
    for test in tests:
        if isinstance(test.value, ShareOf):
            found.setdefault(test.value.metric.name, []).append(Test(test.name, test.value.factor))
    return found.values()


def _no_number(tests: Sequence[Test]) -> bool:
    bounds = [_bounds(test) for test in tests]
    low = max((lower for lower, _, _ in bounds), default=Decimal("-Infinity"))
    high = min((upper for _, upper, _ in bounds), default=Decimal("Infinity"))
    # Of equal bounds the one that leaves its end out counts.
    is_open = any(is_left_out and low in (lower, upper) for lower, upper, is_left_out in bounds)
    empty = low > high or (low == high and is_open)
    return empty or _no_listed_number(tests, low, high)


def _no_listed_number(tests: Sequence[Test], low: Decimal, high: Decimal) -> bool:
    """None of the numbers that are listed, or all that lie between are left out."""
    left: set[Decimal] | None = {low} if low == high else None
    for test in tests:
        numbers = {one for one in _several(test.value) if isinstance(one, Decimal)}
        if test.name == "one_of" and numbers:
            left = numbers if left is None else left & numbers
    if left is None:
        return False
    out = {
        one
        for test in tests
        if test.name in ("is_not", "not_one_of")
        for one in _several(test.value)
        if isinstance(one, Decimal)
    }
    return not {one for one in left - out if low <= one <= high}


def _several(value: Value) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _bounds(test: Test) -> tuple[Decimal, Decimal, bool]:
    lowest, highest = Decimal("-Infinity"), Decimal("Infinity")
    match test:
        case Test(name="at_least" | "more_than", value=Decimal() as bound):
            return bound, highest, test.name == "more_than"
        case Test(name="at_most" | "less_than", value=Decimal() as bound):
            return lowest, bound, test.name == "less_than"
        case Test(name="is", value=Decimal() as bound):
            return bound, bound, False
        case Test(name="between", value=Range(low=Decimal() as low, high=Decimal() as high)):
            return low, high, False
        case _:
            return lowest, highest, False


Days = Callable[[object, int], int | None]


def _no_day(tests: Sequence[Test], days: Days) -> bool:
    """Dates of the calendar and days from today are compared each among themselves."""
    spans = [_span(test, days) for test in tests]
    return max((low for low, _ in spans), default=0) > min((high for _, high in spans), default=0)


def _span(test: Test, days: Days) -> tuple[int, int]:
    """The first and the last day that pass, both included; far away when the test does not say one."""
    first, last = partial(_or, -_EVER, days), partial(_or, _EVER, days)
    match test:
        case Test(name="before", value=value):
            return -_EVER, last(value, -1)
        case Test(name="after", value=value):
            return first(value, 1), _EVER
        case Test(name="is", value=date() | Today() as day):
            return first(day, 0), last(day, 0)
        case Test(name="between", value=Range(low=low, high=high)):
            return first(low, 0), last(high, 0)
        case Test(name="within_last", value=Duration() as length) if days is _from_today:
            return -_longest(length), 0
        case Test(name="within_next", value=Duration() as length) if days is _from_today:
            return 0, _longest(length)
        case Test(name="older_than", value=Duration() as length) if days is _from_today:
            return -_EVER, -_shortest(length) - 1
        case _:
            return -_EVER, _EVER


def _or(far: int, days: Days, value: object, more: int) -> int:
    found = days(value, more)
    return far if found is None else found


def _fixed(value: object, more: int) -> int | None:
    return value.toordinal() + more if isinstance(value, date) else None


def _from_today(value: object, more: int) -> int | None:
    return more if isinstance(value, Today) else None


def _longest(length: Duration) -> int:
    return length.days + _MONTH[1] * length.months


def _shortest(length: Duration) -> int:
    return length.days + _MONTH[0] * length.months
