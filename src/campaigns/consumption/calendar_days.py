"""What metrics must know of each local day: working day or not, season, and how cold it was."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.consumption.sun import dark_minutes
from campaigns.settings.holidays import days_off
from campaigns.settings.model import Place

BASE_X100 = 1700  # degree days below a daily mean of 17 °C
COOLING_X100 = 1800
COLD_X100, WARM_X100 = 0, 1500
FROST_X100 = -500  # below it cars are heated before they are driven
_HOURS_NEEDED = 18  # of the day's hours with a temperature
_WINTER, _SUMMER, _SUNNY = (12, 1, 2), (6, 7, 8), (5, 6, 7, 8)


def calendar_days(
    temperatures: pl.DataFrame, *, place: Place, zone: ZoneInfo, first: date, last: date
) -> pl.DataFrame:
    """One row a local day: what the calendar, the sky and the temperatures say about it.

    `temperatures` has `start` and `celsius_x10`. `mean_x100` (1/100 °C), `hdd_x100` (1/100 K-day below
    17 °C), `cdd_x100` (above 18 °C, in summer) and what follows from them are NULL on days with temperatures
    in fewer than 18 hours. `dark_minutes` is how long the sun is below the horizon.
    """
    day, mean = pl.col("local_date"), pl.col("mean_x100")
    month, weekday = day.dt.month(), day.dt.weekday()
    is_off = (weekday > 5) | day.is_in([*days_off(range(first.year, last.year + 1))])
    days = pl.DataFrame({"local_date": pl.date_range(first, last, eager=True)})
    told = days.join(_means(temperatures, zone), on="local_date", how="left", maintain_order="left")
    return told.select(
        "local_date",
        is_off.alias("is_off"),
        weekday.alias("weekday"),
        month.is_in(_WINTER).alias("is_winter"),
        month.is_in(_SUMMER).alias("is_summer"),
        month.is_in(_SUNNY).alias("is_sunny"),
        dark_minutes(days["local_date"], place),
        mean.cast(pl.Int32),
        _above_zero(BASE_X100 - mean).alias("hdd_x100"),
        pl.when(month.is_in(_SUMMER)).then(_above_zero(mean - COOLING_X100)).alias("cdd_x100"),
        (mean < COLD_X100).alias("is_cold"),
        (mean > WARM_X100).alias("is_warm"),
        (month.is_in(_WINTER) & ~is_off & (mean < FROST_X100).fill_null(value=False)).alias(
            "is_frosty_workday"
        ),
    )


def _above_zero(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_not_null()).then(value.clip(lower_bound=0)).cast(pl.Int32)


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
