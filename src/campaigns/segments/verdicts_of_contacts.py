"""The SQL of conditions on what became of mailings, and on imported lists."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlglot import exp

from campaigns.segments import sql
from campaigns.segments.chains import Step
from campaigns.segments.model import ANY_NEWSLETTER, ListCondition, MessageCondition
from campaigns.segments.rows import CLICKS, MESSAGES, Rows
from campaigns.segments.verdicts import counted, whole_days


def of_message(condition: MessageCondition, rows: Rows, zone: ZoneInfo) -> Step:
    """How many messages a person received, or how many clicks came from them.

    Where no click on such a mailing is known of anybody, clicks were not recorded: unknown, not never.
    """
    if condition.verb == "received":
        found, times = _by_person(condition, MESSAGES, "handed_over_at", rows, zone)
        return _step(counted(times, condition.least, condition.most), found, times)
    found, times = _by_person(condition, CLICKS, "clicked_at", rows, zone)
    known = (
        sql.select(sql.literal(1))
        .from_(sql.table(CLICKS), copy=False)
        .where(
            *_of_mailing(condition, rows),
            *whole_days("clicked_at", rows.as_of, zone, within=None),
            copy=False,
        )
    )
    listened = exp.Exists(this=known)
    verdict = exp.Case().when(listened, counted(times, condition.least, condition.most), copy=False)
    return _step(verdict, found, exp.Case().when(listened.copy(), times.copy(), copy=False))


def _by_person(
    condition: MessageCondition, table: str, moment: str, rows: Rows, zone: ZoneInfo
) -> tuple[exp.Select, exp.Expr]:
    query = sql.select("person_id", sql.named(sql.count_rows(), "times")).from_(sql.table(table), copy=False)
    query = query.where(
        *_of_mailing(condition, rows),
        *whole_days(moment, rows.as_of, zone, within=condition.within),
        copy=False,
    )
    times = exp.Coalesce(this=sql.column("times", "found"), expressions=[sql.literal(0)])
    return query.group_by(sql.column("person_id"), copy=False), times


def _of_mailing(condition: MessageCondition, rows: Rows) -> list[exp.Expr]:
    mine = sql.equal(sql.column("controller"), sql.literal(rows.controller))
    if condition.mailing == ANY_NEWSLETTER:
        return [mine, sql.equal(sql.column("kind"), sql.literal("newsletter"))]
    return [mine, sql.equal(sql.column("mailing"), sql.literal(condition.mailing))]


def _step(verdict: exp.Expr, found: exp.Select, times: exp.Expr) -> Step:
    return Step(verdict=verdict, found=found, using=("person_id",), value=times)


def of_list(condition: ListCondition, rows: Rows) -> Step:
    """Whether the person is on the list that day; the value is until when."""
    delete_on, added_on = sql.column("delete_on"), sql.column("added_on")
    today = sql.literal(rows.as_of)
    added = sql.any_of([sql.is_null(added_on), exp.LTE(this=added_on.copy(), expression=today)])
    found = (
        sql.select("person_id", sql.named(exp.Max(this=delete_on), "delete_on"))
        .from_(sql.table("list_members"), copy=False)
        .where(
            sql.equal(sql.column("controller"), sql.literal(rows.controller)),
            sql.equal(sql.column("list_name"), sql.literal(condition.name)),
            exp.GT(this=delete_on.copy(), expression=today.copy()),
            added,
            copy=False,
        )
        .group_by(sql.column("person_id"), copy=False)
    )
    missing = sql.is_null(sql.column("delete_on", "found"))
    return Step(
        verdict=missing if condition.negated else sql.negated(missing),
        found=found,
        using=("person_id",),
        value=sql.column("delete_on", "found"),
    )
