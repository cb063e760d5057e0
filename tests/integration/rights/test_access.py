"""The answer to "what do you know about me?": all of one person in one register, nothing of anybody else."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import connect
from campaigns.lake.schemas import TABLES
from campaigns.ledger.tables import metadata
from campaigns.rights import access, holdings
from campaigns.workspace import rights
from campaigns.workspace.project import Workspace
from support.effort import examples
from support.rights_world import PERSONAL, TODAY, WITH_PEOPLE, A, B, World, open_workspace

# What has no person_id, and how the answer reaches it; a new table must be thought about here.
REACHED_OR_NOBODY_S = {
    "companies": "companies",
    "sites": "sites",
    "metering_points": "metering_points",
    "consumption_days": "consumption",
    "consumption_months": "consumption",
    "day_facts": "consumption",
    "reading_flags": "consumption",
    "reading_twins": "consumption",
    "heat_registers": "consumption",
    "heat_days": "consumption",
    "month_facts": "consumption",
    "metrics": "metrics",
    "metrics_history": "metrics_history",
    "day_fact_months": None,
    "reading_twin_months": None,
    "metric_periods": None,
    "prices": None,
    "temperatures": None,
    "deliveries": None,
    "segment_snapshots": None,
}
LEDGER_REACHED_OR_NOBODY_S = {
    "decisions": "messages",
    "attempts": "messages",
    "plans": "messages",
    "disclosures": "disclosures",
    "suppressions": "permissions",
    "clock": None,
    "meta": None,
}


def answer(workspace: Workspace, person_id: int, controller: str = A) -> dict[str, Any]:
    request = rights.begin(workspace, "access", str(person_id), controller=controller)
    found = access.gather(workspace.parts, workspace.segment_files, request, today=TODAY)
    read: dict[str, Any] = json.loads(found.as_json())
    return read


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = open_workspace(tmp_path / "workspace")
    yield opened
    opened.ledger.dispose()


def test_every_table_that_has_people_is_in_the_answer(workspace: Workspace) -> None:
    world = World()
    people = [(A, 1, "MARKONE"), (A, 2, "MARKTWO"), (B, 1, "MARKOTHER")]
    for controller, person_id, mark in people:
        world.person(controller, person_id, mark)
    world.write(workspace)
    for controller, person_id, mark in people:
        document = answer(workspace, person_id, controller)
        assert set(document["register"]) == set(PERSONAL)
        assert set(document["ledger"]) == {table.name for table in WITH_PEOPLE}
        for name, rows in document["register"].items():
            assert len(rows) == 1, name
            assert mark in json.dumps(rows), name
        for name, rows in document["ledger"].items():
            assert rows, name
            assert mark in json.dumps(rows) or name == "person_tokens", name
        text = json.dumps(document)
        assert not any(other in text for _, _, other in people if other != mark)


def test_a_table_without_people_is_reached_or_is_about_nobody() -> None:
    assert {name for name in TABLES if name not in PERSONAL} == set(REACHED_OR_NOBODY_S)
    with_people = {table.name for table in WITH_PEOPLE}
    assert set(metadata.tables) - with_people == set(LEDGER_REACHED_OR_NOBODY_S)


def test_what_rows_lead_to_is_in_the_answer(workspace: Workspace) -> None:
    world = World()
    world.person(A, 1, "MARKONE")
    point = world.plant("metering_points", A, 0, "MARKPOINT", metering_point_id=77, site_id=78, ended_on=None)
    world.plant("sites", A, 0, "MARKSITE", site_id=78)
    world.plant("contracts", A, 1, "MARKONE", metering_point_id=77)
    world.plant("metrics", A, 0, "MARKMETRIC", metering_point_id=77, as_of=TODAY - timedelta(days=1))
    role = world.lake["roles"][0]
    world.plant("companies", A, 0, "MARKCOMPANY", company_id=role["company_id"])
    world.write(workspace)
    document = answer(workspace, 1)
    reached = {name: json.dumps(rows) for name, rows in document.items()}
    assert "MARKSITE" in reached["sites"]
    assert str(point["metering_point_id"]) in reached["metering_points"]
    assert "MARKMETRIC" in reached["metrics"]
    assert "MARKCOMPANY" in reached["companies"]
    assert "MARKONE" in json.dumps(document["messages"][0]["decisions"])
    assert "MARKONE" in json.dumps(document["messages"][0]["attempts"])
    assert "MARKONE" in json.dumps(document["disclosures"]["made"])


def test_who_of_us_looked_and_what_opens_doors_is_not_told(workspace: Workspace) -> None:
    world = World()
    world.person(A, 1, "MARKONE")
    world.write(workspace)
    document = answer(workspace, 1)
    assert document["lookups"]
    assert all(set(row) == {"at", "action"} for row in document["lookups"])
    told = {name for rows in document["ledger"].values() for row in rows for name in row}
    assert not told & {"actor", "handled_by", "token_key", "digest", "address_digest"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """One workspace for many drawn registers: each has people of its own, beside all those drawn before."""
    opened = open_workspace(tmp_path_factory.mktemp("shared") / "workspace")
    few = {name: opened.settings.purposes[name] for name in ("energy_offers", "outage_notice")}
    opened.settings = opened.settings.model_copy(update={"purposes": few})
    yield opened
    opened.ledger.dispose()


NUMBERS = itertools.count(1)
NAMES = st.sampled_from(["Matti Virtanen", "Anna Korhonen"])
ADDRESSES = st.sampled_from(["Kauppakatu 1\n15140 LAHTI", "Aleksi 2\n15110 LAHTI"])
PHONES = st.sampled_from(["+358401234567", "+358447654321"])


@st.composite
def registers(draw: st.DrawFn) -> list[dict[str, Any]]:
    """People of two registers; names, addresses and telephones are few, so that many are shared."""
    controllers = draw(st.lists(st.sampled_from([A, B]), min_size=2, max_size=4))
    return [
        {
            "controller": controller,
            "name": draw(NAMES),
            "address": draw(ADDRESSES),
            "phone": draw(PHONES),
            "tables": draw(st.lists(st.sampled_from(PERSONAL), max_size=8)),
            "messages": draw(st.integers(0, 2)),
        }
        for controller in controllers
    ]


def test_nobody_is_in_the_answer_of_another(shared: Workspace) -> None:
    """Namesakes who share address and telephone are never mixed, nor are registers."""
    world = World()

    @examples(3)
    @given(people=registers())
    def holds(people: list[dict[str, Any]]) -> None:
        world.lake.clear()
        world.ledger.clear()
        for one in people:
            one["person_id"] = next(NUMBERS)
            one["mark"] = f"MARK{one['person_id']}X"
            _plant(world, one)
        world.write(shared)
        for one in people:
            document = answer(shared, one["person_id"], one["controller"])
            assert set(re.findall(r"MARK\d+X", json.dumps(document))) == {one["mark"]}
            (person,) = document["register"]["persons"]
            assert f"{person['first_name']} {person['last_name']}" == one["name"]
            points = document["register"]["contact_points"]
            values = {row["value"] for row in points if row["channel"] in ("sms", "phone", "letter")}
            assert values == {one["phone"], one["address"]}
            assert len(document["messages"]) == one["messages"]

    holds()


def _plant(world: World, one: dict[str, Any]) -> None:
    key = (one["controller"], one["person_id"], one["mark"])
    first, last = one["name"].split()
    world.plant("persons", *key, first_name=first, last_name=last)
    for channel in ("sms", "phone", "letter"):
        value = one["address" if channel == "letter" else "phone"]
        world.plant("contact_points", *key, channel=channel, value=value)
    for table in one["tables"]:
        if table != "persons":
            world.plant(table, *key)
    for table in WITH_PEOPLE:
        if table.name in ("permission_events", "responses"):
            world.witness(table, *key)
    for _ in range(one["messages"]):
        world.message(*key)


FIRST = date(2026, 1, 1)


@st.composite
def tenancies(draw: st.DrawFn) -> list[tuple[int, int, int | None]]:
    """Contracts on one metering point: person, first day, last day (None: left open), in order.

    The last day may lie after the first of the next one: who moves out stays a while.
    """
    day, found = 0, []
    for _ in range(draw(st.integers(1, 4))):
        length = draw(st.integers(1, 8))
        left_open = draw(st.booleans())
        found.append((draw(st.integers(1, 2)), day, None if left_open else day + length - 1))
        day += max(1, length + draw(st.integers(-3, 2)))
    return found


def _owners(held: list[tuple[int, int, int | None]], day: int) -> set[int]:
    """Slowly: of the contracts that run on the day the oldest; one left open ended at the next holder's."""
    running = []
    for person, first, last in held:
        later = [begin for other, begin, _ in held if other != person and begin > first]
        until = last if last is not None else min(later, default=10_000) - 1
        if first <= day <= until:
            running.append((first, person))
    return {person for first, person in running if first == min(running)[0]}


