"""The readings of heat meters in the lake: a row a meter and local day, a reading each place of its lists.

Of each hour the reading of the newest file stands, whatever the order of files.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.calendar import LocalDays
from campaigns.consumption.heat_differences import LONGEST_GAP
from campaigns.lake.heat_tables import REGISTERS
from campaigns.lake.schemas import TABLES

if TYPE_CHECKING:
    from campaigns.lake import Writer

TABLE = "heat_registers"
_WINDOW = LONGEST_GAP // 24 + 1  # days: readings whose difference may change lie no further away
_LISTS = ("hour", *REGISTERS, "received", "file")


def located(readings: pl.DataFrame, calendar: LocalDays) -> pl.DataFrame:
    """With the local `day` (its number) and `hour` of each reading's `at`."""
    days, since = calendar.locate(readings["at"].to_numpy() * 3600)
    return readings.with_columns(
        pl.Series("day", days, dtype=pl.Int64), pl.Series("hour", since // 3600, dtype=pl.Int64)
    )


def beside(new: pl.DataFrame, controller: str, calendar: LocalDays, lake: Writer) -> pl.DataFrame:
    """What the lake knows of these meters around these days, as readings."""
    if new.is_empty():
        return new
    points = new["metering_point_id"]
    first, last = (
        calendar.first + timedelta(days=int(new["day"].min()) - _WINDOW),  # type: ignore[arg-type]  # an Int64
        calendar.first + timedelta(days=int(new["day"].max()) + _WINDOW),  # type: ignore[arg-type]  # an Int64
    )
    where = (
        (pl.col("controller") == controller)
        & pl.col("metering_point_id").is_between(points.min(), points.max())
        & pl.col("month").is_between(pl.lit(f"{first:%Y-%m}"), pl.lit(f"{last:%Y-%m}"))
        & pl.col("local_date").is_between(first, last)
    )
    meters = new.select("metering_point_id").unique()
    known = lake.frame(TABLE, where=where).join(meters, on="metering_point_id", how="semi")
    days = known["local_date"].to_physical().cast(pl.Int64) - int(calendar.epoch_days[0])
    flat = known.with_columns(days.alias("day")).select("metering_point_id", "day", *_LISTS).explode(_LISTS)
    midnight = pl.Series(calendar.midnights // 3600).gather(flat["day"])
    hours = flat["hour"].cast(pl.Int64)
    return flat.with_columns(hours, (midnight + hours).alias("at")).select(new.columns)


def newest(readings: pl.DataFrame) -> pl.DataFrame:
    """Of each meter and hour the reading of the newest file, in order."""
    ordered = readings.sort("metering_point_id", "at", "received", "file", maintain_order=True)
    return ordered.unique(["metering_point_id", "at"], keep="last", maintain_order=True)


def to_rows(readings: pl.DataFrame, controller: str, calendar: LocalDays) -> pl.DataFrame:
    """Rows of the table from readings in order."""
    grouped = readings.group_by("metering_point_id", "day", maintain_order=True).agg(_LISTS)
    return dated(grouped, controller, calendar).select(
        pl.col(name).cast(kind) for name, kind in TABLES[TABLE].schema.items()
    )


def dated(frame: pl.DataFrame, controller: str, calendar: LocalDays) -> pl.DataFrame:
    """`controller`, `month` and `local_date` in place of the number of the day."""
    days = frame["day"]
    return frame.drop("day").with_columns(
        pl.lit(controller).alias("controller"),
        calendar.months.gather(days).alias("month"),
        (days + int(calendar.epoch_days[0])).cast(pl.Int32).cast(pl.Date).alias("local_date"),
    )
