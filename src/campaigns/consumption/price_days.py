"""Spot prices laid beside the intervals of a day, for days of hours and of quarters.

Prices hold for an hour or for a quarter. An hour's price on quarters is the same for each; the price of an
hour of which quarters have prices is their mean. All is in fourths of 1/1000 c/kWh, so that it stays whole.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import QUARTER, Integers, LocalDays
from campaigns.consumption.days import HOUR_GRID, QUARTER_GRID

_DEAR_HOURS = 4
_SCHEMA = {
    "local_date": pl.Date(),
    "resolution_min": pl.Int16(),
    "price_x4": pl.List(pl.Float64()),  # as doubles, for list_dot_product; the values are whole
    "is_dear": pl.List(pl.Float64()),
    "price_minutes_x4": pl.Int64(),
    "minutes": pl.Int64(),
}


def price_days(prices: pl.DataFrame, days: LocalDays) -> pl.DataFrame:
    """One row a local day of which every interval has a price, and grid.

    `prices` has `start, minutes, price_mc, received, file`. `is_dear` marks the 4 dearest hours or 16 dearest
    quarters, the earlier of equals; `price_minutes_x4` sums price times minutes.
    """
    x4, known = _by_quarter(prices, days)
    ends = np.cumsum(days.quarters)
    rows = []
    for day, (begin, end) in enumerate(zip(ends - days.quarters, ends, strict=True)):
        if known[begin:end].all():
            rows += [_row(days, day, minutes, x4[begin:end]) for minutes in (HOUR_GRID, QUARTER_GRID)]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def _by_quarter(prices: pl.DataFrame, days: LocalDays) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """The price of each quarter of all days, times 4, and whether it is known; the newest file wins."""
    ordered = prices.sort("received", "file", "minutes", "start", descending=[False, False, True, False])
    count = ordered["minutes"].to_numpy() // QUARTER_GRID
    first = (ordered["start"].dt.epoch("s").to_numpy() - days.midnights[0]) // QUARTER
    place = np.repeat(first, count) + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    value = np.repeat(ordered["price_mc"].to_numpy().astype(np.int64) * 4, count)
    inside = (place >= 0) & (place < days.quarters.sum())
    x4 = np.zeros(int(days.quarters.sum()), dtype=np.int64)
    known = np.zeros(len(x4), dtype=np.bool_)
    x4[place[inside]] = value[inside]
    known[place[inside]] = True
    return x4, known


def _row(days: LocalDays, day: int, minutes: int, x4: Integers) -> tuple[object, ...]:
    quarters = minutes // QUARTER_GRID
    price = x4.reshape(-1, quarters).sum(axis=1) // quarters
    dear = np.zeros(len(price))
    dear[np.argsort(-price, kind="stable")[: _DEAR_HOURS * 60 // minutes]] = 1
    return (
        int(days.epoch_days[day]),
        minutes,
        price.astype(np.float64),
        dear,
        int(price.sum()) * minutes,
        len(price) * minutes,
    )
