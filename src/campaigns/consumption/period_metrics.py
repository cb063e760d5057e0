"""The metrics of one register over each period, and which of them need not be made again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.calendar import local_days
from campaigns.consumption.calendar_days import calendar_days
from campaigns.consumption.days import HOUR_GRID, QUARTER_GRID
from campaigns.consumption.periods import PERIODS, Period
from campaigns.consumption.price_days import price_days
from campaigns.engine.queries import load
from campaigns.lake.schemas import TABLES
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Snapshot

SQL = load("campaigns.consumption", "metrics.sql")
CLOCKS = ("days_since_last_data", "contract_days_left", "tenure_days")  # of the point, whatever the period
_DAYS_OF_YEAR = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """What the metrics of one register are made from, beside its day facts."""

    controller: str
    as_of: date
    version: str
    calendar: pl.DataFrame
    holders: pl.DataFrame
    fuses: pl.DataFrame
    normal_degree_days: float | None

    def digest(self, snapshot: Snapshot, period: Period) -> str:
        """Equal digests mean equal metrics of that period, but for the clocks."""
        first, last = period.dates(self.as_of)
        reach = min(first, period.earlier(self.as_of)[0]) if period.compared else first
        months = (f"{reach:%Y-%m}", f"{last:%Y-%m}")
        files = [
            path for path in snapshot.paths("day_facts") if months[0] <= _month(path.parent.name) <= months[1]
        ]
        frames = (
            self.calendar.filter(pl.col("local_date").is_between(reach, last)),
            self.holders,
            self.fuses,
        )
        words = [
            self.version,
            f"{first} {last} {reach}",
            repr(self.normal_degree_days),
            *(path.name for path in files),
        ]
        hashes = [
            hashlib.sha256(frame.hash_rows(seed=1).to_numpy().tobytes()).hexdigest() for frame in frames
        ]
        return hashlib.sha256(json.dumps([words, hashes]).encode()).hexdigest()[:16]


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """Rows of `metrics`, and of `metric_periods`."""

    metrics: pl.DataFrame
    periods: pl.DataFrame


def of_controller(
    db: Engine,
    snapshot: Snapshot,
    controller: str,
    as_of: date,
    *,
    version: str,
    settings: Settings,
    known: Made,
) -> Made:
    """The metrics of a register; those `known` stay whose period was made from the same."""
    inputs = _inputs(db, snapshot, controller, as_of, version=version, settings=settings)
    db.register("calendar", inputs.calendar)
    db.register("fuses", inputs.fuses)
    frames, periods = [], []
    for period in PERIODS.values():
        digest = inputs.digest(snapshot, period)
        mine = {"controller": controller, "period": period.name}
        is_same = not known.periods.filter(**mine, inputs=digest).is_empty()
        found = known.metrics.filter(**mine) if is_same else _of_period(db, inputs, period)
        frames.append(found.select(pl.exclude(*CLOCKS)).with_columns(as_of=pl.lit(as_of)))
        periods.append({**mine, "as_of": as_of, "inputs": digest})
    db.register("holders", inputs.holders)
    clocks = db.query(SQL["clocks"], {"controller": controller, "as_of": as_of})
    rows = pl.concat(frames, how="diagonal_relaxed").join(
        clocks, on="metering_point_id", how="left", maintain_order="left"
    )
    return Made(
        metrics=rows.select(pl.col(name).cast(kind) for name, kind in TABLES["metrics"].schema.items()),
        periods=pl.DataFrame(periods, schema=dict(TABLES["metric_periods"].schema)),
    )


def _month(folder: str) -> str:
    return folder.removeprefix("month=")


def _inputs(
    db: Engine, snapshot: Snapshot, controller: str, as_of: date, *, version: str, settings: Settings
) -> Inputs:
    first = min(min(period.dates(as_of)[0], period.earlier(as_of)[0]) for period in PERIODS.values())
    mine = pl.col("controller") == controller
    temperatures = snapshot.frame("temperatures").filter(mine)
    told = {"controller": controller}
    calendar = calendar_days(temperatures, place=settings.place, zone=settings.zone, first=first, last=as_of)
    prices = price_days(snapshot.frame("prices").filter(mine), local_days(settings.zone, first, as_of))
    minutes = pl.Series("day_minutes", local_days(settings.zone, first, as_of).quarters * QUARTER_GRID)
    return Inputs(
        controller=controller,
        as_of=as_of,
        version=version,
        calendar=_with_prices(calendar, prices).with_columns(minutes.cast(pl.Int32)),
        holders=db.query(SQL["holders"], {**told, "as_of": as_of}).sort("metering_point_id"),
        fuses=db.query(SQL["fuses"], told),
        normal_degree_days=_normal_degree_days(temperatures, settings, as_of),
    )


def _with_prices(calendar: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The price of each whole day times its minutes, as hours and as quarters would have it."""
    for minutes, name in ((HOUR_GRID, "hour_price_x4"), (QUARTER_GRID, "quarter_price_x4")):
        sums = prices.filter(resolution_min=minutes).select(
            "local_date", pl.col("price_minutes_x4").alias(name)
        )
        calendar = calendar.join(sums, on="local_date", how="left", maintain_order="left")
    return calendar


