"""Consumption days as Datahub's own lines: one an interval, in kWh with the watt-hours kept exactly."""

from __future__ import annotations

import polars as pl

from campaigns.consumption.datahub import FINNISH

_PRODUCT = "8716867000030"
_RESOLUTIONS = {15: "PT15M", 60: "PT1H"}
_TYPES = {"import": "BN01", "export": "BN02"}
_QUALITIES = {0: "MISSING", 1: "OK", 2: "EST", 3: "OTHER"}


def readings(days: pl.DataFrame, *, zone: str) -> pl.DataFrame:
    """The lines under the portal's Finnish header; `days` as `Holdings.days`, of local days in `zone`."""
    midnight = pl.col("local_date").cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    step = pl.int_ranges(pl.col("wh").list.len()).alias("step")
    lines = days.select(
        "gsrn",
        "direction",
        "resolution_min",
        "wh",
        "quality",
        step,
        midnight=midnight.dt.convert_time_zone("UTC"),
    ).explode("wh", "quality", "step")
    start = pl.col("midnight") + pl.duration(minutes=pl.col("step") * pl.col("resolution_min"))
    wh = pl.col("wh")
    amount = pl.format(
        "{}{},{}",
        pl.when(wh < 0).then(pl.lit("-")).otherwise(pl.lit("")),
        wh.abs() // 1000,
        (wh.abs() % 1000).cast(pl.String).str.zfill(3),
    )
    columns = (
        pl.col("gsrn").cast(pl.String).str.zfill(18),
        pl.lit(_PRODUCT),
        pl.col("resolution_min").replace_strict(_RESOLUTIONS, return_dtype=pl.String),
        pl.lit("kWh"),
        pl.col("direction").replace_strict(_TYPES, return_dtype=pl.String),
        start.dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        pl.when(pl.col("quality") > 0).then(amount),
        pl.col("quality").replace_strict(_QUALITIES, return_dtype=pl.String),
    )
    return lines.select(column.alias(name) for name, column in zip(FINNISH, columns, strict=True))
