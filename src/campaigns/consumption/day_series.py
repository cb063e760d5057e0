"""Days of many metering points as matrices, a batch of points at a time: what fits read.

Values are whole Wh of full days under the present holder, 0 elsewhere; sums over them are exact and hang on
neither the batch nor the order of rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import EPOCH
from campaigns.consumption.inputs import SQL, Inputs

if TYPE_CHECKING:
    from campaigns.engine import Engine

POINTS = 4000  # at a time: 730 days of them are 70 MB as rows and 35 MB as matrices of one number each
CLOSE = 500  # points: 3 MB of doubles
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Matrix = npt.NDArray[np.int32]


@dataclass(frozen=True, kw_only=True, slots=True)
class DaySeries:
    """The rows of every matrix are metering points, the columns days from `first`."""

    points: Numbers
    first: date
    is_full: Flags
    wh: Matrix
    lowest: Matrix  # of the day's clock hours
    evening: Matrix  # 16 to 21

    def since(self, first: date) -> DaySeries:
        """The days from that one on."""
        skip = (first - self.first).days
        return self._part(np.s_[:], np.s_[skip:], first)

    def slices(self) -> Iterator[DaySeries]:
        """A few points each, so that what is computed of them stays near the processor."""
        for at in range(0, len(self.points), CLOSE):
            yield self._part(np.s_[at : at + CLOSE], np.s_[:], self.first)

    def _part(self, points: slice, days: slice, first: date) -> DaySeries:
        return DaySeries(
            points=self.points[points],
            first=first,
            is_full=self.is_full[points, days],
            wh=self.wh[points, days],
            lowest=self.lowest[points, days],
            evening=self.evening[points, days],
        )


def day_series(db: Engine, inputs: Inputs, points: pl.Series, first: date, last: date) -> Iterator[DaySeries]:
    """The full days from `first` to `last` of these metering points of the register."""
    numbers = np.sort(points.to_numpy())
    for at in range(0, len(numbers), POINTS):
        yield _batch(db, inputs, numbers[at : at + POINTS], first, last)


def _batch(db: Engine, inputs: Inputs, points: Numbers, first: date, last: date) -> DaySeries:
    rows = db.query(
        SQL["day_series"],
        {
            "controller": inputs.controller,
            "first": first,
            "last": last,
            "first_month": f"{first:%Y-%m}",
            "last_month": f"{last:%Y-%m}",
            "lowest": int(points[0]),
            "highest": int(points[-1]),
        },
    )
    number, day = rows["metering_point_id"].to_numpy(), _days_after(rows["local_date"], first)
    row = np.minimum(np.searchsorted(points, number), len(points) - 1)
    mine = (points[row] == number) & (day >= _arrivals(inputs, points, first)[row])
    row, day = row[mine], day[mine]
    found = {}
    for name in ("wh", "wh_min", "wh_16_21"):
        found[name] = np.zeros((len(points), (last - first).days + 1), dtype=np.int32)
        found[name][row, day] = rows[name].to_numpy()[mine]
    is_full = np.zeros(found["wh"].shape, dtype=np.bool_)
    is_full[row, day] = True
    return DaySeries(
        points=points,
        first=first,
        is_full=is_full,
        wh=found["wh"],
        lowest=found["wh_min"],
        evening=found["wh_16_21"],
    )


def _days_after(days: pl.Series, first: date) -> Numbers:
    after: Numbers = days.cast(pl.Int32).to_numpy().astype(np.int64) - (first - EPOCH).days
    return after


def _arrivals(inputs: Inputs, points: Numbers, first: date) -> Numbers:
    """Of each point the number of the first day of its present holder."""
    holders = inputs.holders.drop_nulls().filter(pl.col("metering_point_id").is_in(points.tolist()))
    arrivals = np.zeros(len(points), dtype=np.int64)
    place = np.searchsorted(points, holders["metering_point_id"].to_numpy())
    arrivals[place] = _days_after(holders["since"], first)
    return arrivals
