"""How fresh the readings of each register are: who has all of yesterday, and the newest full day.

A metering point is active on a day when it sent readings within the 28 days up to it, as for the day that
metrics are taken of. Running contracts would count places whose readings are not ours to have, or have ended
without anybody telling us; all that ever had readings would count everybody who moved away.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.engine.queries import load
from campaigns.lake.frames import by_partition

if TYPE_CHECKING:
    from campaigns.engine import Engine

COMPLETE = 0.95  # of the active metering points: such a day is full
ACTIVE = timedelta(days=28)
_LOOK_BACK = timedelta(days=92)  # from the last month with readings; beyond it nothing is fresh anyway
_SQL = load("campaigns.consumption", "freshness.sql")


@dataclass(frozen=True, kw_only=True, slots=True)
class Freshness:
    """Of one register. `share` is None when no metering point is active."""

    day: date  # yesterday
    active: int  # metering points
    complete: int  # of them, with every interval of that day
    newest_full_day: date | None  # None: none in the last three months of readings

    @property
    def share(self) -> float | None:
        """From 0 to 1, in whole thousandths: never 1 while somebody's day is missing."""
        return 1000 * self.complete // self.active / 1000 if self.active else None

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        full = self.newest_full_day
        return {
            "day": self.day.isoformat(),
            "active": self.active,
            "complete": self.complete,
            "share": self.share,
            "newest_full_day": None if full is None else full.isoformat(),
        }

    @property
    def of_yesterday(self) -> str:
        """How many have all of it, in words."""
        if self.share is None:
            return "no metering point is active"
        points = f"{self.active:,} metering point{'s' * (self.active != 1)}"
        return f"{100 * self.share:.1f} % of {points} have all of {self.day}"

    def __str__(self) -> str:
        full = "none" if self.newest_full_day is None else self.newest_full_day.isoformat()
        return f"{self.of_yesterday}; newest full day {full}"


def of(db: Engine, *, today: date) -> dict[str, Freshness]:
    """By register, from the numbers beside each day; the arrays are not read.

    Further back is only read for registers of which the last weeks have no full day.
    """
    months = by_partition(db.snapshot.paths("consumption_days"), "month")
    past = [month for month in months if month <= f"{today:%Y-%m}"]
    if not past:
        return {}
    newest = min(today, date.fromisoformat(f"{max(past)}-28"))
    found = _since(db, newest - ACTIVE, today)
    if any(fresh.newest_full_day is None for fresh in found.values()):
        found = _since(db, newest - _LOOK_BACK, today)
    return found


def _since(db: Engine, first: date, today: date) -> dict[str, Freshness]:
    since = {"month": f"{first:%Y-%m}", "today": today}
    complete, spans = db.query(_SQL["complete"], since), db.query(_SQL["spans"], since)
    return {
        controller: _of_register(
            complete.filter(controller=controller), spans.filter(controller=controller), today
        )
        for controller in spans["controller"].unique().sort()
    }


def computed_for(db: Engine) -> dict[str, date]:
    """The day as of which the metrics of each register that has any are."""
    return dict(db.query(_SQL["computed"]).iter_rows())


def last_full_day(complete: pl.DataFrame, spans: pl.DataFrame) -> date | None:
    """The newest day on which enough of the active metering points have every interval.

    `complete` says how many have it (`local_date`, `points`), `spans` the `first` and `last` day of each.
    """
    enough = COMPLETE * _active(spans, complete["local_date"])
    return complete.filter(pl.col("points") >= enough)["local_date"].max()  # type: ignore[return-value]  # of dates


def _of_register(complete: pl.DataFrame, spans: pl.DataFrame, today: date) -> Freshness:
    yesterday = today - timedelta(days=1)
    return Freshness(
        day=yesterday,
        active=_active(spans, pl.Series([yesterday])).item(),
        complete=int(complete.filter(local_date=yesterday)["points"].sum()),
        newest_full_day=last_full_day(complete, spans),
    )


def _active(spans: pl.DataFrame, days: pl.Series) -> pl.Series:
    """How many metering points are active on each day."""
    begun = spans["first"].sort().search_sorted(days, "right").cast(pl.Int64)
    return begun - spans["last"].sort().search_sorted(days - ACTIVE, "right").cast(pl.Int64)
