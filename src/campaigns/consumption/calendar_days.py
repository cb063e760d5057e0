"""What metrics must know of each local day: working day or not, season, and how cold it was."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.settings.holidays import days_off

BASE_X100 = 1700  # degree days below a daily mean of 17 °C
COLD_X100, WARM_X100 = 0, 1500
_HOURS_NEEDED = 18  # of the day's hours with a temperature
_WINTER, _SUMMER = (12, 1, 2), (6, 7, 8)


def calendar_days(temperatures: pl.DataFrame, *, zone: ZoneInfo, first: date, last: date) -> pl.DataFrame:
    """One row a local day: `local_date, is_off, is_winter, is_summer, hdd_x100, is_cold, is_warm`.

    `temperatures` has `start` and `celsius_x10`. `hdd_x100` (1/100 K-day) and what follows are NULL on days
    with temperatures in fewer than 18 hours.
    """
    day = pl.col("local_date")
    off = [*days_off(range(first.year, last.year + 1))]
    days = pl.DataFrame({"local_date": pl.date_range(first, last, eager=True)})
    return days.join(_means(temperatures, zone), on="local_date", how="left", maintain_order="left").select(
        "local_date",
        ((day.dt.weekday() > 5) | day.is_in(off)).alias("is_off"),
        day.dt.month().is_in(_WINTER).alias("is_winter"),
        day.dt.month().is_in(_SUMMER).alias("is_summer"),
        pl.max_horizontal(BASE_X100 - pl.col("mean_x100"), pl.when(pl.col("mean_x100").is_not_null()).then(0))
        .cast(pl.Int32)
        .alias("hdd_x100"),
        (pl.col("mean_x100") < COLD_X100).alias("is_cold"),
        (pl.col("mean_x100") > WARM_X100).alias("is_warm"),
    )


def _means(temperatures: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """The mean of each local day in 1/100 °C, halves up."""
    total, count = pl.col("celsius_x10").cast(pl.Int64).sum(), pl.len().cast(pl.Int64)
    return (
        temperatures.with_columns(
            pl.col("start").dt.convert_time_zone(zone.key).dt.date().alias("local_date")
        )
        .group_by("local_date")
        .agg(
            ((20 * total + count) // (2 * count)).alias("mean_x100"),
            pl.col("start").dt.truncate("1h").n_unique().alias("hours"),
        )
        .filter(pl.col("hours") >= _HOURS_NEEDED)
        .drop("hours")
    )