def _normal_degree_days(temperatures: pl.DataFrame, settings: Settings, as_of: date) -> float | None:
    """Degree days (K-days) of a mean year: over the last ten calendar years that have every temperature."""
    years = range(as_of.year - 10, as_of.year)
    days = calendar_days(
        temperatures,
        place=settings.place,
        zone=settings.zone,
        first=date(years[0], 1, 1),
        last=date(years[-1], 12, 31),
    )
    sums = days.group_by(pl.col("local_date").dt.year()).agg(
        pl.col("hdd_x100").sum(), pl.col("hdd_x100").count().alias("days")
    )
    whole = sums.filter(pl.col("days") >= _DAYS_OF_YEAR)
    return None if whole.is_empty() else int(whole["hdd_x100"].sum()) / len(whole) / 100


def _of_period(db: Engine, inputs: Inputs, period: Period) -> pl.DataFrame:
    first, last = period.dates(inputs.as_of)
    before = period.earlier(inputs.as_of)
    within = inputs.calendar.filter(pl.col("local_date").is_between(first, last))
    db.register("holders", _with_minutes_gone(inputs.holders, within))
    found = db.query(
        SQL["metrics"],
        {
            "controller": inputs.controller,
            "first": first,
            "last": last,
            "first_month": f"{first:%Y-%m}",
            "last_month": f"{last:%Y-%m}",
            "compared": period.compared,
            "earlier_first": before[0],
            "earlier_last": before[1],
            "earlier_first_month": f"{before[0]:%Y-%m}",
            "earlier_last_month": f"{before[1]:%Y-%m}",
            "period_minutes": int(within["day_minutes"].sum()),
            "days_needed": period.days_needed(inputs.as_of),
            "yearly": period.yearly,
            "normal_degree_days": inputs.normal_degree_days,
        },
    )
    return found.with_columns(
        controller=pl.lit(inputs.controller),
        period=pl.lit(period.name),
        period_start=pl.lit(first),
        period_end=pl.lit(last),
        version=pl.lit(inputs.version),
    )


def _with_minutes_gone(holders: pl.DataFrame, within: pl.DataFrame) -> pl.DataFrame:
    """Beside each holder the minutes of the period before they came."""
    gone = within.select(
        pl.col("local_date").alias("since"), pl.col("day_minutes").cum_sum().shift(1, fill_value=0)
    )
    total = int(within["day_minutes"].sum())
    first, last = within["local_date"].min(), within["local_date"].max()
    joined = holders.join(gone, on="since", how="left", maintain_order="left")
    return joined.select(
        "metering_point_id",
        "since",
        pl.when(pl.col("since") <= first)
        .then(0)
        .when(pl.col("since") > last)
        .then(total)
        .otherwise(pl.col("day_minutes"))
        .alias("minutes_gone"),
    )
