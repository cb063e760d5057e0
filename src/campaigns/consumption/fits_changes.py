"""When a home's use changed for good: a new heating system, a car, other people."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.day_series import DaySeries, Flags, Matrix, Numbers
from campaigns.consumption.fits_heat import has_seasons, line, product, quotient, temperatures

LEAST_DAYS = 60  # on each side
LEAST_DROP = 0.2  # of the squared error
Floats = npt.NDArray[np.float64]


def change_points(series: DaySeries, days: pl.DataFrame) -> dict[str, Floats]:
    """`change_point_days` before the last day of the series and `change_size` (kWh a day), NaN without one.

    The residuals of a day's import on degree days (base 17 °C) are taken as two levels, parted where their
    squared error is least; the change is the first day after, and must take away a fifth of the error.
    """
    known, _ = temperatures(days)
    use = series.is_full & known
    residuals = _residuals(use, series.wh, days["hdd_x100"].fill_null(0).to_numpy().astype(np.int64))
    # of the days before each one: how many, and the sum of their residuals; those of all add up to 0
    left = np.cumsum(use, axis=1, dtype=np.int64) - use
    right = left[:, -1:] + use[:, -1:] - left
    sums = np.cumsum(residuals, axis=1) - residuals
    may_part = use & (left >= LEAST_DAYS) & (right >= LEAST_DAYS)
    weight = quotient(left + right, np.where(may_part, left * right, 0))
    drop = np.where(may_part, sums**2 * weight, -1.0)
    best = np.argmax(drop, axis=1)
    chosen = (np.arange(len(best)), best)
    share = quotient(drop[chosen], (residuals**2).sum(axis=1))
    is_change = has_seasons(use, days) & (share > LEAST_DROP)
    return {
        "change_point_days": np.where(is_change, use.shape[1] - 1.0 - best, np.nan),
        "change_size": np.where(is_change, -sums[chosen] * weight[chosen] / 1000, np.nan),
    }


def _residuals(use: Flags, wh: Matrix, degree_days: Numbers) -> Floats:
    """Of each day used what the line through all of them leaves, Wh; 0 on other days."""
    ones, values = use.astype(np.float64), np.where(use, wh, 0).astype(np.float64)
    count, together, spread = line(ones, values, degree_days)
    slope = quotient(together, spread)
    level = quotient(
        values.sum(axis=1)[:, None] - slope * product(ones, degree_days.astype(np.float64)[:, None]), count
    )
    left = values - level - slope * degree_days
    return np.where(use, left, 0.0)
