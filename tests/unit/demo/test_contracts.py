from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from campaigns.demo.people import Settled

AS_OF = date(2026, 11, 24)
FAR = date(2100, 1, 1)
RUNNING = (pl.col("start") <= AS_OF) & (pl.col("end").is_null() | (pl.col("end") >= AS_OF))


def test_contracts_of_a_home_never_overlap(signed: pl.DataFrame) -> None:
    lasting = signed.with_columns(pl.col("end").fill_null(FAR))
    assert (lasting["start"] <= lasting["end"]).all()
    pairs = lasting.join(lasting, on="site").filter(pl.col("contract") < pl.col("contract_right"))
    both = (pl.col("start") <= pl.col("end_right")) & (pl.col("start_right") <= pl.col("end"))
    assert pairs.height > 1000
    assert pairs.filter(both).is_empty()


def test_every_home_has_one_running_contract(signed: pl.DataFrame, settled: Settled) -> None:
    running = signed.filter(RUNNING, pl.col("person").is_not_null())
    assert running["site"].n_unique() == running.height == settled.homes.height
    assert {"fixed_term", "open_ended", "spot"} == set(running["contract_type"])


def test_contracts_end_soon_and_some_of_them_are_renewed_already(
    signed: pl.DataFrame, settled: Settled
) -> None:
    soon = signed.filter(RUNNING, pl.col("end") <= AS_OF + timedelta(days=60))
    renewed = signed.filter(pl.col("start") > AS_OF)
    assert set(soon["contract_type"]) == {"fixed_term"}
    assert 0.2 < renewed.height / soon.height < 0.5
    electric = settled.homes.filter(
        pl.col("building_type") == "detached_house",
        pl.col("heating").is_in(["direct_electric", "storage_electric"]),
    )
    assert soon.join(electric, on="site", how="semi").height > 20


def test_only_spot_customers_follow_the_price(signed: pl.DataFrame) -> None:
    followers = signed.filter("follows_price")
    assert followers.height > 20
    assert set(followers["contract_type"]) == {"spot"}


def test_electric_heating_is_estimated_higher(signed: pl.DataFrame, settled: Settled) -> None:
    houses = signed.join(settled.homes.filter(building_type="detached_house"), on="site")
    mean = dict(houses.group_by("heating").agg(pl.col("estimate").mean()).iter_rows())
    assert mean["direct_electric"] > 1.5 * mean["heat_pump_ground"] > 1.5 * mean["district_heat"]
