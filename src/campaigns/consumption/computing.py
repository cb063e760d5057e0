"""`campaigns metrics`: the metrics of every metering point, from day facts, prices and temperatures.

They are computed anew each time, from whole numbers, so that they follow from what is in the lake and from
nothing else: no running sums that could drift, and the same result after a rebuild.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.calendar import local_days
from campaigns.consumption.calendar_days import calendar_days
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS, Period
from campaigns.consumption.price_days import price_days
from campaigns.engine import connect
from campaigns.engine.queries import load
from campaigns.lake.schemas import TABLES, empty
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Lake, Snapshot

COMPLETE = 0.95  # of the metering points
_ACTIVE = timedelta(days=28)  # a metering point counts as long as it sent readings within these days
_SQL = load("campaigns.consumption", "metrics.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsRun:
    """What was computed. `as_of` is the last complete day of each controller that has any."""

    as_of: Mapping[str, date]
    metering_points: int
    rows: int
    seconds: float

    def __str__(self) -> str:
        if not self.as_of:
            return "no metrics: no day has the readings of nearly all metering points yet"
        days = ", ".join(f"{controller} as of {day}" for controller, day in self.as_of.items())
        points = f"{self.metering_points:,} metering point{'s' * (self.metering_points != 1)}"
        return f"metrics of {points} ({days}) in {self.seconds:.1f} s"

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {**asdict(self), "as_of": {name: day.isoformat() for name, day in self.as_of.items()}}


def version() -> str:
    """Changes whenever a definition or the way of computing does."""
    words = json.dumps([_SQL["metrics"], _SQL["holders"], *(asdict(metric) for metric in METRICS.values())])
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def compute(lake: Lake, *, settings: Settings, as_of: date | None = None, now: datetime) -> MetricsRun:
    """Write the table `metrics`, in place of what was there, as of one day for each controller.

    Without `as_of` that is the last day, over at `now`, of which at least 95 % of the controller's metering
    points are complete.
    """
    began = time.monotonic()
    today = now.astimezone(settings.zone).date()
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        days = _days(db, as_of=as_of, before=today)
        frames = [
            _of_controller(db, snapshot, controller, day, settings=settings)
            for controller, day in days.items()
        ]
    metrics = pl.concat([empty("metrics"), *frames])
    with lake.writer(purpose="metrics") as writer:
        writer.replace("metrics", metrics)
    return MetricsRun(
        as_of=days,
        metering_points=len(metrics.unique(["controller", "metering_point_id"])),
        rows=len(metrics),
        seconds=time.monotonic() - began,
    )


def _days(db: Engine, *, as_of: date | None, before: date) -> dict[str, date]:
    """The day as of which each controller's metrics are taken."""
    spans = db.query(_SQL["spans"])
    if as_of is not None:
        return dict.fromkeys(spans["controller"].unique().sort(), as_of)
    full = db.query(_SQL["full_days"]).filter(pl.col("local_date") < before)
    found = {}
    for controller in full["controller"].unique().sort():
        mine = (frame.filter(pl.col("controller") == controller) for frame in (full, spans))
        day = _last_complete(*mine)
        if day is not None:
            found[controller] = day
    return found


def _last_complete(full: pl.DataFrame, spans: pl.DataFrame) -> date | None:
    """The newest day on which enough of the active metering points have every interval."""
    begun, ended = spans["first"].sort(), spans["last"].sort()
    days = full["local_date"]
    active = begun.search_sorted(days, "right").cast(pl.Int64) - ended.search_sorted(days - _ACTIVE, "right")
    complete = days.filter(full["full_points"] >= COMPLETE * active)
    return complete.max() if len(complete) else None  # type: ignore[return-value]  # of dates


def _of_controller(
    db: Engine, snapshot: Snapshot, controller: str, as_of: date, *, settings: Settings
) -> pl.DataFrame:
    first = min(period.dates(as_of)[0] for period in PERIODS.values())
    mine = pl.col("controller") == controller
    temperatures = snapshot.frame("temperatures").filter(mine)
    prices = snapshot.frame("prices").filter(mine)
    db.register("holders", db.query(_SQL["holders"], {"controller": controller, "as_of": as_of}))
    db.register("calendar", calendar_days(temperatures, zone=settings.zone, first=first, last=as_of))
    db.register("price_days", price_days(prices, local_days(settings.zone, first, as_of)))
    return pl.concat(_of_period(db, controller, period, as_of) for period in PERIODS.values())


def _of_period(db: Engine, controller: str, period: Period, as_of: date) -> pl.DataFrame:
    first, last = period.dates(as_of)
    found = db.query(
        _SQL["metrics"],
        {
            "controller": controller,
            "first": first,
            "last": last,
            "first_month": f"{first:%Y-%m}",
            "last_month": f"{last:%Y-%m}",
            "days_needed": period.days_needed(as_of),
            "yearly": period.yearly,
        },
    )
    return found.with_columns(
        controller=pl.lit(controller),
        period=pl.lit(period.name),
        as_of=pl.lit(as_of),
        period_start=pl.lit(first),
        period_end=pl.lit(last),
        version=pl.lit(version()),
    ).select(pl.col(name).cast(kind) for name, kind in TABLES["metrics"].schema.items())
