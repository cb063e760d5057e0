"""The SQL of sequences: the first events of people, and what followed each of them."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlglot import exp

from campaigns.catalogue.model import EventEntry
from campaigns.segments import sql
from campaigns.segments.chains import Chain, Step
from campaigns.segments.model import Duration
from campaigns.segments.rows import BROWSING_CONSENTS, Rows
from campaigns.segments.sequences import Properties, SequenceCondition
from campaigns.segments.sql import column
from campaigns.segments.verdicts import property_is, whole_days


def of_sequence(condition: SequenceCondition, name: str, chain: Chain, rows: Rows, zone: ZoneInfo) -> Step:
    """Whether one of the first events was followed, or was not until the time for it was over.

    Web visits of people who did not agree to it are unknown: all of it when the first event is one; when the
    second is, people without a first event are out of it all the same.
    """
    first, then = _steps(condition, name, rows, zone)
    alone = sql.is_null(column("person_id", then))
    is_over = exp.LT(this=column("until", first), expression=sql.literal(rows.as_of))
    flags = {
        "followed": sql.negated(alone),
        "missed": sql.all_of([alone.copy(), is_over]),
        "waiting": sql.all_of([alone.copy(), sql.negated(exp.paren(is_over.copy()))]),
    }
    found = (
        sql.select(column("person_id", first))
        .select(*(sql.named(sql.bool_or(one), flag) for flag, one in flags.items()), copy=False)
        .from_(sql.table(first), copy=False)
        .join(sql.table(then), on=_follows(first, then), join_type="left", copy=False)
        .group_by(column("person_id", first), copy=False)
    )
    if chain.values:
        found = found.select(sql.named(_told(condition, first, flags), "value"), copy=False)
    verdict, value = _verdict(condition, chain), _shown(condition, chain)
    return Step(verdict=verdict, found=found, using=("person_id",), value=value)


def _steps(condition: SequenceCondition, name: str, rows: Rows, zone: ZoneInfo) -> tuple[str, str]:
    """The first events with the last day on which a second counts, and the second ones with their days."""
    day = _local_day(zone)
    until = _later(day.copy(), condition.then_within)
    first_days = whole_days("occurred_at", rows.as_of, zone, within=condition.within)
    then_days = whole_days("occurred_at", rows.as_of, zone, within=None)
    firsts = _events(condition.event, condition.where, first_days, rows)
    seconds = _events(condition.then, condition.then_where, then_days, rows)
    firsts = firsts.select(sql.named(day, "day"), sql.named(until, "until"), copy=False)
    seconds = seconds.select(sql.named(day.copy(), "day"), copy=False)
    told = f"{condition.place}: the first event, and the last day on which it may be followed"
    first = rows.steps.add(f"{name}_first", firsts, told)
    return first, rows.steps.add(f"{name}_then", seconds, f"{condition.place}: what may follow it")


def _events(event: EventEntry, where: Properties, days: list[exp.Expr], rows: Rows) -> exp.Select:
    return (
        sql.select("person_id", "occurred_at")
        .from_(sql.table("events"), copy=False)
        .where(
            sql.equal(column("controller"), sql.literal(rows.controller)),
            sql.equal(column("name"), sql.literal(event.name)),
            *days,
            *(property_is(name, values) for name, values in where),
            copy=False,
        )
    )


def _follows(first: str, then: str) -> exp.Expr:
    same_person, later, in_time = (
        sql.equal(column("person_id", then), column("person_id", first)),
        exp.GT(this=column("occurred_at", then), expression=column("occurred_at", first)),
        exp.LTE(this=column("day", then), expression=column("until", first)),
    )
    return sql.all_of([same_person, later, in_time])


def _local_day(zone: ZoneInfo) -> exp.Expr:
    """The day of an event in the business zone, which is named: a session's own zone says another day."""
    local = exp.AtTimeZone(this=column("occurred_at"), zone=sql.literal(zone.key))
    return exp.cast(local, "date")


def _later(day: exp.Expr, length: Duration) -> exp.Expr:
    """The day that lies so long after another; the 31st becomes a shorter month's last day."""
    number, unit = (length.months, "MONTH") if length.months else (length.days, "DAY")
    interval = exp.Interval(this=sql.literal(str(number)), unit=exp.var(unit))
    return exp.cast(exp.Add(this=day, expression=interval), "date")


def _verdict(condition: SequenceCondition, chain: Chain) -> exp.Expr:
    cases: list[tuple[exp.Expr, exp.Expr]] = [(sql.is_null(column("person_id", "found")), exp.false())]
    first_hidden = condition.event.needs_cookies
    if condition.then.needs_cookies and not first_hidden:
        cases.append((sql.negated(_agreed(chain)), exp.null()))
    if condition.then_negated:
        cases += [(column("missed", "found"), exp.true()), (column("waiting", "found"), exp.null())]
    otherwise = exp.false() if condition.then_negated else column("followed", "found")
    verdict = sql.case(cases, otherwise)
    return exp.Case().when(_agreed(chain), verdict, copy=False) if first_hidden else verdict


def _shown(condition: SequenceCondition, chain: Chain) -> exp.Expr:
    value = column("value", "found")
    hidden = any(event.needs_cookies for event in condition.events)
    return exp.Case().when(_agreed(chain), value, copy=False) if hidden else value


def _agreed(chain: Chain) -> exp.Expr:
    return sql.in_query(
        chain.column("person_id"), sql.select("person_id").from_(sql.table(BROWSING_CONSENTS), copy=False)
    )


def _told(condition: SequenceCondition, first: str, flags: dict[str, exp.Expr]) -> exp.Expr:
    """The day of the first event that decided, the newest of several."""
    deciding = ("missed", "waiting") if condition.then_negated else ("followed",)
    newest = exp.Max(this=column("day", first))
    found = [sql.filtered(newest.copy(), flags[flag].copy()) for flag in deciding]
    return exp.Coalesce(this=found[0], expressions=[*found[1:], newest])
