"""What the metrics of one register are made from beside its day facts: calendar, weather, prices, holders."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.calendar import local_days
from campaigns.consumption.calendar_days import calendar_days
from campaigns.consumption.days import HOUR_GRID, QUARTER_GRID
from campaigns.consumption.periods import PERIODS
from campaigns.consumption.price_days import price_days
from campaigns.engine.queries import load
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Snapshot

SQL = load("campaigns.consumption", "metrics.sql")
_DAYS_OF_YEAR = 365


@dataclass(frozen=True, kw_only=True, slots=True)
class Inputs:
    """Of one register as of one day. `calendar` reaches from the first day of any period to `as_of`."""

    controller: str
    as_of: date
    version: str
    calendar: pl.DataFrame
    holders: pl.DataFrame  # metering_point_id, since
    fuses: pl.DataFrame  # metering_point_id, fuse_a
    tariffs: pl.DataFrame  # metering_point_id, price_mc, margin_mc
    normal_degree_days: float | None

    @classmethod
    def of(
        cls,
        db: Engine,
        snapshot: Snapshot,
        controller: str,
        as_of: date,
        *,
        version: str,
        settings: Settings,
    ) -> Inputs:
        """Read them."""
        first = min(min(period.dates(as_of)[0], period.earlier(as_of)[0]) for period in PERIODS.values())
        first = first.replace(day=1)
        mine = pl.col("controller") == controller
        temperatures = snapshot.frame("temperatures").filter(mine)
        days = local_days(settings.zone, first, as_of)
        calendar = calendar_days(
            temperatures, place=settings.place, zone=settings.zone, first=first, last=as_of
        )
        minutes = pl.Series("day_minutes", days.quarters * QUARTER_GRID).cast(pl.Int32)
        prices = price_days(snapshot.frame("prices").filter(mine), days)
        told = {"controller": controller}
        return cls(
            controller=controller,
            as_of=as_of,
            version=version,
            calendar=_with_prices(calendar, prices).with_columns(
                minutes, is_known=pl.col("hdd_x100").is_not_null()
            ),
            holders=db.query(SQL["holders"], {**told, "as_of": as_of}).sort("metering_point_id"),
            fuses=db.query(SQL["fuses"], told),
            tariffs=db.query(SQL["tariffs"], {**told, "as_of": as_of}),
            normal_degree_days=_normal_degree_days(temperatures, settings, as_of),
        )

    def between(self, first: date, last: date) -> pl.DataFrame:
        """The days of the calendar from `first` to `last`."""
        return self.calendar.filter(pl.col("local_date").is_between(first, last))


def digest(words: Iterable[object], *frames: pl.DataFrame) -> str:
    """Equal for equal words and frames."""
    hashes = [hashlib.sha256(frame.hash_rows(seed=1).to_numpy().tobytes()).hexdigest() for frame in frames]
    return hashlib.sha256(json.dumps([*map(str, words), *hashes]).encode()).hexdigest()[:16]


def months_of(paths: Iterable[Path], first: date, last: date) -> list[Path]:
    """Those of a table's files that lie in the months from one day to another."""
    within = (f"month={first:%Y-%m}", f"month={last:%Y-%m}")
    return [path for path in paths if within[0] <= path.parent.name <= within[1]]


def files_of(snapshot: Snapshot, table: str, first: date, last: date) -> list[str]:
    """The names of the files with a table's rows of these months; their bytes never change."""
    return [path.name for path in months_of(snapshot.paths(table), first, last)]


@cache
def version_of(*modules: str) -> str:
    """Changes with the code of these modules of the room."""
    here = Path(__file__)
    code = b"".join(here.with_name(f"{module}.py").read_bytes() for module in modules)
    return hashlib.sha256(code).hexdigest()[:12]


def _with_prices(calendar: pl.DataFrame, prices: pl.DataFrame) -> pl.DataFrame:
    """The price of each whole day times its minutes, as hours and as quarters would have it."""
    for minutes, name in ((HOUR_GRID, "hour_price_x4"), (QUARTER_GRID, "quarter_price_x4")):
        mine = prices.filter(resolution_min=minutes)
        sums = mine.select("local_date", pl.col("price_minutes_x4").alias(name))
        calendar = calendar.join(sums, on="local_date", how="left", maintain_order="left")
    return calendar


def _normal_degree_days(temperatures: pl.DataFrame, settings: Settings, as_of: date) -> float | None:
    """Degree days (K-days) of a mean year: over the last ten calendar years that have every temperature."""
    first, last = date(as_of.year - 10, 1, 1), date(as_of.year - 1, 12, 31)
    days = calendar_days(temperatures, place=settings.place, zone=settings.zone, first=first, last=last)
    sums = days.group_by(pl.col("local_date").dt.year()).agg(
        pl.col("hdd_x100").sum(), pl.col("hdd_x100").count().alias("days")
    )
    whole = sums.filter(pl.col("days") >= _DAYS_OF_YEAR)
    return None if whole.is_empty() else int(whole["hdd_x100"].sum()) / len(whole) / 100