def test_consumption_is_told_to_who_held_the_contract_on_that_day(shared: Workspace) -> None:
    @examples(8)
    @given(held=tenancies())
    def holds(held: list[tuple[int, int, int | None]]) -> None:
        world, point = World(), next(NUMBERS)
        world.numbers = NUMBERS
        people = {1: next(NUMBERS), 2: next(NUMBERS)}
        for person, first, last in held:
            end = None if last is None else FIRST + timedelta(days=last)
            start = FIRST + timedelta(days=first)
            world.plant(
                "contracts", A, people[person], "M", metering_point_id=point, start_date=start, end_date=end
            )
        for day in range(45):
            local = FIRST + timedelta(days=day)
            world.plant(
                "consumption_days", A, 0, "M", metering_point_id=point, direction="import", local_date=local,
                month=f"{local:%Y-%m}", wh=[day], quality=[1], resolution_min=60, gsrn=point, wh_sum=day,
            )  # fmt: skip
        world.write(shared)
        for person, person_id in people.items():
            with shared.lake.snapshot() as snapshot, connect(snapshot) as db:
                days = holdings.of_person(db, A, person_id, today=TODAY).days["wh_sum"].to_list()
            assert days == [day for day in range(45) if person in _owners(held, day)]

    holds()


def test_a_flagged_run_is_told_as_far_as_it_lies_in_the_person_s_own_days(workspace: Workspace) -> None:
    world = World()
    world.plant("persons", A, 1, "MARK")
    moved = date(2026, 2, 11)
    world.plant("contracts", A, 1, "M", metering_point_id=77, start_date=FIRST, end_date=moved - timedelta(1))
    world.plant("contracts", A, 2, "M", metering_point_id=77, start_date=moved)
    for flag, first, days in (("constant", -3, 9), ("negative", 1, 2), ("absurd", -9, 2)):
        world.plant(
            "reading_flags", A, 0, "M", metering_point_id=77, direction="import", flag=flag, days=days,
            first_date=moved + timedelta(first), last_date=moved + timedelta(first + days - 1),
        )  # fmt: skip
        world.plant(
            "reading_twins", A, 0, "M", metering_point_id=77, direction="import", month="2026-02",
            local_date=moved + timedelta(first),
        )  # fmt: skip
    world.write(workspace)
    told = answer(workspace, 1)["consumption"]
    flags = [(row["flag"], row["first_date"], row["last_date"], row["days"]) for row in told["flags"]]
    assert flags == [("absurd", "2026-02-02", "2026-02-03", 2), ("constant", "2026-02-08", "2026-02-10", 3)]
    assert [row["local_date"] for row in told["twins"]] == ["2026-02-02", "2026-02-08"]


