"""All readings of one metering point of electricity, by hour, day and month, as people look at them.

They are made from `consumption_days` at once, so that what came in a minute ago is in them; costs and what
counts as a full day are those of the metrics.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from campaigns.consumption.calendar import EPOCH, LocalDays, local_days
from campaigns.consumption.calendar_days import calendar_days
from campaigns.consumption.day_numbers import estimated, is_full
from campaigns.consumption.price_days import price_days
from campaigns.consumption.readings import ESTIMATED
from campaigns.engine.queries import load
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Snapshot

SQL = load("campaigns.consumption", "one_point.sql")
COST_X4_EUR = 4e8  # Wh times 1/4000 c/kWh, in one euro
_DAY = {
    "local_date": pl.Date(),
    "resolution_min": pl.Int16(),
    "wh": pl.Int64(),  # of the intervals that are present
    "export_wh": pl.Int64(),
    "expected": pl.Int16(),  # intervals
    "present": pl.Int16(),
    "estimated": pl.Int16(),
    "is_full": pl.Boolean(),
    "celsius": pl.Float64(),  # the day's mean
    "spot_paid": pl.Float64(),  # c/kWh, VAT included; NULL unless the day is full and every interval priced
    "cost_eur": pl.Float64(),
}


def raw_days(db: Engine, controller: str, point: int, *, since: date | None, as_of: date) -> pl.DataFrame:
    """The rows of `consumption_days` of one metering point, of its present holder and up to a day."""
    return _rows(db, "days", controller, point, since=since, as_of=as_of)


def heat_days(db: Engine, controller: str, point: int, *, since: date | None, as_of: date) -> pl.DataFrame:
    """As `raw_days`, of a heat meter: kWh, m3, cooling in K, and what came in gaps between days."""
    return _rows(db, "heat_days", controller, point, since=since, as_of=as_of)


def _rows(
    db: Engine, query: str, controller: str, point: int, *, since: date | None, as_of: date
) -> pl.DataFrame:
    first = since or EPOCH
    told: dict[str, object] = {"controller": controller, "point": point, "first": first, "last": as_of}
    return db.query(SQL[query], {**told, "first_month": f"{first:%Y-%m}", "last_month": f"{as_of:%Y-%m}"})


def weather(snapshot: Snapshot, controller: str, settings: Settings, first: date, last: date) -> pl.DataFrame:
    """`local_date` and `celsius`, the mean of each day of which enough hours are known."""
    mine = snapshot.frame("temperatures", ["controller", "start", "celsius_x10"])
    days = calendar_days(
        mine.filter(pl.col("controller") == controller),
        place=settings.place,
        zone=settings.zone,
        first=first,
        last=last,
    )
    return days.select("local_date", celsius=pl.col("mean_x100") / 100)


def days(raw: pl.DataFrame, celsius: pl.DataFrame, prices: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """One row a day that has any reading of import; `prices` is the register's table."""
    bought, sold = (raw.filter(direction=direction) for direction in ("import", "export"))
    if bought.is_empty():
        return pl.DataFrame(schema=_DAY)
    told = bought.select(
        "local_date",
        "resolution_min",
        wh="wh_sum",
        expected="intervals_expected",
        present="intervals_present",
        estimated=estimated(),
        is_full=is_full(),
    )
    exported = sold.select("local_date", export_wh="wh_sum")
    costs = _costs(bought.filter(is_full()), prices, settings)
    beside = told.join(exported, on="local_date", how="left").join(celsius, on="local_date", how="left")
    found = beside.join(costs, on="local_date", how="left").with_columns(pl.col("export_wh").fill_null(0))
    return found.select(pl.col(name).cast(kind) for name, kind in _DAY.items()).sort("local_date")


