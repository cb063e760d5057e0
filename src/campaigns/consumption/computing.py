"""`campaigns metrics`: the metrics of every metering point, from day facts, prices and temperatures.

They follow from what is in the lake and from nothing else: no running sums that could drift, and the same
result after a rebuild.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption import compacting, day_facts, fits, history, month_facts, period_metrics, sanity
from campaigns.consumption.freshness import last_full_day
from campaigns.consumption.inputs import SQL, Inputs
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.period_metrics import Made
from campaigns.consumption.periods import PERIODS
from campaigns.engine import connect
from campaigns.errors import UserError
from campaigns.lake.schemas import empty
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Lake

NOTHING = Made(metrics=empty("metrics"), periods=empty("metric_periods"))
_PERIODS = [name for period in PERIODS for name in (period, fits.mark({"period": period})["period"])]


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricsRun:
    """What was computed, and what was kept because nothing that it follows from changed.

    `as_of` is the last complete day of each controller that has any. Days are those of import; periods are
    counted for each controller.
    """

    as_of: Mapping[str, date]
    metering_points: int
    rows: int
    days_read: int  # they, their prices or the way of computing changed
    days_kept: int
    periods_computed: int
    periods_kept: int
    seconds: float

    def __str__(self) -> str:
        if not self.as_of:
            return "no metrics: no day has the readings of nearly all metering points yet"
        days = ", ".join(f"{controller} as of {day}" for controller, day in self.as_of.items())
        points = f"{self.metering_points:,} metering point{'s' * (self.metering_points != 1)}"
        periods = f"{self.periods_computed} periods computed, {self.periods_kept} kept"
        read = f"{self.days_read:,} days read, {self.days_kept:,} kept"
        return f"metrics of {points} ({days}): {read}; {periods}; {self.seconds:.1f} s"

    def as_json(self) -> dict[str, object]:
        """For `--json`."""
        return {**asdict(self), "as_of": {name: day.isoformat() for name, day in self.as_of.items()}}


def version() -> str:
    """Changes whenever a definition or the way of computing does."""
    words = json.dumps(
        [
            *SQL.values(),
            *(part.version() for part in (day_facts, period_metrics, fits)),
            *(one.model_dump() for one in METRICS.values()),
        ]
    )
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def compute(
    lake: Lake, *, settings: Settings, as_of: date | None = None, now: datetime, full: bool = False
) -> MetricsRun:
    """Bring the day facts up to date and write the table `metrics`, as of one day for each controller.

    Without `as_of` that is the last day, over at `now`, of which at least 95 % of the controller's metering
    points are complete. A period of which nothing changed is not computed again, except with `full`; either
    way the table is the same.

    Raises `UserError` CON137 for a day that is not over yet, CON138 for one before any reading: the metrics
    that there are stay.
    """
    began = time.monotonic()
    today = now.astimezone(settings.zone).date()
    if as_of is not None and as_of >= today:
        raise UserError(
            "CON137", f"{as_of} is not over yet.", hint="leave the day out: the last full one is taken"
        )
    with lake.writer(purpose="metrics") as writer:
        updated = day_facts.update(writer, settings=settings, full=full)
    sanity.update(lake, full=full)
    registers, known = _add_up(lake, settings=settings, as_of=as_of, today=today, full=full)
    days = {inputs.controller: inputs.as_of for inputs in registers}
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        before = Made(metrics=snapshot.frame("metrics"), periods=known)
        made = [
            period_metrics.of_controller(db, snapshot, inputs, NOTHING if full else before)
            for inputs in registers
        ]
    metrics = pl.concat([empty("metrics"), *(found.metrics for found in made)])
    periods = pl.concat([empty("metric_periods"), *(found.periods for found in made)])
    with lake.writer(purpose="metrics") as writer:
        history.keep(writer, before.metrics, days)
        # what says from what they were made goes first: a run that is cut off leaves metrics without it
        writer.remove("metric_periods", pl.col("period").is_in(_PERIODS))
        writer.replace("metrics", metrics)
        writer.upsert("metric_periods", periods)
        compacting.compact(writer)
    kept = 0 if full else _kept(periods, known)
    return MetricsRun(
        as_of=days,
        metering_points=len(metrics.unique(["controller", "metering_point_id"])),
        rows=len(metrics),
        days_read=updated.days,
        days_kept=updated.kept,
        periods_computed=len(PERIODS) * len(days) - kept,
        periods_kept=kept,
        seconds=time.monotonic() - began,
    )


def _kept(periods: pl.DataFrame, known: pl.DataFrame) -> int:
    """How many periods of a controller were made from the same as before."""
    same = periods.join(known, on=["controller", "period", "inputs"], how="semi")
    return len(same.filter(pl.col("period").is_in(list(PERIODS))))


def _add_up(
    lake: Lake, *, settings: Settings, as_of: date | None, today: date, full: bool
) -> tuple[list[Inputs], pl.DataFrame]:
    """Bring the month facts up to date. What they and periods are made from now, and were before.

    Periods are made from the same as their months, whatever is imported in the meantime.
    """
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        known = snapshot.frame("metric_periods")
        registers = [
            Inputs.of(db, snapshot, controller, day, version=version(), settings=settings)
            for controller, day in _days(db, as_of=as_of, before=today).items()
        ]
    with lake.writer(purpose="metrics") as writer:
        for inputs in registers:
            month_facts.update(writer, inputs, known.clear() if full else known)
    return registers, known


def _days(db: Engine, *, as_of: date | None, before: date) -> dict[str, date]:
    """The day as of which each controller's metrics are taken."""
    spans = db.query(SQL["spans"])
    if as_of is not None:
        begun = spans.filter(pl.col("first") <= as_of)
        if begun.is_empty() and len(spans):
            raise UserError(
                "CON138",
                f"no metering point has readings up to {as_of}.",
                hint=f"the first readings are of {spans['first'].sort()[0]}",
            )
        return dict.fromkeys(begun["controller"].unique().sort(), as_of)
    full = db.query(SQL["full_days"]).filter(pl.col("local_date") < before)
    found = {}
    for controller in full["controller"].unique().sort():
        day = last_full_day(*(frame.filter(controller=controller) for frame in (full, spans)))
        if day is not None:
            found[controller] = day
    return found
