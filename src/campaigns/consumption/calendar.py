"""Local days: when each begins in UTC, how many intervals it has, which hour of the clock each of them is.

A day of Europe/Helsinki has 23, 24 or 25 hours, so 92, 96 or 100 quarters. Positions count from midnight.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

Integers = npt.NDArray[np.int64]
EPOCH = date(1970, 1, 1)
QUARTER = 900  # seconds


@dataclass(frozen=True, kw_only=True)
class LocalDays:
    """The local days from `first` to `last`, numbered from 0."""

    zone: ZoneInfo
    first: date
    last: date
    midnights: Integers = field(init=False, repr=False)  # UTC seconds; one more than there are days

    def __post_init__(self) -> None:
        days = (self.last - self.first).days + 2
        starts = [_midnight(self.zone, self.first + timedelta(days=day)) for day in range(days)]
        object.__setattr__(self, "midnights", np.array(starts, dtype=np.int64))

    @cached_property
    def quarters(self) -> Integers:
        """How many quarters of an hour each day has."""
        return np.diff(self.midnights) // QUARTER

    @cached_property
    def hours(self) -> int:
        """How many hours the longest day has, a part of one counted whole."""
        return int(self.quarters.max() + 3) // 4

    @property
    def epoch_days(self) -> Integers:
        """The days as days since 1970-01-01, as polars keeps a Date."""
        return np.arange(len(self.quarters), dtype=np.int64) + (self.first - EPOCH).days

    @cached_property
    def months(self) -> pl.Series:
        """The month of each day, such as 2026-11."""
        return pl.Series(self.epoch_days).cast(pl.Int32).cast(pl.Date).dt.strftime("%Y-%m")

    def locate(self, seconds: Integers) -> tuple[Integers, Integers]:
        """The day number of each UTC time (-1 when outside) and the seconds since that day's midnight."""
        days = np.searchsorted(self.midnights, seconds, side="right") - 1
        outside = (days < 0) | (seconds >= self.midnights[-1])
        return np.where(outside, -1, days), seconds - self.midnights[days]

    def clock_hours(self, day: int) -> Integers:
        """The local hour at the start of each quarter of a day: 3 stands eight times when clocks go back."""
        return np.array(
            _clock_hours(self.zone, int(self.midnights[day]), int(self.quarters[day])), dtype=np.int64
        )

    def patterns(self, days: npt.NDArray[np.signedinteger]) -> dict[tuple[int, ...], npt.NDArray[np.bool_]]:
        """Days grouped by their clock: the clock hours of the quarters, and which of `days` have them."""
        distinct, inverse = np.unique(days, return_inverse=True)
        hours: dict[tuple[int, ...], list[int]] = {}
        for index, day in enumerate(distinct):
            hours.setdefault(tuple(self.clock_hours(int(day)).tolist()), []).append(index)
        return {pattern: np.isin(inverse, members) for pattern, members in hours.items()}


@lru_cache(maxsize=8)
def local_days(zone: ZoneInfo, first: date, last: date) -> LocalDays:
    """The same days once."""
    return LocalDays(zone=zone, first=first, last=last)


def _midnight(zone: ZoneInfo, day: date) -> int:
    return int(datetime.combine(day, time(), zone).astimezone(UTC).timestamp())


@lru_cache(maxsize=100_000)
def _clock_hours(zone: ZoneInfo, midnight: int, quarters: int) -> tuple[int, ...]:
    if quarters == 96 and _offset(zone, midnight) == _offset(zone, midnight + 95 * QUARTER):
        return tuple(quarter // 4 for quarter in range(96))
    return tuple(datetime.fromtimestamp(midnight + QUARTER * at, zone).hour for at in range(quarters))


def _offset(zone: ZoneInfo, seconds: int) -> timedelta | None:
    return datetime.fromtimestamp(seconds, zone).utcoffset()
