from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from campaigns.demo import datahub, homes, readings
from campaigns.demo.dice import Dice
from campaigns.demo.outdoors import Surroundings


@pytest.fixture(scope="module")
def metered() -> pl.DataFrame:
    return homes.build(Dice(seed=3), "x", 6).with_columns(
        follows_price=pl.lit(value=False),
        resolution=pl.Series(["PT1H", "PT1H", "PT1H", "PT15M", "change", "change"]),
        pv_kwp=pl.Series([6.0, 0, 0, 5.0, 0, 0]),
    )


@pytest.fixture(scope="module")
def read(metered: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
    return readings.read(Dice(seed=3), "x", metered, around)


def test_a_home_is_read_from_the_first_quarter_to_the_last(read: pl.DataFrame, around: Surroundings) -> None:
    covered = read.group_by("gsrn").agg(pl.col("minutes").cast(pl.Int64).sum(), pl.col("step").min())
    assert covered.height == 6
    assert set(covered["minutes"]) == {around.hours.grid.steps * 60}
    assert set(covered["step"]) == {0}


def test_resolution_changes_once_at_a_local_midnight(
    read: pl.DataFrame, metered: pl.DataFrame, around: Surroundings
) -> None:
    for gsrn in metered.filter(resolution="change")["gsrn"]:
        rows = read.filter(gsrn=gsrn)
        assert rows["minutes"].rle_id().max() == 1
        first_quarter = rows.filter(minutes=15)["step"][0]
        assert around.quarters.grid.hour[first_quarter] == 0.125
    steady = read.filter(pl.col("gsrn").is_in(metered.filter(resolution="PT15M")["gsrn"].implode()))
    assert set(steady["minutes"]) == {15}


def test_import_and_export_are_never_netted(read: pl.DataFrame, metered: pl.DataFrame) -> None:
    producers = metered.filter(pl.col("pv_kwp") > 0)["gsrn"]
    rows = datahub.by_direction(read, producers)
    assert (rows["wh"] >= 0).all()
    assert set(rows.filter("export")["gsrn"]) == set(producers)
    assert (rows.filter(export=False)["wh"].sum() - rows.filter("export")["wh"].sum()) == read["wh"].sum()
    assert rows.filter("export")["wh"].sum() > 0


def test_what_happens_on_the_way_happens_to_different_intervals(
    read: pl.DataFrame, metered: pl.DataFrame
) -> None:
    rows = datahub.spoil(np.random.default_rng(1), datahub.by_direction(read, metered["gsrn"]))
    assert rows.select(pl.col("missing", "absent", "revised", "filled").sum()).row(0) > (0, 0, 0, 0)
    assert rows.filter((pl.col("missing").cast(int) + pl.col("absent") + pl.col("revised")) > 1).is_empty()
    assert rows.filter("filled", pl.col("missing").not_()).is_empty()
    assert (rows.filter(pl.col("revised").not_()).select(pl.col("first") == pl.col("wh")).to_series()).all()
    estimates = rows.filter("revised").group_by("gsrn", "export").agg(pl.col("first").n_unique())
    assert set(estimates["first"]) == {1}


@pytest.mark.parametrize("english", [True, False])
def test_rows_are_those_of_the_portal(read: pl.DataFrame, around: Surroundings, english: bool) -> None:
    rows = read.head(2).with_columns(
        export=pl.lit(value=False),
        missing=pl.Series([False, True]),
        estimated=pl.lit(value=False),
        wh=pl.lit(2126),
    )
    frame = datahub.portal(rows, around, english=english)
    lines = frame.write_csv(separator=";", decimal_comma=True, float_precision=6).splitlines()
    assert lines[0] == (
        "MeteringPointGSRN;Product Type;Resolution;Unit Type;Reading Type;Start Time;Quantity;Quality"
        if english
        else "Mittauspisteen tunnus;Tuotteen tyyppi;Resoluutio;Yksikkötyyppi;Lukeman tyyppi;Alkuaika;"
        "Määrä;Laatu"
    )
    start = around.hours.grid.texts
    assert lines[1] == f"{rows['gsrn'][0]};8716867000030;PT1H;kWh;BN01;{start[0]};2,126000;OK"
    assert lines[2] == f"{rows['gsrn'][0]};8716867000030;PT1H;kWh;BN01;{start[1]};;MISSING"


def test_the_chosen_are_whole_holders_and_the_interesting_ones(dice: Dice) -> None:
    places = homes.build(dice, "many", 1200)
    held = pl.DataFrame(
        {
            "site": places["site"],
            "holder": [f"p{number // 2}" for number in range(1200)],
            "interesting": [50.0] * 100 + [1.0] * 1100,
        }
    )
    chosen = readings.choose_metered(dice, places, held, customers=600)
    assert 240 <= chosen.height <= readings.LEAST_METERED
    assert chosen.filter(pl.col("site") < 100).height > 80
    pairs = chosen.group_by(pl.col("site") // 2).len()
    assert set(pairs["len"]) == {2}
    assert set(chosen["resolution"]) == {"PT1H", "PT15M", "change"}
