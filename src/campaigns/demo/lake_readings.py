"""Readings of any number of metering points straight into the lake, past files and import: for benchmarks.

A few thousand homes are worked out from their appliances; every metering point is one of them, larger or
smaller, each of its hours blurred a little. Days are whole, as after a year of corrections.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import LocalDays, local_days
from campaigns.consumption.days import HOUR_GRID, NEVER_STATED, Days
from campaigns.consumption.rows import Stamp, Stamped, to_frame
from campaigns.demo import market, weather
from campaigns.demo.dice import Dice
from campaigns.demo.grid import ZONE, Grid
from campaigns.demo.loads import energy
from campaigns.demo.outdoors import Outdoors

if TYPE_CHECKING:
    from campaigns.lake import Lake, Writer

DISTINCT = 2000  # homes that are worked out
_AT_ONCE = 250  # of them: their steps are held as kW in memory
_EARLIER = 31
_BLUR = 0.1


@dataclass(frozen=True, kw_only=True, slots=True)
class LakeReadings:
    """What was written: rows of consumption_days and the intervals in them."""

    days: int
    intervals: int


def write(
    lake: Lake, homes: pl.DataFrame, *, controller: str, days: int, as_of: date, seed: int = 1
) -> LakeReadings:
    """Hourly readings of all `homes` (`demo.town`) for the `days` before `as_of`, weather and prices."""
    dice = Dice(seed=seed)
    around = _surround(lake, dice, controller=controller, days=days, as_of=as_of)
    first = as_of - timedelta(days=days)
    calendar = local_days(ZONE, first, as_of - timedelta(days=1))
    drawn = homes[:DISTINCT]
    rng = dice.of("lake readings")
    parts = [drawn[at : at + _AT_ONCE] for at in range(0, drawn.height, _AT_ONCE)]
    wh = np.concatenate([energy(rng, part, around) for part in parts])
    size = rng.uniform(0.7, 1.4, homes.height).astype(np.float32)
    written, intervals = 0, 0
    for month in calendar.months.unique(maintain_order=True):
        chosen = np.flatnonzero((calendar.months == month).to_numpy())
        frame = _month(wh, homes, size, chosen, around.grid, calendar, controller, rng)
        with lake.writer(purpose="demo") as writer:
            writer.append("consumption_days", frame)
        written, intervals = written + frame.height, intervals + int(frame["intervals_present"].sum())
    return LakeReadings(days=written, intervals=intervals)


def _surround(lake: Lake, dice: Dice, *, controller: str, days: int, as_of: date) -> Outdoors:
    """Weather and prices into the lake, and those of the days that are read."""
    grid = Grid(first=as_of - timedelta(days=days + _EARLIER), days=days + _EARLIER, minutes=60)
    celsius = weather.celsius(dice, grid)
    price = market.prices(dice, grid, celsius)
    told = {"controller": pl.lit(controller), "received": pl.lit(0), "file": pl.lit(0)}
    with lake.writer(purpose="demo") as writer:
        _series(writer, "temperatures", grid, "celsius_x10", np.rint(celsius * 10).astype(np.int16), told)
        _series(writer, "prices", grid, "price_mc", price.astype(np.int32), told | {"minutes": pl.lit(60)})
    read = Grid(first=as_of - timedelta(days=days), days=days, minutes=60)
    late = grid.steps - read.steps
    return Outdoors(
        grid=read, celsius=celsius[late:], price=price[late:], clear=_sky(dice, read.days)[read.day]
    )


def _series(
    writer: Writer,
    table: str,
    grid: Grid,
    column: str,
    values: npt.NDArray[np.integer],
    told: dict[str, pl.Expr],
) -> None:
    writer.append(table, pl.DataFrame({"start": grid.utc, column: values}).with_columns(**told))


def _sky(dice: Dice, days: int) -> npt.NDArray[np.float64]:
    return dice.of("sky").uniform(0.25, 1.0, days)


def _month(
    wh: npt.NDArray[np.int32],
    homes: pl.DataFrame,
    size: npt.NDArray[np.float32],
    chosen: npt.NDArray[np.intp],
    grid: Grid,
    calendar: LocalDays,
    controller: str,
    rng: np.random.Generator,
) -> pl.DataFrame:
    """All homes' days of one month as rows of consumption_days."""
    frames = []
    stamp = Stamp.of(datetime.combine(calendar.last, datetime.min.time(), UTC), "0" * 64)
    for day in chosen:
        steps = np.flatnonzero(grid.day == day)
        base = wh[:, steps][np.arange(homes.height) % len(wh)]
        blur = rng.uniform(1 - _BLUR, 1 + _BLUR, base.shape).astype(np.float32)
        net = np.rint(base * size[:, None] * blur).astype(np.int32)
        for export in (False, True):
            rows = np.flatnonzero(homes["pv_kwp"].to_numpy() > 0) if export else np.arange(homes.height)
            values = np.maximum(-net[rows] if export else net[rows], 0)
            days = _day(homes["gsrn"].to_numpy()[rows], int(day), values, calendar.hours, export=export)
            frames.append(to_frame(Stamped.by(stamp, days), controller=controller, calendar=calendar))
    return pl.concat(frames)


def _day(
    points: npt.NDArray[np.int64], day: int, values: npt.NDArray[np.int32], hours: int, *, export: bool
) -> Days:
    """One day of many metering points, with room for the longest day."""
    wide = np.zeros((len(points), hours), dtype=np.int32)
    quality = np.full(wide.shape, NEVER_STATED, dtype=np.int8)
    wide[:, : values.shape[1]] = values
    quality[:, : values.shape[1]] = 1
    return Days(
        minutes=HOUR_GRID,
        metering_point=points,
        export=np.full(len(points), export),
        day=np.full(len(points), day, dtype=np.int32),
        wh=wide,
        quality=quality,
    )
