"""Spot prices of one register beside its days: what the hours or quarters of a day cost, and how they rank.

A column of `x4` is a day with a price for every interval, in fourths of 1/1000 c/kWh (see `price_days`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import EPOCH, Integers, LocalDays
from campaigns.consumption.days import HOUR_GRID
from campaigns.consumption.price_days import price_days
from campaigns.consumption.shapes import Hours, rank_sums

SPREAD_X4 = 5 * 4000  # price spread of a day, from which on a rank correlation says anything
RANK_SCALE = 10**12
Numbers = npt.NDArray[np.int64]
_NOTHING = -1  # the place of a day without prices


@dataclass(frozen=True, kw_only=True)
class SpotDays:
    """The priced days among those of one clock, on one grid; days are numbers of the calendar's."""

    place: Integers  # of each day: its column, or _NOTHING
    x4: Numbers  # an interval a row
    is_dear: npt.NDArray[np.int32]
    ranks: npt.NDArray[np.int8]  # of the hours
    is_spread: npt.NDArray[np.bool_]

    def has(self, days: Integers) -> npt.NDArray[np.bool_]:
        """Which of the days are priced."""
        priced: npt.NDArray[np.bool_] = self.place[days] != _NOTHING
        return priced

    def is_ranked(self, days: Integers) -> npt.NDArray[np.bool_]:
        """On which of the priced days prices differ so much that their order says anything."""
        spread: npt.NDArray[np.bool_] = self.is_spread[self.place[days]]
        return spread

    def costs(self, wh: Hours, hourly: Hours, days: Integers) -> dict[str, Numbers]:
        """Of each column of `wh`, which lies on a priced day: the columns of `day_facts` that prices give."""
        column = self.place[days]
        cost = np.zeros(wh.shape[1], dtype=np.int64)
        dear = np.zeros(wh.shape[1], dtype=np.int64)
        for own, price, is_dear in zip(wh, self.x4, self.is_dear, strict=True):
            cost += own * price[column]
            dear += own * is_dear[column]
        return {"cost_x4": cost, "dear_wh": dear, "price_rank": self._rank_correlation(hourly, column)}

    def _rank_correlation(self, hourly: Hours, column: Integers) -> Numbers:
        """Spearman's, in 1e-12; 0 for a day on which every hour is the same."""
        mine = rank_sums(hourly)
        together, own = (np.zeros(len(column), dtype=np.int32) for _ in range(2))
        for ranks, market in zip(mine, self.ranks, strict=True):
            wide = ranks.astype(np.int16)
            together += wide * market[column]
            own += wide * wide
        wide = self.ranks.astype(np.int64)
        markets = (wide * wide).sum(axis=0)[column].astype(np.float64)
        spread = np.sqrt(own.astype(np.float64) * markets)
        share = np.divide(together, spread, out=np.zeros(len(column)), where=spread > 0)
        correlation: Numbers = np.rint(share * RANK_SCALE).astype(np.int64)
        return correlation


@dataclass(frozen=True, kw_only=True, slots=True)
class Prices:
    """The prices that bear on some days, of all registers, and a digest that changes with any of them."""

    calendar: LocalDays
    frame: pl.DataFrame

    @classmethod
    def of(cls, prices: pl.DataFrame, calendar: LocalDays) -> Prices:
        """Those of the table `prices` that may hold on some day of the calendar."""
        begin, end = (int(at) for at in calendar.midnights[[0, -1]])
        epoch = pl.col("start").dt.epoch("s")
        return cls(calendar=calendar, frame=prices.filter((epoch >= begin - 3600) & (epoch < end)))

    @property
    def digest(self) -> str:
        """Of all that the days are priced with."""
        text = self.frame.sort("controller", "start", "minutes").hash_rows(seed=1).to_numpy().tobytes()
        return hashlib.sha256(text).hexdigest()[:16]

    def rows(self, controller: str) -> list[dict[str, Any]]:
        """The days of which every interval has a price, on both grids."""
        mine = self.frame.filter(pl.col("controller") == controller)
        return [] if mine.is_empty() else price_days(mine, self.calendar).to_dicts()


def spot_days(
    priced: Sequence[Mapping[str, Any]],
    calendar: LocalDays,
    of_clock: npt.NDArray[np.bool_],
    minutes: int,
    width: int,
) -> SpotDays:
    """The rows of `Prices.rows` on one grid of `width` intervals, whose days are `of_clock`."""
    first = int(calendar.epoch_days[0])
    on_grid = [row for row in priced if row["resolution_min"] == minutes]
    by_day = {(row["local_date"] - EPOCH).days - first: row for row in on_grid}
    chosen = {day: row for day, row in by_day.items() if of_clock[day]}
    place = np.full(len(of_clock), _NOTHING, dtype=np.int64)
    place[list(chosen)] = np.arange(len(chosen))
    x4, is_dear = (
        np.array([row[name] for row in chosen.values()], dtype=np.int64).reshape(len(chosen), width).T.copy()
        for name in ("price_x4", "is_dear")
    )
    per_hour = HOUR_GRID // minutes
    hourly = x4.reshape(width // per_hour, per_hour, len(chosen)).sum(axis=1)
    return SpotDays(
        place=place,
        x4=x4,
        is_dear=is_dear.astype(np.int32),
        ranks=rank_sums(hourly),
        is_spread=hourly.max(axis=0) - hourly.min(axis=0) > SPREAD_X4 * per_hour,
    )
