"""The traps of the specification and the attacks on values, each on a world of a few rows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.segments.compiling import compile_segment
from support.effort import examples
from support.segments import TODAY, library, segment_text, show

ZONE = ZoneInfo("Europe/Helsinki")
World = dict[str, list[dict[str, Any]]]


def members(db: Engine, folder: Path, text: str, world: World) -> list[int]:
    show(db, world)
    segment = library(folder, {"trap": text}).load("trap")
    return db.query(compile_segment(segment, TODAY, ZONE).sql)["person_id"].to_list()


def homes(*rows: tuple[int, str | None, str | None]) -> World:
    """One site, meter and running contract for each (person, building type, heating)."""
    world: World = {"persons": [], "contracts": [], "metering_points": [], "sites": []}
    world["persons"] = [{"person_id": person} for person in sorted({row[0] for row in rows})]
    for number, (person, building, heating) in enumerate(rows, start=1):
        world["sites"].append({"site_id": number, "building_type": building, "heating": heating})
        world["metering_points"].append(
            {"metering_point_id": number, "site_id": number, "energy": "electricity"}
        )
        world["contracts"].append(
            {"contract_id": number, "person_id": person, "metering_point_id": number,
             "start_date": date(2025, 1, 1)}
        )  # fmt: skip
    return world


def test_same_row(db: Engine, tmp_path: Path) -> None:
    """A detached house and, elsewhere, an electric flat are not an electric detached house."""
    world = homes(
        (1, "detached_house", "direct_electric"),
        (2, "detached_house", "district_heat"),
        (2, "apartment", "direct_electric"),
    )
    one_row = """has: site
