"""Small pieces of SQL, built as trees and printed by sqlglot: what people write is never pasted into text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce

from sqlglot import exp

from campaigns.catalogue.units import plain
from campaigns.segments.model import Today

DIALECT = "duckdb"


def column(name: str, table: str = "") -> exp.Column:
    """A column, of a table when several are in sight."""
    return exp.column(name, table=table or None)


def literal(value: object, as_of: date | None = None) -> exp.Expr:
    """A value as a typed literal. `today` is the segment's own day."""
    match value:
        case bool():
            return exp.true() if value else exp.false()
        case str():
            return exp.Literal.string(value)
        case int():
            return exp.Literal.number(value)
        case Decimal():
            return exp.Literal.number(plain(value))
        case Today() if as_of is not None:
            return literal(as_of)
        case datetime():
            return _typed(value.astimezone(UTC).isoformat(" "), exp.DType.TIMESTAMPTZ)
        case date():
            return _typed(value.isoformat(), exp.DType.DATE)
        case _:
            raise TypeError(f"no literal for {type(value).__name__}")


def _typed(text: str, kind: exp.DType) -> exp.Expr:
    return exp.Cast(this=exp.Literal.string(text), to=exp.DataType(this=kind, nested=False))


def select(*columns: exp.Expr | str) -> exp.Select:
    """`SELECT columns`; a name is that of a column.

    Strings are not parsed here, and the query's own methods are told `copy=False` wherever one is built:
    parsing and copying were two thirds of the time that compiling took.
    """
    return exp.Select(expressions=[column(one) if isinstance(one, str) else one for one in columns])


def table(name: str, alias: str = "") -> exp.Table:
    """A table or an earlier step, by another name when one is given."""
    called = exp.TableAlias(this=exp.to_identifier(alias)) if alias else None
    return exp.Table(this=exp.to_identifier(name), alias=called)


def all_of(parts: Sequence[exp.Expr]) -> exp.Expr:
    """Their AND, unknown when one is unknown and none is false; true of nothing."""
    return _joined(exp.And, parts) if parts else exp.true()


def any_of(parts: Sequence[exp.Expr]) -> exp.Expr:
    """Their OR, unknown when one is unknown and none is true."""
    return _joined(exp.Or, parts)


def _joined(kind: type[exp.Connector], parts: Sequence[exp.Expr]) -> exp.Expr:
    """Built here, because sqlglot's own builders copy all that they are given, each time."""
    if len(parts) == 1:
        return parts[0]
    return reduce(lambda left, right: kind(this=left, expression=right), map(_apart, parts))


def _apart(part: exp.Expr) -> exp.Expr:
    """In parentheses when it is an AND or OR."""
    return exp.Paren(this=part) if isinstance(part, exp.Connector) else part


def negated(part: exp.Expr) -> exp.Expr:
    """NOT; what is unknown stays unknown."""
    return exp.Not(this=_apart(part))


def _single(part: exp.Expr) -> exp.Expr:
    """In parentheses, unless it is a column: comparisons do not chain."""
    return part if isinstance(part, exp.Column) else exp.Paren(this=part)


def equal(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """`left = right`."""
    return exp.EQ(this=left, expression=right)


def is_null(part: exp.Expr) -> exp.Expr:
    """`part IS NULL`."""
    return exp.Is(this=part, expression=exp.Null())


def not_false(part: exp.Expr) -> exp.Expr:
    """True or unknown."""
    return exp.NullSafeNEQ(this=_single(part), expression=exp.false())


def without_nan(part: exp.Column) -> exp.Expr:
    """The number, unknown when it is not one: in an order NaN would come before all numbers."""
    return exp.Case().when(negated(exp.IsNan(this=part)), part.copy(), copy=False)


def is_not_true(part: exp.Expr) -> exp.Expr:
    """False or unknown."""
    return exp.NullSafeNEQ(this=_single(part), expression=exp.true())


def of_controller(table: str, controller: str) -> exp.Expr:
    """The row belongs to this register: in every query, on every table."""
    return equal(column("controller", table), literal(controller))


def running(table: str, as_of: date) -> exp.Expr:
    """The row's dates hold the day, both ends included; an end that is not known is open."""
    start, end = column("start_date", table), column("end_date", table)
    return all_of(
        [
            any_of([is_null(start), exp.LTE(this=start.copy(), expression=literal(as_of))]),
            any_of([is_null(end), exp.GTE(this=end.copy(), expression=literal(as_of))]),
        ]
    )


def case(pairs: Iterable[tuple[exp.Expr, exp.Expr]], otherwise: exp.Expr) -> exp.Case:
    """CASE WHEN … THEN … ELSE … END."""
    return exp.Case(ifs=[exp.If(this=when, true=then) for when, then in pairs], default=otherwise)


def bool_or(part: exp.Expr) -> exp.Expr:
    """True when one row is true; unknown when none is true and one is unknown."""
    part = part.copy()
    part.type = exp.DType.BOOLEAN.into_expr()  # so that no cast is printed
    return exp.LogicalOr(this=part)


def filtered(aggregate: exp.Expr, only: exp.Expr) -> exp.Expr:
    """`aggregate FILTER (WHERE only)`."""
    return exp.Filter(this=aggregate, expression=exp.Where(this=only))


def count_distinct(part: exp.Expr) -> exp.Expr:
    """`COUNT(DISTINCT part)`."""
    return exp.Count(this=exp.Distinct(expressions=[part]))


def count_rows() -> exp.Expr:
    """`COUNT(*)`."""
    return exp.Count(this=exp.Star())


def every_column(table: str) -> exp.Expr:
    """`table.*`."""
    return exp.Column(this=exp.Star(), table=exp.to_identifier(table))


def in_query(part: exp.Expr, query: exp.Query) -> exp.Expr:
    """`part IN (SELECT …)`."""
    return exp.In(this=part, query=exp.Subquery(this=query))


def call(function: str, *arguments: exp.Expr) -> exp.Expr:
    """A function call."""
    return exp.func(function, *arguments, dialect=DIALECT)


def named(part: exp.Expr, name: str) -> exp.Expr:
    """`part AS name`."""
    return exp.Alias(this=part, alias=exp.to_identifier(name))


def pretty(query: exp.Expr) -> str:
    """The query as people read it."""
    return query.sql(dialect=DIALECT, pretty=True)
