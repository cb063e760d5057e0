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

from campaigns.consumption.day_rows import own_days
from campaigns.consumption.inputs import Inputs

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

POINTS = 20_000  # at a time: 730 days of them are 190 MB as matrices
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


def day_series(
    snapshot: Snapshot, inputs: Inputs, points: pl.Series, first: date, last: date
) -> Iterator[DaySeries]:
    """The full days from `first` to `last` of these metering points of the register."""
    numbers = np.sort(points.to_numpy())
    for at in range(0, len(numbers), POINTS):
        yield _batch(snapshot, inputs, numbers[at : at + POINTS], first, last)


def _batch(snapshot: Snapshot, inputs: Inputs, points: Numbers, first: date, last: date) -> DaySeries:
    shape = (len(points), (last - first).days + 1)
    found = {name: np.zeros(shape, dtype=np.int32) for name in ("wh", "wh_min", "wh_16_21")}
    is_full = np.zeros(shape, dtype=np.bool_)
    for place, rows in own_days(snapshot, inputs, points, first, last, ["is_full", *found]):
        is_full.reshape(-1)[place] = rows["is_full"].to_numpy()
        for name, matrix in found.items():  # NULL on days that are not full
            matrix.reshape(-1)[place] = rows[name].fill_null(0).to_numpy()
    return DaySeries(
        points=points,
        first=first,
        is_full=is_full,
        wh=found["wh"],
        lowest=found["wh_min"],
        evening=found["wh_16_21"],
    )
