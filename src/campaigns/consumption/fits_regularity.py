"""How alike the days of a home are: each day's shape against the usual one of its weekday.

Weekdays are those of the calendar, public holidays too. The mean correlation of all days with their weekday's
mean shape is a sum over weekdays: of the scaled shapes of its days, times that mean shape. So one reading of
the days is enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.day_numbers import MOST_WH
from campaigns.consumption.inputs import SQL, Inputs

if TYPE_CHECKING:
    from campaigns.engine import Engine

POINTS = 20_000  # at a time: 50 MB of shapes, and a month of them 60 MB of hours
_HOURS = 24
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]


def regularity(db: Engine, inputs: Inputs, points: pl.Series, first: date, last: date) -> pl.DataFrame:
    """`regularity` of each of these metering points from `first` to `last`; NULL without any day that varies.

    Days of 23 and 25 hours, without use and with the same use in every hour are left out.
    """
    numbers = points.sort().to_numpy()
    frames = [
        _of_points(db, inputs, numbers[at : at + POINTS], first, last)
        for at in range(0, len(numbers), POINTS)
    ]
    schema = {"metering_point_id": pl.Int64(), "regularity": pl.Float64()}
    return pl.concat([pl.DataFrame(schema=schema), *frames])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Weekdays:
    """Sums over the days of each metering point and weekday."""

    shapes: Floats  # of the hours' shares
    scaled: Floats  # of hours less their mean, divided by their length
    days: Numbers  # that are scaled

    def add(self, row: npt.NDArray[np.intp], weekday: int, hours: Numbers) -> None:
        """The days of one date; a metering point has but one row."""
        total = hours.sum(axis=1)
        self.shapes[row, weekday] += hours / total[:, None]
        centred = (_HOURS * hours - total[:, None]).astype(np.float64)
        length = np.sqrt((centred * centred).sum(axis=1))
        varies = length > 0
        self.scaled[row[varies], weekday] += centred[varies] / length[varies, None]
        self.days[row[varies], weekday] += 1

    def correlation(self) -> Floats:
        """The mean over days of the correlation with their weekday's mean shape."""
        usual = self.shapes - self.shapes.mean(axis=2, keepdims=True)
        length = np.sqrt((usual * usual).sum(axis=2))
        has_shape = length > 0
        sums = (self.scaled * usual).sum(axis=2)
        sums = np.divide(sums, length, out=np.zeros_like(sums), where=has_shape).sum(axis=1)
        count = np.where(has_shape, self.days, 0).sum(axis=1)
        mean: Floats = np.divide(sums, count, out=np.full(len(sums), np.nan), where=count > 0)
        return mean


def _of_points(db: Engine, inputs: Inputs, points: Numbers, first: date, last: date) -> pl.DataFrame:
    sums = _Weekdays(
        shapes=np.zeros((len(points), 7, _HOURS)),
        scaled=np.zeros((len(points), 7, _HOURS)),
        days=np.zeros((len(points), 7), dtype=np.int64),
    )
    wanted = pl.DataFrame({"metering_point_id": points})
    db.register("wanted", wanted.join(inputs.holders, on="metering_point_id", how="left"))
    for day, number, hours in _days(db, inputs, first, last):
        sums.add(np.searchsorted(points, number), day.weekday(), hours)
    found = pl.Series("regularity", sums.correlation(), nan_to_null=True)
    return wanted.with_columns(found)


def _days(db: Engine, inputs: Inputs, first: date, last: date) -> Iterator[tuple[date, Numbers, Numbers]]:
    """Date by date: metering points and their clock hours."""
    month = first.replace(day=1)
    while month <= last:
        told = {"controller": inputs.controller, "first": first, "last": last, "most_wh": MOST_WH}
        rows = db.query(SQL["hour_series"], {**told, "month": f"{month:%Y-%m}"})
        groups = dict(rows.group_by("local_date", "resolution_min"))
        for (day, _), part in sorted(groups.items()):
            hours = part["wh"].explode().to_numpy().astype(np.int64).reshape(len(part), _HOURS, -1)
            yield day, part["metering_point_id"].to_numpy(), hours.sum(axis=2)
        month = (month + timedelta(days=31)).replace(day=1)
