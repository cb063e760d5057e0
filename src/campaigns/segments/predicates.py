"""The tests of the language: one row each with the types it fits, its SQL and its sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

from sqlglot import exp

from campaigns.segments import sql
from campaigns.segments.model import Duration, Range, Test, Value

Shape = Literal["one", "list", "one_or_list", "range", "duration", "yes_no"]
Build = Callable[[exp.Expr, Value, date], exp.Expr]

ORDERED = ("number",)
WORDS = ("choice", "text")
ALL = ("choice", "text", "number", "date", "yes_no")


@dataclass(frozen=True, kw_only=True, slots=True)
class Operator:
    """A test. `sentence` has `{}` where the value stands."""

    types: tuple[str, ...]
    shape: Shape
    sentence: str
    build: Build


def _one_of(column: exp.Expr, value: Value, _: date) -> exp.Expr:
    return exp.In(this=column, expressions=[sql.literal(item) for item in cast("tuple[str, ...]", value)])


def _not_one_of(column: exp.Expr, value: Value, as_of: date) -> exp.Expr:
    return exp.Not(this=_one_of(column, value, as_of))


def _between(column: exp.Expr, value: Value, as_of: date) -> exp.Expr:
    bounds = cast("Range", value)
    return exp.Between(this=column, low=sql.literal(bounds.low, as_of), high=sql.literal(bounds.high, as_of))


def _starts_with(column: exp.Expr, value: Value, _: date) -> exp.Expr:
    starts = value if isinstance(value, tuple) else (value,)
    return sql.any_of([exp.StartsWith(this=column.copy(), expression=sql.literal(start)) for start in starts])


def _within_last(column: exp.Expr, value: Value, as_of: date) -> exp.Expr:
    return _between(column, Range(cast("Duration", value).before(as_of), as_of), as_of)


def _within_next(column: exp.Expr, value: Value, as_of: date) -> exp.Expr:
    return _between(column, Range(as_of, cast("Duration", value).after(as_of)), as_of)


def _older_than(column: exp.Expr, value: Value, as_of: date) -> exp.Expr:
    return exp.LT(this=column, expression=sql.literal(cast("Duration", value).before(as_of)))


def _is_known(column: exp.Expr, value: Value, _: date) -> exp.Expr:
    missing = exp.Is(this=column, expression=exp.Null())
    return exp.Not(this=missing) if value else missing


def _compared(kind: type[exp.Binary]) -> Build:
    return lambda column, value, as_of: kind(this=column, expression=sql.literal(value, as_of))


OPERATORS: Mapping[str, Operator] = {
    "is": Operator(types=ALL, shape="one", sentence="is {}", build=_compared(exp.EQ)),
    "is_not": Operator(types=ALL, shape="one", sentence="is not {}", build=_compared(exp.NEQ)),
    "one_of": Operator(types=(*WORDS, "number"), shape="list", sentence="is {}", build=_one_of),
    "not_one_of": Operator(
        types=(*WORDS, "number"), shape="list", sentence="is neither {}", build=_not_one_of
    ),
    "at_least": Operator(types=ORDERED, shape="one", sentence="at least {}", build=_compared(exp.GTE)),
    "at_most": Operator(types=ORDERED, shape="one", sentence="at most {}", build=_compared(exp.LTE)),
    "more_than": Operator(types=ORDERED, shape="one", sentence="more than {}", build=_compared(exp.GT)),
    "less_than": Operator(types=ORDERED, shape="one", sentence="less than {}", build=_compared(exp.LT)),
    "between": Operator(types=("number", "date"), shape="range", sentence="from {}", build=_between),
    "starts_with": Operator(types=WORDS, shape="one_or_list", sentence="starts with {}", build=_starts_with),
    "before": Operator(types=("date",), shape="one", sentence="before {}", build=_compared(exp.LT)),
    "after": Operator(types=("date",), shape="one", sentence="after {}", build=_compared(exp.GT)),
    "within_last": Operator(
        types=("date",), shape="duration", sentence="within the last {}", build=_within_last
    ),
    "within_next": Operator(
        types=("date",), shape="duration", sentence="within the next {}", build=_within_next
    ),
    "older_than": Operator(types=("date",), shape="duration", sentence="more than {} ago", build=_older_than),
    "is_known": Operator(types=ALL, shape="yes_no", sentence="is known: {}", build=_is_known),
}
# Tests that are true of what is missing from a set of values, when a field has several values.
NEGATIVE: Mapping[str, str] = {"is_not": "is", "not_one_of": "one_of"}


def fitting(kind: str) -> list[str]:
    """The tests that a type may have."""
    return [name for name, operator in OPERATORS.items() if kind in operator.types]


def predicate(column: exp.Expr, tests: Sequence[Test], as_of: date) -> exp.Expr:
    """All tests of a condition on one column; `as_of` gives dates their meaning."""
    return sql.all_of([OPERATORS[test.name].build(column.copy(), test.value, as_of) for test in tests])
