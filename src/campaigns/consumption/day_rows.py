"""Day facts of a batch of metering points, and where each stands in a matrix of points by days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from campaigns.consumption.calendar import EPOCH
from campaigns.consumption.inputs import Inputs, months_of
from campaigns.consumption.month_facts import own
from campaigns.consumption.sums import Numbers

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

_KEYS = ("metering_point_id", "local_date")


def own_days(
    snapshot: Snapshot, inputs: Inputs, points: Numbers, first: date, last: date, columns: Sequence[str]
) -> Iterator[tuple[Numbers, pl.DataFrame]]:
    """Rows of these points (ascending) under their present holders, with these columns beside their keys.

    Before each frame stand the places of its rows in a matrix of points by the days from `first` to `last`.
    """
    where = (
        (pl.col("controller") == inputs.controller)
        & pl.col("local_date").is_between(first, last)
        & pl.col("metering_point_id").is_between(int(points[0]), int(points[-1]))
    )
    for path in months_of(snapshot.files("day_facts"), first, last):
        found = snapshot.rows_in("day_facts", [path], [*_KEYS, *columns], where=where)
        rows = own(found, inputs.holders, first)
        row = _rows_of(rows["metering_point_id"].to_numpy(), points)
        if (row < 0).any():
            rows, row = rows.filter(pl.Series(row >= 0)), row[row >= 0]
        day = rows["local_date"].to_physical().to_numpy() - (first - EPOCH).days
        yield row * ((last - first).days + 1) + day, rows


def _rows_of(numbers: Numbers, points: Numbers) -> Numbers:
    """The place of each number in `points`, -1 when it is not there; equal numbers stand together."""
    if not len(numbers):
        return numbers
    starts = np.flatnonzero(np.r_[True, numbers[1:] != numbers[:-1]])
    place = np.minimum(np.searchsorted(points, numbers[starts]), len(points) - 1)
    place[points[place] != numbers[starts]] = -1
    return np.repeat(place, np.diff([*starts, len(numbers)]))
