"""Metering points of district heat among the metrics: how far they cool water, nothing of electricity.

What the other metrics mean (spot prices, cars, electric heating) makes no sense for heat, and a person's sum
must not add heat to electricity.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.inputs import SQL, Inputs
from campaigns.lake.schemas import METRIC_COLUMNS

if TYPE_CHECKING:
    from campaigns.engine import Engine

NAME = "heat_cooling_k"
_OF_ANY_ENERGY = frozenset({"full_days", "missing_intervals", "estimated_share"})


def with_cooling(
    db: Engine, inputs: Inputs, found: pl.DataFrame, *, first: date, last: date, days_needed: int
) -> pl.DataFrame:
    """The metrics of a period, with those of heat points as they are meant. `holders` are registered."""
    told = {"controller": inputs.controller, "first": first, "last": last, "days_needed": days_needed}
    months = {"first_month": f"{first:%Y-%m}", "last_month": f"{last:%Y-%m}"}
    cooling = db.query(SQL["heat_cooling"], {**told, **months})
    whole = found.drop(NAME, strict=False).join(
        cooling.with_columns(is_heat=pl.lit(value=True)),
        on="metering_point_id",
        how="left",
        maintain_order="left",
    )
    of_electricity = [
        name for name in METRIC_COLUMNS if name in found.columns and name not in {NAME, *_OF_ANY_ENERGY}
    ]
    return whole.with_columns(
        pl.when(pl.col("is_heat").is_null()).then(pl.col(name)).alias(name) for name in of_electricity
    ).drop("is_heat")
