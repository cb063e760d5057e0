"""Whom a segment starts from, as conditions on `persons`. People who left the register are in none."""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from campaigns.segments import sql
from campaigns.segments.sql import column


def conditions(audience: str, controller: str, as_of: date, running_contracts: str) -> list[exp.Expr]:
    """What holds for everybody in the audience; `running_contracts` is the step that `customers` needs."""
    person = column("person_id", "persons")
    registered = _open("ended_on", "persons", as_of, exp.GT)
    match audience:
        case "customers":
            found = sql.in_query(
                person, sql.select("person_id").from_(sql.table(running_contracts), copy=False)
            )
            return [registered, found]
        case "former_customers":
            was = sql.any_of(
                [
                    sql.in_query(person, _contracts(controller, _ended(as_of))),
                    sql.in_query(person.copy(), _was_customer(controller, as_of)),
                ]
            )
            now = _contracts(controller, _open("end_date", "contracts", as_of, exp.GTE))
            return [registered, was, sql.negated(sql.in_query(person.copy(), now))]
        case "prospects":
            ever = sql.in_query(person, _contracts(controller))
            was = sql.in_query(person.copy(), _was_customer(controller, as_of))
            return [registered, sql.negated(ever), sql.negated(was)]
        case "subscribers":
            subscribed = sql.equal(column("kind", "relationships"), sql.literal("subscriber"))
            return [registered, sql.in_query(person, _rows("relationships", controller, as_of, subscribed))]
        case "business_contacts":
            return [registered, sql.in_query(person, _rows("roles", controller, as_of))]
        case _:
            return [registered]


def _rows(table: str, controller: str, as_of: date, *more: exp.Expr) -> exp.Select:
    """People with a row of that table that runs now."""
    query = (
        sql.select("person_id")
        .from_(sql.table(table), copy=False)
        .where(sql.of_controller(table, controller), copy=False)
    )
    return query.where(*more, sql.running(table, as_of), copy=False)


def _contracts(controller: str, *more: exp.Expr) -> exp.Select:
    held_by_person = sql.negated(sql.is_null(column("person_id", "contracts")))
    query = (
        sql.select("person_id")
        .from_(sql.table("contracts"), copy=False)
        .where(sql.of_controller("contracts", controller), copy=False)
    )
    return query.where(held_by_person, *more, copy=False)


def _was_customer(controller: str, as_of: date) -> exp.Select:
    kind = column("kind", "relationships")
    former = sql.equal(kind, sql.literal("former_customer"))
    ended = sql.all_of([sql.equal(kind.copy(), sql.literal("customer")), _ended(as_of)])
    query = sql.select("person_id").from_(sql.table("relationships"), copy=False)
    return query.where(
        sql.of_controller("relationships", controller), sql.any_of([former, ended]), copy=False
    )


def _ended(as_of: date) -> exp.Expr:
    return exp.LT(this=column("end_date"), expression=sql.literal(as_of))


def _open(name: str, table: str, as_of: date, later: type[exp.Binary]) -> exp.Expr:
    end = column(name, table)
    return sql.any_of([sql.is_null(end), later(this=end.copy(), expression=sql.literal(as_of))])
