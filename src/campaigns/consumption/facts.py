"""Day facts: the numbers beside each day's array that metrics read, in whole Wh (see schemas.DAY_FACTS)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import Integers, LocalDays
from campaigns.consumption.days import QUARTER_GRID, Days
from campaigns.consumption.shapes import within
from campaigns.lake.schemas import DAY_FACTS

PARTS_OF_DAY = (0, 6, 10, 16, 21, 24)  # local hours; the names wh_00_06 ... say the same
_CHUNK = 50_000
_ONLY_OF_FULL_DAYS = ("wh_min", "wh_max", "peak_hour")
_ONLY_WITH_READINGS = ("lowest_wh", "highest_wh")


def facts(days: Days, calendar: LocalDays) -> pl.DataFrame:
    """One row a day, in the order of `days`."""
    found = {name: np.zeros(len(days), dtype=np.int64) for name in DAY_FACTS}
    for clock, chosen in calendar.patterns(days.day).items():
        hours = np.array(clock if days.minutes == QUARTER_GRID else clock[::4])
        rows = np.flatnonzero(chosen)
        for at in range(0, len(rows), _CHUNK):
            part = rows[at : at + _CHUNK]
            for name, values in _facts(days.wh[part], days.quality[part], hours, days.minutes).items():
                found[name][part] = values
    frame = pl.DataFrame(found).with_columns(pl.col(name).cast(kind) for name, kind in DAY_FACTS.items())
    is_full = pl.col("intervals_present") == pl.col("intervals_expected")
    return frame.with_columns(
        *(pl.when(is_full).then(pl.col(name)).alias(name) for name in _ONLY_OF_FULL_DAYS),
        *(
            pl.when(pl.col("intervals_present") > 0).then(pl.col(name)).alias(name)
            for name in _ONLY_WITH_READINGS
        ),
    )


def _facts(
    wh: npt.NDArray[np.int32], quality: npt.NDArray[np.int8], hours: Integers, minutes: int
) -> dict[str, Integers]:
    """Facts of days with one clock; `hours` is the clock hour of each interval."""
    length = len(hours)
    present = quality[:, :length] > 0
    values = np.where(present, wh[:, :length], 0)
    a_clock_hour = np.arange(0, length, 4 if minutes == QUARTER_GRID else 1)
    by_hour = np.add.reduceat(values, a_clock_hour, axis=1, dtype=np.int64)
    highest = by_hour.argmax(axis=1)
    lowest, highest_wh = _ends(values, present)
    return {
        "wh_sum": by_hour.sum(axis=1),
        "intervals_expected": np.full(len(wh), length, dtype=np.int64),
        "intervals_present": present.sum(axis=1, dtype=np.int64),
        "lowest_wh": lowest,
        "highest_wh": highest_wh,
        "wh_min": by_hour.min(axis=1),
        "wh_max": by_hour.max(axis=1),
        "peak_hour": hours[a_clock_hour][highest],
        **{
            f"wh_{first:02}_{last:02}": by_hour[:, within(hours[a_clock_hour], first, last)].sum(axis=1)
            for first, last in pairwise(PARTS_OF_DAY)
        },
    }


def _ends(values: npt.NDArray[np.int32], present: npt.NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """The lowest and the highest present interval; of a day without any, anything."""
    if present.all():
        return values.min(axis=1), values.max(axis=1)
    limits = np.iinfo(values.dtype)
    return np.where(present, values, limits.max).min(axis=1), np.where(present, values, limits.min).max(
        axis=1
    )
