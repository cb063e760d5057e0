from __future__ import annotations

import numpy as np
import polars as pl

from campaigns.demo import homes
from campaigns.demo.dice import Dice
from campaigns.demo.people import Settled
from campaigns.identifiers import gsrn


def test_metering_point_ids_have_a_right_check_digit_and_never_repeat() -> None:
    numbers = homes.gsrns(np.arange(50_000))
    assert len(set(numbers.tolist())) == 50_000
    texts = [str(number) for number in numbers[:200]]
    assert all(gsrn.parse(text) == int(text) for text in texts)
    assert all(text.startswith("6430075") and len(text) == 18 for text in texts)


def test_buildings_are_heated_as_such_buildings_are(settled: Settled) -> None:
    heated = settled.homes.group_by("building_type").agg(pl.col("heating").unique())
    by_type = {kind: set(words) for kind, words in heated.iter_rows()}
    assert by_type["apartment"] == {"district_heat", "direct_electric", "other"}
    assert by_type["cottage"] <= {"direct_electric", "wood", "heat_pump_air"}
    new = settled.homes.filter(
        (pl.col("building_type") == "detached_house") & (pl.col("building_year") > 2005)
    )
    assert "oil" not in set(new["heating"])
    assert {"direct_electric", "storage_electric", "oil", "district_heat"} <= by_type["detached_house"]


def test_sites_are_numbered_from_first() -> None:
    cottages = homes.build(Dice(seed=1), "x", 5, kind="cottage", first=40)
    assert cottages["site"].to_list() == [40, 41, 42, 43, 44]
    assert set(cottages["building_type"]) == {"cottage"}


def test_only_flats_have_a_stair_and_door(settled: Settled) -> None:
    flat = settled.homes["building_type"] == "apartment"
    with_stair = settled.homes["street"].str.contains(r" [A-D] \d+$")
    assert (flat == with_stair).all()
