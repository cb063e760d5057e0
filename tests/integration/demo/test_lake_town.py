"""A town straight into the lake: what benchmarks read hangs together as an import would have it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from campaigns.demo import lake_town
from campaigns.identifiers import gsrn, phone
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger, permission_events
from campaigns.permissions.events import KINDS

AS_OF = date(2026, 11, 24)
PERSONS, METERED = 800, 200


@dataclass(frozen=True)
class Made:
    town: lake_town.LakeTown
    frames: dict[str, pl.DataFrame]
    said: pl.DataFrame


def make(folder: Path) -> Made:
    lake, ledger = Lake(folder / "lake"), Ledger.open(folder / "ledger" / "ledger.sqlite")
    ledger.upgrade()
    town = lake_town.write(lake, ledger, persons=PERSONS, metering_points=METERED, seed=2, as_of=AS_OF)
    with lake.snapshot() as snapshot, ledger.read() as connection:
        frames = {name: snapshot.frame(name) for name in town.tables}
        said = permission_events.frame(connection)
    ledger.dispose()
    return Made(town=town, frames=frames, said=said)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("first"))


def test_it_is_the_same_town_every_time(made: Made, tmp_path: Path) -> None:
    again = make(tmp_path)
    assert again.town == made.town
    for name, frame in made.frames.items():
        assert frame.equals(again.frames[name]), name
    assert made.said.drop("position").equals(again.said.drop("position"))


def test_there_are_about_as_many_as_asked_for(made: Made) -> None:
    assert 0.9 * PERSONS < made.town.tables["persons"] < 1.1 * PERSONS
    assert made.frames["metrics"]["metering_point_id"].n_unique() == METERED
    assert made.frames["metrics"]["period"].n_unique() == 5
    assert made.town.permission_events == made.said.height > PERSONS


def test_keys_are_unique(made: Made) -> None:
    for name, frame in made.frames.items():
        assert frame.height == made.town.tables[name] > 0
        assert not frame.select(TABLES[name].keys).is_duplicated().any(), name


def test_rows_hang_together(made: Made) -> None:
    frames = made.frames
    for name in ("contact_points", "relationships", "roles", "events", "person_keys"):
        assert frames[name].join(frames["persons"], on="person_id", how="anti").is_empty(), name
    held = frames["contracts"]
    assert held.join(frames["metering_points"], on="metering_point_id", how="anti").is_empty()
    assert frames["metering_points"].join(frames["sites"], on="site_id", how="anti").is_empty()
    assert frames["metrics"].join(frames["metering_points"], on="metering_point_id", how="anti").is_empty()
    assert held.drop_nulls("person_id").join(frames["persons"], on="person_id", how="anti").is_empty()
    assert held.drop_nulls("company_id").join(frames["companies"], on="company_id", how="anti").is_empty()
    assert (held["person_id"].is_null() ^ held["company_id"].is_null()).all()
    assert set(made.said["person_id"]) <= set(frames["persons"]["person_id"])


def test_values_are_as_an_import_normalises_them(made: Made) -> None:
    points = made.frames["contact_points"]
    for value in points.filter(channel="sms")["value"].head(50):
        assert phone.normalise(value).e164 == value
    assert set(points["channel"]) == {"email", "sms", "phone", "letter"}
    assert all(
        gsrn.parse(gsrn.text(number))
        for number in made.frames["metering_points"]["gsrn"].drop_nulls().head(50)
    )
    properties = [json.loads(text) for text in made.frames["events"]["properties"].unique()]
    assert {name for row in properties for name in row} >= {"page", "product", "survey", "answer"}
    assert set(made.said["kind"]) <= set(KINDS)


def test_metrics_follow_the_heating(made: Made) -> None:
    year = made.frames["metrics"].filter(period="last 12 months").drop_nulls("heat_slope")
    points = made.frames["metering_points"].select("metering_point_id", "site_id")
    heated = year.join(points, on="metering_point_id").join(made.frames["sites"], on="site_id")
    slope = dict(heated.group_by("heating").agg(pl.col("heat_slope").mean()).iter_rows())
    assert slope["direct_electric"] > 5 * slope["district_heat"]
    electric = made.frames["metrics"].filter(pl.col("heat_cooling_k").is_null())
    unknown = electric["electricity_use"].null_count() / electric.height
    assert 0 < unknown < 0.1


def test_houses_on_district_heat_have_a_contract_and_cool_their_water(made: Made) -> None:
    points = made.frames["metering_points"].filter(energy="district_heat")
    houses = points.join(made.frames["sites"], on="site_id")
    assert set(houses["heating"]) == {"district_heat"}
    assert "apartment" not in set(houses["building_type"])
    assert points["gsrn"].null_count() == points.height
    held = made.frames["contracts"].join(points, on="metering_point_id", how="semi")
    assert held["person_id"].drop_nulls().len() > 0
    cooled = made.frames["metrics"].drop_nulls("heat_cooling_k")
    assert cooled.join(points, on="metering_point_id", how="anti").is_empty()
    assert cooled["metering_point_id"].n_unique() == 10
    assert cooled["electricity_use"].null_count() == cooled.height
    assert cooled["heat_cooling_k"].is_between(5, 90).all()