def test_old_monthly_sums_are_told_unless_two_held_that_month(workspace: Workspace) -> None:
    world = World()
    world.plant("persons", A, 1, "MARK")
    moved = date(2026, 2, 11)
    world.plant("contracts", A, 1, "M", metering_point_id=77, start_date=FIRST, end_date=moved - timedelta(1))
    world.plant("contracts", A, 2, "M", metering_point_id=77, start_date=moved)
    for month, wh in (("2025-12", 1000), ("2026-01", 2000), ("2026-02", 4000), ("2026-03", 8000)):
        world.plant(
            "consumption_months", A, 0, "M", metering_point_id=77, month=month, wh_sum=wh, direction="import"
        )
        world.plant("month_facts", A, 0, "M", metering_point_id=77, month=month)
    world.write(workspace)
    told = answer(workspace, 1)["consumption"]
    assert [(row["month"], row["kwh"]) for row in told["months"]] == [("2026-01", 2.0)]
    assert [row["month"] for row in told["month_facts"]] == ["2026-01"]


def test_what_a_left_place_has_become_is_not_told(workspace: Workspace) -> None:
    world = World()
    world.plant("persons", A, 1, "MARK")
    world.plant("metering_points", A, 0, "POINT", metering_point_id=77, site_id=78, fuse_a=63)
    world.plant("sites", A, 0, "SITE", site_id=78, address="Kauppakatu 1", heating="heat_pump_ground")
    world.plant(
        "contracts", A, 1, "M", metering_point_id=77, start_date=FIRST, end_date=FIRST + timedelta(days=9)
    )
    world.write(workspace)
    document = answer(workspace, 1)
    (site,), (point,) = document["sites"], document["metering_points"]
    assert (site["address"], site["heating"], site["is_held"]) == ("Kauppakatu 1", None, False)
    assert point["fuse_a"] is None
