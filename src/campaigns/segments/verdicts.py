"""The SQL of each kind of condition: its verdict, and what has to be joined for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlglot import exp

from campaigns.segments import sql
from campaigns.segments.chains import Chain, Step
from campaigns.segments.drawing import is_drawn_sql
from campaigns.segments.model import (
    AnswerCondition,
    Duration,
    EventCondition,
    FieldCondition,
    MetricCondition,
    RelatedCondition,
    SampleCondition,
    ShareOf,
    Test,
)
from campaigns.segments.predicates import NEGATIVE, fitting, predicate
from campaigns.segments.rows import BROWSING_CONSENTS, MAIN, Measured, Rows


def of_field(condition: FieldCondition, chain: Chain, rows: Rows) -> Step:
    """A field of the row itself, or one that is looked up in a table with several rows."""
    field = condition.field
    if field.table in MAIN[field.relation]:
        value = chain.column(field.name)
        return Step(verdict=predicate(value, condition.tests, rows.as_of), value=value)
    query, key = rows.lookup(field)
    if field.pick == "any":
        return _any_value(condition, query, key, rows.as_of, values=chain.values)
    picked = {"earliest": exp.Min, "latest": exp.Max, "highest": exp.Max, "only": exp.Max}[field.pick]
    query = query.select(sql.named(picked(this=sql.column(field.column)), "value"), copy=False)
    value = sql.column("value", "found")
    return Step(verdict=predicate(value, condition.tests, rows.as_of), found=query, using=(key,), value=value)


def _any_value(condition: FieldCondition, query: exp.Select, key: str, as_of: date, *, values: bool) -> Step:
    """Several values: a test holds when it holds for one of them, a negative test when it holds for all."""
    value = sql.column(condition.field.column)
    verdicts: list[exp.Expr] = []
    for number, test in enumerate(condition.tests, start=1):
        name = f"test_{number}"
        positive = Test(NEGATIVE.get(test.name, test.name), test.value)
        if test.name == "is_known":
            known = sql.negated(sql.is_null(sql.column(key, "found")))
            verdicts.append(known if test.value else sql.negated(known))
            continue
        query = query.select(sql.named(sql.bool_or(predicate(value, [positive], as_of)), name), copy=False)
        column = sql.column(name, "found")
        verdicts.append(sql.negated(column) if test.name in NEGATIVE else column)
    if values:
        listed = exp.GroupConcat(this=exp.Distinct(expressions=[value.copy()]), separator=sql.literal(", "))
        query = query.select(sql.named(listed, "value"), copy=False)
    return Step(verdict=sql.all_of(verdicts), found=query, using=(key,), value=sql.column("value", "found"))


def of_metric(condition: MetricCondition, name: str, chain: Chain, rows: Rows) -> Step:
    """A metric of the row, or its change, compared with numbers or with a share of another metric."""
    value = chain.column(_column(condition.metric.name, condition.period))
    if condition.change_from:
        then = chain.column(_column(condition.metric.name, condition.change_from))
        comment = f"{condition.place}: the change from {condition.change_from}"
        chain.add(f"{name}_change", Step(verdict=_change(value, then)), comment)
        value = chain.column(f"{name}_change")
    parts: list[exp.Expr] = []
    for test in condition.tests:
        if not isinstance(test.value, ShareOf):
            parts.append(predicate(value, [test], rows.as_of))
            continue
        other = chain.column(_column(test.value.metric.name, condition.period))
        factor = sql.literal(test.value.factor)
        bound = exp.Mul(this=factor, expression=other)
        parts.append(_COMPARED[test.name](this=value.copy(), expression=bound))
    return Step(verdict=sql.all_of(parts), value=value)


_COMPARED: dict[str, type[exp.Binary]] = {
    "is": exp.EQ,
    "is_not": exp.NEQ,
    "at_least": exp.GTE,
    "at_most": exp.LTE,
    "more_than": exp.GT,
    "less_than": exp.LT,
}


def _column(name: str, period: str) -> str:
    return f"{name}_{Measured.slug(period)}"


def _change(now: exp.Expr, then: exp.Expr) -> exp.Expr:
    """The relative change, unknown from nothing or less.

    It is rounded, because 12,000 is 20 % more than 10,000, and 12000.0 / 10000.0 - 1 is a bit less than 0.2.
    """
    more = exp.Sub(this=exp.Div(this=now, expression=then.copy()), expression=sql.literal(1))
    rounded = exp.Round(this=more, decimals=sql.literal(9))
    return exp.Case().when(exp.GT(this=then, expression=sql.literal(0)), rounded, copy=False)


def of_event(condition: EventCondition, chain: Chain, rows: Rows, zone: ZoneInfo) -> Step:
    """How many events a person has in whole local days up to the segment's day.

    Web visits of people who did not agree to it are unknown.
    """
    query = (
        sql.select("person_id", sql.named(sql.count_rows(), "times"))
        .from_(sql.table("events"), copy=False)
        .where(
            sql.equal(sql.column("controller"), sql.literal(rows.controller)),
            sql.equal(sql.column("name"), sql.literal(condition.event.name)),
            *whole_days("occurred_at", rows.as_of, zone, within=condition.within),
            *(property_is(name, values) for name, values in condition.where),
            *(_answers(condition, rows.as_of) if isinstance(condition, AnswerCondition) else ()),
            copy=False,
        )
    )
    times: exp.Expr = exp.Coalesce(this=sql.column("times", "found"), expressions=[sql.literal(0)])
    verdict = counted(times, condition.least, condition.most)
    if condition.event.needs_cookies:
        consents = sql.select("person_id").from_(sql.table(BROWSING_CONSENTS), copy=False)
        agreed = sql.in_query(chain.column("person_id"), consents)
        verdict = exp.Case().when(agreed, verdict, copy=False)
        times = exp.Case().when(agreed.copy(), times, copy=False)
    found = query.group_by(sql.column("person_id"), copy=False)
    return Step(verdict=verdict, found=found, using=("person_id",), value=times)


def whole_days(name: str, as_of: date, zone: ZoneInfo, *, within: Duration | None) -> list[exp.Expr]:
    """A moment lies in whole local days: up to the segment's day, and within a length of time before it."""
    moment = sql.column(name)
    after = exp.LT(this=moment, expression=sql.literal(midnight(as_of + timedelta(days=1), zone)))
    if within is None:
        return [after]
    first = sql.literal(midnight(within.before(as_of), zone))
    return [after, exp.GTE(this=moment.copy(), expression=first)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The moment when a local day begins."""
    return datetime.combine(day, time(), tzinfo=zone)


def _said(name: str) -> exp.Expr:
    path = exp.JSONPath(expressions=[exp.JSONPathRoot(), exp.JSONPathKey(this=name)])
    return exp.paren(exp.JSONExtractScalar(this=sql.column("properties"), expression=path))


def _answers(condition: AnswerCondition, as_of: date) -> Iterator[exp.Expr]:
    """Bounds compare the answer as a number: what is none passes no bound. Other tests compare the text."""
    said = _said("answer")
    # A decimal has no NaN, which DuckDB finds larger than every number.
    number = exp.TryCast(this=said.copy(), to=exp.DataType.build("decimal(18, 4)"))
    for test in condition.answers:
        yield predicate(said if test.name in fitting("text") else number, [test], as_of)


def property_is(name: str, values: Sequence[str]) -> exp.Expr:
    """What an event says under one name is one of these words."""
    said = _said(name)
    if len(values) == 1:
        return sql.equal(said, sql.literal(values[0]))
    return exp.In(this=said, expressions=[sql.literal(value) for value in values])


def counted(times: exp.Expr, least: int, most: int | None) -> exp.Expr:
    """A number of times lies between the bounds."""
    if most == least:
        return sql.equal(times.copy(), sql.literal(least))
    bounds: list[exp.Expr] = []
    if least > 0:
        bounds.append(exp.GTE(this=times.copy(), expression=sql.literal(least)))
    if most is not None:
        bounds.append(exp.LTE(this=times.copy(), expression=sql.literal(most)))
    return sql.all_of(bounds)


def of_related(
    condition: RelatedCondition, inner: Chain, verdicts: Sequence[exp.Expr], link: Sequence[str]
) -> Step:
    """Whether enough of the related rows pass; unknown when only unknown rows could make up the number.

    A row with one false verdict is out of it; said one by one, the engine drops such rows before joining.
    """
    verdict = sql.all_of(verdicts)
    grouped = (
        sql.select(*link)
        .from_(sql.table(inner.last, inner.rows), copy=False)
        .where(*(sql.not_false(one.copy()) for one in verdicts), copy=False)
        .group_by(*map(sql.column, link), copy=False)
    )
    missing = sql.is_null(sql.column("person_id", "found"))
    if condition.least == 1:
        grouped = grouped.select(sql.named(sql.bool_or(verdict), "verdict"), copy=False)
        found = sql.case([(missing, exp.false())], sql.column("verdict", "found"))
    else:
        row = sql.count_distinct(sql.column(f"{condition.relation}_id"))
        sure = sql.filtered(row, verdict.copy())
        grouped = grouped.select(sql.named(sure, "sure"), sql.named(row.copy(), "possible"), copy=False)
        enough = sql.literal(condition.least)
        found = sql.case(
            [
                (exp.GTE(this=sql.column("sure", "found"), expression=enough), exp.true()),
                (exp.GTE(this=sql.column("possible", "found"), expression=enough.copy()), exp.null()),
            ],
            exp.false(),
        )
    counted = sql.filtered(sql.count_distinct(sql.column(f"{condition.relation}_id")), verdict.copy())
    if inner.values:
        grouped = grouped.select(sql.named(counted, "rows_found"), copy=False)
    value = exp.Coalesce(this=sql.column("rows_found", "found"), expressions=[sql.literal(0)])
    return Step(
        verdict=sql.negated(found) if condition.negated else found,
        found=grouped,
        using=tuple(link),
        value=value,
    )


def of_sample(condition: SampleCondition, chain: Chain) -> Step:
    """A draw that is the same in every run."""
    return Step(verdict=is_drawn_sql(condition.name, chain.column("person_id"), condition.share))