where:
  - {field: building_type, is: detached_house}
  - {field: heating, is: direct_electric}"""
    two_rows = (
        "{has: site, where: [{field: building_type, is: detached_house}]}",
        "{has: site, where: [{field: heating, is: direct_electric}]}",
    )
    assert members(db, tmp_path, segment_text(one_row), world) == [1]
    assert members(db, tmp_path, segment_text(*two_rows), world) == [1, 2]


def test_unknown_never_satisfies_who_and_is_not_removed(db: Engine, tmp_path: Path) -> None:
    world = homes((1, "apartment", "direct_electric"), (2, "apartment", "oil"), (3, "apartment", None))

    def has(test: str) -> str:
        return f"{{has: site, where: [{{field: heating, {test}}}]}}"

    assert members(db, tmp_path, segment_text(has("is_not: oil")), world) == [1]
    assert members(db, tmp_path, segment_text(has("is_not: oil, unknown: include")), world) == [1, 3]
    assert members(db, tmp_path, segment_text(f"{{none: [{has('is: oil')}]}}"), world) == [1]
    out = segment_text(more=f"except:\n  - {has('is: oil')}")
    assert members(db, tmp_path, out, world) == [1, 3]
    out = segment_text(more=f"except:\n  - {has('is: oil, unknown: remove')}")
    assert members(db, tmp_path, out, world) == [1]


def test_two_contracts_for_one_meter_do_not_double_its_use(db: Engine, tmp_path: Path) -> None:
    world = homes((1, "apartment", "oil"))
    world["contracts"].append({**world["contracts"][0], "contract_id": 9})
    world["metrics"] = [
        {"metering_point_id": 1, "period": "last winter", "as_of": TODAY, "electricity_use": 5000.0}
    ]
    text = segment_text("{metric: electricity_use, over: last winter, at_least: 5001 kWh}")
    assert members(db, tmp_path, text, world) == []
    assert members(db, tmp_path, text.replace("5001 kWh", "5 MWh"), world) == [1]


def test_a_sum_with_an_unknown_part_is_unknown(db: Engine, tmp_path: Path) -> None:
    world = homes((1, "apartment", "oil"), (1, "cottage", "wood"))
    world["metrics"] = [
        {"metering_point_id": 1, "period": "last winter", "as_of": TODAY, "electricity_use": 9000.0}
    ]
    at_person = segment_text("{metric: electricity_use, over: last winter, at_least: 1 kWh}")
    at_site = segment_text(
        "{has: site, where: [{metric: electricity_use, over: last winter, at_least: 1 kWh}]}"
    )
    assert members(db, tmp_path, at_person, world) == []
    assert members(db, tmp_path, at_site, world) == [1]


def test_hourly_data_is_unknown_without_consent(db: Engine, tmp_path: Path) -> None:
    world = homes((1, "apartment", "oil"), (2, "apartment", "oil"))
    world["metrics"] = [
        {"metering_point_id": point, "period": "last 28 days", "as_of": TODAY, "peak_kw": 9.0}
        for point in (1, 2)
    ]
    world["hourly_consents"] = [{"person_id": 2}]
    text = segment_text("{metric: peak_kw, over: last 28 days, at_least: 1 kW}")
    assert members(db, tmp_path, text, world) == [2]
    opposite = segment_text("{metric: peak_kw, over: last 28 days, less_than: 1 kW}")
    assert members(db, tmp_path, opposite, world) == []


def test_whole_days_of_the_business_zone(db: Engine, tmp_path: Path) -> None:
    """2026-09-24 21:30 UTC is 00:30 on the 25th in Helsinki: the first of the last 60 days."""
    world = homes((1, "apartment", "oil"), (2, "apartment", "oil"), (3, "apartment", "oil"))
    moments = {
        1: datetime(2026, 9, 24, 21, 30, tzinfo=UTC),
        2: datetime(2026, 9, 24, 20, 30, tzinfo=UTC),
        3: datetime(2026, 11, 24, 22, 30, tzinfo=UTC),  # tomorrow there
    }
    world["events"] = [
        {"event_id": person, "person_id": person, "name": "moved_out", "occurred_at": moment}
        for person, moment in moments.items()
    ]
    text = segment_text("{did: moved_out, within_last: 60 days}")
    assert members(db, tmp_path, text, world) == [1]


@pytest.mark.parametrize(
    ("test", "days"),
    [
        ("within_last: 60 days", [-60, -1, 0]),
        ("within_next: 60 days", [0, 1, 60]),
        ("older_than: 60 days", [-61]),
        ("before: today", [-61, -60, -1]),
        ("after: today", [1, 60, 61]),
    ],
)
def test_both_ends_of_a_length_count(db: Engine, tmp_path: Path, test: str, days: list[int]) -> None:
    offsets = [-61, -60, -1, 0, 1, 60, 61]
    world: World = {"persons": [{"person_id": offset + 100} for offset in offsets]}
    world["persons"] = [
        {"person_id": offset + 100, "registered_on": TODAY + timedelta(days=offset)} for offset in offsets
    ]
    found = members(
        db, tmp_path, segment_text(f"{{field: registered_on, {test}}}", audience="everyone"), world
    )
    assert [person - 100 for person in found] == days


def test_people_who_left_the_register_are_in_no_audience(db: Engine, tmp_path: Path) -> None:
    world: World = {
        "persons": [
            {"person_id": 1},
            {"person_id": 2, "ended_on": TODAY},
            {"person_id": 3, "ended_on": TODAY + timedelta(days=1)},
            {"person_id": 4, "controller": "sahkoverkko"},
        ]
    }
    assert members(db, tmp_path, segment_text(audience="everyone"), world) == [1, 3]


ODD = st.text("%_\\['\"$1?:{}aä-;* ", min_size=1, max_size=8).map(str.strip).filter(bool)


@examples(30)
@given(value=ODD, others=st.lists(ODD, max_size=5))
def test_values_are_taken_literally(
    db: Engine, tmp_path: Path, value: str, others: list[str]
) -> None:  # attacks 37, 39
    texts = dict(enumerate([value, *others], start=1))
    world: World = {
        "persons": [{"person_id": number, "postal_code": text} for number, text in texts.items()],
    }
    quoted = "'" + value.replace("'", "''") + "'"
    equal = segment_text(f"{{field: postal_code, is: {quoted}}}", audience="everyone")
    starts = segment_text(f"{{field: postal_code, starts_with: {quoted}}}", audience="everyone")
    assert members(db, tmp_path, equal, world) == [n for n, text in texts.items() if text == value]
    assert members(db, tmp_path, starts, world) == [n for n, text in texts.items() if text.startswith(value)]


@pytest.mark.parametrize(
    "value", ["x'); DROP TABLE persons; --", "*/ DROP TABLE persons /*", "it's", "$1", "?"]
)
def test_a_value_drops_nothing(db: Engine, tmp_path: Path, value: str) -> None:  # attack 37
    world: World = {"persons": [{"person_id": 1, "postal_code": value}, {"person_id": 2, "postal_code": "x"}]}
    text = segment_text(f'{{field: postal_code, is: "{value}"}}', audience="everyone")
    assert members(db, tmp_path, text, world) == [1]
    assert db.query("SELECT count(*) AS n FROM persons")["n"].item() == 2
