"""Day facts added up: the sums (s_) and maxima (m_) of many metering points' days at a time.

Days are laid out as a matrix of points by days. What differs between days and is the same for all points
(weekday, weather, market price) is a weight of the day, so a sum is the product of a matrix and a vector, and
one reading of a column gives all sums over it.

Every number is a whole one and all is computed as Int64, so no order of rows or files shows. The largest are
squares: 31 days of 500 MWh (`MOST_WH`) are 7.8e18, less than 2^63. Products of whole numbers are no work for
the threads of a library of linear algebra either, which take longer to meet than these matrices to multiply.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from campaigns.consumption.calendar import EPOCH
from campaigns.consumption.summands import OF_DAYS, SUMS, weights
from campaigns.consumption.sums import LEAST, NONE, PEAKS, Numbers, Sums


def add_up(days: pl.DataFrame, calendar: pl.DataFrame) -> Sums:
    """The sums over rows of `day_facts` of one register, in the order of points and days, of one month."""
    if days.is_empty():
        return NONE
    layout = _Layout.of(days)
    within = pl.col("local_date").is_between(layout.first, layout.last)
    of_days = weights(calendar.filter(within))
    facts = days.select(
        expression.cast(pl.Int64).fill_null(0).alias(name) for name, expression in OF_DAYS.items()
    )
    values: dict[str, Numbers] = {}
    for fact in OF_DAYS:
        names = [name for name, (read, _) in SUMS.items() if read == fact]
        sums = layout.matrix(facts[fact]) @ np.stack([of_days[SUMS[name][1]] for name in names], axis=1)
        values |= dict(zip(names, np.ascontiguousarray(sums.T), strict=True))
    values["s_price_minutes_x4"] = values.pop("hours") + values.pop("quarters")
    peak = layout.matrix(days["wh_max"].cast(pl.Int64).fill_null(LEAST), otherwise=LEAST).max(axis=1)
    return Sums(points=layout.points, values={**values, "m_peak_wh": peak, **_peaks(days, layout)})


def _peaks(days: pl.DataFrame, layout: _Layout) -> dict[str, Numbers]:
    """On how many days the highest hour is which hour of the clock."""
    hours = days["peak_hour"].fill_null(24).to_numpy().astype(np.int64)  # the 25th is thrown away
    counts = np.bincount(layout.row * 25 + hours, minlength=25 * len(layout.points))
    return dict(zip(PEAKS, counts.reshape(-1, 25).T, strict=False))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Layout:
    """Where the rows of day facts stand in a matrix of points by days."""

    points: Numbers
    first: date
    last: date
    row: Numbers  # of each row of day facts the row of the matrix
    place: Numbers | None  # in the matrix, row by row; None when the rows fill it as they come

    @classmethod
    def of(cls, days: pl.DataFrame) -> _Layout:
        number = days["metering_point_id"].to_numpy()
        is_new = np.r_[True, number[1:] != number[:-1]]
        row = np.cumsum(is_new) - 1
        day = days["local_date"].cast(pl.Int32).to_numpy().astype(np.int64)
        low, high = int(day.min()), int(day.max())
        length, points = high - low + 1, number[is_new]
        is_filled = len(number) == length * len(points)
        return cls(
            points=points,
            first=EPOCH + timedelta(days=low),
            last=EPOCH + timedelta(days=high),
            row=row,
            place=None if is_filled else row * length + day - low,
        )

    def matrix(self, values: pl.Series, *, otherwise: int = 0) -> Numbers:
        """Days that are not there have the other value."""
        flat = values.to_numpy()
        shape = (len(self.points), (self.last - self.first).days + 1)
        if self.place is None:
            return flat.reshape(shape)
        laid = np.full(shape, otherwise, dtype=np.int64)
        laid.reshape(-1)[self.place] = flat
        return laid