def _costs(full: pl.DataFrame, prices: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """What the import of full days cost on spot, and at how much on average."""
    if full.is_empty():
        return pl.DataFrame(schema={name: _DAY[name] for name in ("local_date", "spot_paid", "cost_eur")})
    calendar = local_days(settings.zone, full["local_date"].min(), full["local_date"].max())  # type: ignore[arg-type]  # dates
    priced = full.join(price_days(prices, calendar), on=["local_date", "resolution_min"])
    cost = np.array(
        [np.dot(wh, price) for wh, price in priced.select("wh", "price_x4").iter_rows()], dtype=np.float64
    )
    return priced.select("local_date", "wh_sum", cost_eur=pl.Series(cost / COST_X4_EUR)).select(
        "local_date",
        "cost_eur",
        spot_paid=pl.when(pl.col("wh_sum") > 0).then(pl.col("cost_eur") * 1e5 / pl.col("wh_sum")),
    )


def hours(raw: pl.DataFrame, settings: Settings) -> pl.DataFrame:
    """One row an hour of each day with readings: a day has 23, 24 or 25 of them.

    `start` is local time, `hour` what the clock showed then: on the day when clocks go back 3 stands twice.
    `wh` is NULL when an interval of the hour is missing; `is_estimated` when one was estimated.
    """
    if raw.is_empty():
        return pl.DataFrame(
            schema={
                "start": pl.Datetime("us", settings.zone.key), "local_date": pl.Date(), "hour": pl.Int8(),
                "wh": pl.Int64(), "export_wh": pl.Int64(), "is_estimated": pl.Boolean(),
            }
        )  # fmt: skip
    calendar = local_days(settings.zone, raw["local_date"].min(), raw["local_date"].max())  # type: ignore[arg-type]  # dates
    bought, sold = (_by_hour(raw.filter(direction=name), calendar) for name in ("import", "export"))
    exported = sold.select("start", export_wh="wh")
    whole = bought.join(exported, on="start", how="left").sort("start")
    local = pl.from_epoch("start", "s").cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(settings.zone.key)
    return whole.select(
        local.alias("start"),
        "local_date",
        local.dt.hour().alias("hour"),
        "wh",
        pl.when(pl.col("wh").is_not_null()).then(pl.col("export_wh").fill_null(0)).alias("export_wh"),
        "is_estimated",
    )


def _by_hour(raw: pl.DataFrame, calendar: LocalDays) -> pl.DataFrame:
    midnight = pl.DataFrame({"epoch_day": calendar.epoch_days, "midnight": calendar.midnights[:-1]}).select(
        pl.col("epoch_day").cast(pl.Int32).cast(pl.Date).alias("local_date"), "midnight"
    )
    at = pl.int_ranges(pl.col("wh").list.len()) * pl.col("resolution_min").cast(pl.Int64) // 60
    single = raw.select("local_date", "wh", "quality", at=at).explode("wh", "quality", "at")
    sums = single.group_by("local_date", "at").agg(
        pl.when(pl.col("wh").is_not_null().all()).then(pl.col("wh").cast(pl.Int64).sum()).alias("wh"),
        (pl.col("quality") == ESTIMATED).any().alias("is_estimated"),
    )
    return sums.join(midnight, on="local_date").with_columns(start=pl.col("midnight") + 3600 * pl.col("at"))


def months(found: pl.DataFrame, celsius: pl.DataFrame) -> pl.DataFrame:
    """One row a calendar month, as far as `celsius` reaches; of days with readings and without.

    `kwh` and `export_kwh` are of the intervals that are present, `spot_paid` (c/kWh, weighted by use) of the
    full days that have all their prices, `celsius` of all days.
    """
    whole = celsius.join(found.drop("celsius"), on="local_date", how="left")
    is_priced = pl.col("cost_eur").is_not_null()
    return (
        whole.with_columns(month=pl.col("local_date").dt.strftime("%Y-%m"))
        .group_by("month")
        .agg(
            kwh=pl.when(pl.col("wh").is_not_null().any()).then(pl.col("wh").sum() / 1000),
            export_kwh=pl.col("export_wh").sum() / 1000,
            full_days=pl.col("is_full").sum().cast(pl.Int16),
            days=pl.len().cast(pl.Int16),
            estimated_share=pl.col("estimated").sum() / pl.col("present").sum(),
            celsius=pl.col("celsius").mean(),
            spot_paid=pl.col("cost_eur").filter(is_priced).sum() * 1e5 / pl.col("wh").filter(is_priced).sum(),
        )
        .with_columns(pl.col("estimated_share", "spot_paid").fill_nan(None))
        .sort("month")
    )


def heat_months(found: pl.DataFrame, celsius: pl.DataFrame) -> pl.DataFrame:
    """As `months`, of a heat meter; `gap_kwh` was used between days, some of it perhaps in the next month."""
    whole = celsius.join(found.drop("celsius"), on="local_date", how="left")
    is_cooled = pl.col("cooling_k").is_not_null()
    return (
        whole.with_columns(month=pl.col("local_date").dt.strftime("%Y-%m"))
        .group_by("month")
        .agg(
            kwh=pl.when(pl.col("kwh").is_not_null().any()).then(pl.col("kwh").sum()),
            gap_kwh=pl.col("gap_kwh").sum(),
            volume_m3=pl.when(pl.col("volume_m3").is_not_null().any()).then(pl.col("volume_m3").sum()),
            cooling_k=(pl.col("cooling_k") * pl.col("volume_m3")).sum()
            / pl.col("volume_m3").filter(is_cooled).sum(),
            full_days=pl.col("kwh").count().cast(pl.Int16),
            days=pl.len().cast(pl.Int16),
            celsius=pl.col("celsius").mean(),
        )
        .with_columns(pl.col("cooling_k").fill_nan(None))
        .sort("month")
    )
