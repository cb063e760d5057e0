"""District heat of a town straight into the lake: the other metering point of a house, what it cools."""

from __future__ import annotations

from datetime import date

import polars as pl

from campaigns.demo import drawn_metrics
from campaigns.demo.dice import Dice, some

PRODUCT = "Lahti Kaukolämpö"
METERED = 0.05  # of all metering points with metrics
_COOLS_K = (52.0, 14.0)  # mean and spread: what goes in less what comes back


def points(homes: pl.DataFrame) -> pl.DataFrame:
    """The houses on district heat with `metering_point_id`, spread over 63 bits: heat has no GSRN."""
    houses = homes.filter((pl.col("heating") == "district_heat") & (pl.col("building_type") != "apartment"))
    return houses.with_columns(
        metering_point_id=(pl.col("site").cast(pl.UInt64).hash(seed=48) // 2).cast(pl.Int64)
    )


def contracts(stays: pl.DataFrame, heat: pl.DataFrame) -> pl.DataFrame:
    """For each stay in such a house one contract without an end of its own."""
    held = stays.join(heat.select("site", "metering_point_id"), on="site", maintain_order="left")
    return held.select(
        "company", "start", "end", "metering_point_id", "person", "site",
        contract=pl.int_range(pl.len()),
        product=pl.lit(PRODUCT),
        contract_type=pl.lit("district_heat"),
    )  # fmt: skip


def metrics(dice: Dice, heat: pl.DataFrame, count: int, as_of: date) -> pl.DataFrame:
    """How far that many of them, drawn evenly, cool the water in each period."""
    rng = dice.of("lake:heat")
    metered = heat["metering_point_id"].gather(some(rng, heat.height, count))
    usual = rng.normal(*_COOLS_K, metered.len())
    frames = [
        drawn_metrics.head(metered, name, days=days, as_of=as_of).with_columns(
            days_used=pl.lit(days),
            heat_cooling_k=pl.Series((usual + rng.normal(0, 2, metered.len())).clip(5, 90)),
        )
        for name, (days, _, _) in drawn_metrics.PERIODS.items()
    ]
    return pl.concat(frames)
