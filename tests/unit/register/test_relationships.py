"""Relationships and roles: what a row states, and what that does to what is known."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from campaigns.lake.schemas import TABLES
from campaigns.register import relationships

SINCE, UNTIL, TODAY = date(2020, 2, 1), date(2026, 6, 30), date(2026, 11, 24)
KNOWN = {name: kind for name, kind in TABLES["relationships"].schema.items() if name != "controller"}
ROLES = {name: kind for name, kind in TABLES["roles"].schema.items() if name != "controller"}


def person(word: str | None = None, since: date | None = None, until: date | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {"person_id": [1], "relationship": [word], "customer_since": [since], "customer_until": [until]},
        schema_overrides={"relationship": pl.String, "customer_since": pl.Date, "customer_until": pl.Date},
    )


def known(*rows: tuple[str, date, date | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(1, kind, start, end, "crm") for kind, start, end in rows], schema=KNOWN, orient="row"
    )


def merge(persons: pl.DataFrame, before: pl.DataFrame) -> list[tuple[object, ...]]:
    changed = relationships.merged(
        relationships.stated(persons, TODAY), before, person_ids=persons["person_id"], source="crm", day=TODAY
    )
    return changed.sort("kind", "start_date").select("kind", "start_date", "end_date").rows()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (person(), [("prospect", TODAY, None)]),
        (person(since=SINCE), [("customer", SINCE, None)]),
        (person("subscriber"), [("subscriber", TODAY, None)]),
        (person("customer"), [("customer", TODAY, None)]),
        (person(since=SINCE, until=UNTIL), [("customer", SINCE, UNTIL), ("former_customer", UNTIL, None)]),
        (
            person("former_customer", SINCE, UNTIL),
            [("customer", SINCE, UNTIL), ("former_customer", UNTIL, None)],
        ),
        (person("former_customer"), [("former_customer", TODAY, None)]),
        (person(since=SINCE, until=date(2030, 1, 1)), [("customer", SINCE, date(2030, 1, 1))]),
    ],
)
def test_what_a_row_states(row: pl.DataFrame, expected: list[tuple[object, ...]]) -> None:
    assert merge(row, known()) == expected


def test_a_start_that_nobody_told_stays_where_it_was_first_seen() -> None:
    assert merge(person("subscriber"), known(("subscriber", SINCE, None))) == []


def test_a_prospect_who_becomes_a_customer_is_no_prospect_any_more() -> None:
    assert merge(person(since=TODAY), known(("prospect", SINCE, None))) == [
        ("customer", TODAY, None),
        ("prospect", SINCE, TODAY),
    ]


def test_a_customer_who_comes_back() -> None:
    before = known(("customer", SINCE, UNTIL), ("former_customer", UNTIL, None))
    assert merge(person(since=TODAY), before) == [
        ("customer", TODAY, None),
        ("former_customer", UNTIL, TODAY),
    ]


def test_roles_keep_their_start_and_end_when_they_are_gone() -> None:
    before = pl.DataFrame([(1, 7, "manager", "energy", SINCE, None)], schema=ROLES, orient="row")
    row = {
        "person_id": [1],
        "company_id": [7],
        "role": ["manager"],
        "duties": ["energy"],
        "role_start": [None],
    }
    same = pl.DataFrame(row, schema_overrides={"role_start": pl.Date})
    people = same["person_id"]
    stated = relationships.roles_stated(same)
    assert relationships.roles_merged(stated, before, person_ids=people, day=TODAY).is_empty()
    gone = relationships.roles_merged(stated.clear(), before, person_ids=people, day=TODAY)
    assert gone.select("role", "start_date", "end_date").rows() == [("manager", SINCE, TODAY)]
