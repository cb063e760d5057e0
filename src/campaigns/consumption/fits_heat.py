"""Fits of a day's import to the day's temperature: where heating begins, and how it bends in the cold."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.day_series import DaySeries, Flags, Numbers

BASES_X100 = np.arange(800, 2001, 50)  # 8 to 20 °C
SEVERE_X100 = -1500  # below it an air-source heat pump loses its output
MILD_X100 = (-1000, 500)
SEVERE_DAYS, MILD_DAYS = 10, 30
FIT_DAYS, COLD_DAYS, WARM_DAYS = 180, 30, 60
_AT_ONCE = 8
Floats = npt.NDArray[np.float64]


def heat_fits(series: DaySeries, days: pl.DataFrame) -> dict[str, Floats]:
    """`balance_temp` (°C) and `cold_bend` of each metering point, NaN where days are few.

    `days` is the calendar of the same days.
    """
    known, celsius_x100 = temperatures(days)
    use = series.is_full & known
    wh = np.where(use, series.wh, 0).astype(np.float64)
    is_fit = has_seasons(use, days)
    return {
        "balance_temp": np.where(is_fit, _balance(use.astype(np.float64), wh, celsius_x100), np.nan),
        "cold_bend": np.where(is_fit, _bend(use.astype(np.float64), wh, celsius_x100), np.nan),
    }


def temperatures(days: pl.DataFrame) -> tuple[Flags, Numbers]:
    """Which days have a mean temperature, and it in 1/100 °C."""
    celsius = days["mean_x100"]
    return celsius.is_not_null().to_numpy(), celsius.fill_null(0).to_numpy().astype(np.int64)


def has_seasons(use: Flags, days: pl.DataFrame) -> Flags:
    """Whether the days used are enough for a fit on temperature: 180, 30 of them cold and 60 warm."""
    cold, warm = (days[name].fill_null(value=False).to_numpy() for name in ("is_cold", "is_warm"))
    enough: Flags = (
        (use.sum(axis=1) >= FIT_DAYS)
        & (use[:, cold].sum(axis=1) >= COLD_DAYS)
        & (use[:, warm].sum(axis=1) >= WARM_DAYS)
    )
    return enough


def line(use: Floats, wh: Floats, x: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """What a line of `wh` on `x` is made of, exactly: n, n Sxy - Sx Sy and n Sxx - Sx².

    The slope is the second divided by the third. `use` is 1 on days that count and 0 elsewhere, as is `wh`;
    `x` has a column for each regressor, or is one.
    """
    regressors = x.astype(np.float64) if x.ndim > 1 else x.astype(np.float64)[:, None]
    count = whole(use.sum(axis=1))[:, None]
    sum_x, sum_xx = whole(product(use, regressors)), whole(product(use, regressors**2))
    sum_y, sum_xy = whole(wh.sum(axis=1))[:, None], whole(product(wh, regressors))
    return count, count * sum_xy - sum_x * sum_y, count * sum_xx - sum_x**2


def product(rows: Floats, columns: Floats) -> Floats:
    """The product of two matrices, of a few rows at a time.

    Larger ones are shared out to threads, which wait for each other longer than they multiply.
    """
    pieces = len(rows) // _AT_ONCE
    many, shape = pieces * _AT_ONCE, (pieces, _AT_ONCE, rows.shape[1])
    found = np.ascontiguousarray(rows[:many]).reshape(shape) @ columns
    whole_rows: Floats = np.concatenate([found.reshape(many, columns.shape[1]), rows[many:] @ columns])
    return whole_rows


def whole(values: Floats) -> Numbers:
    """Whole numbers that were added up as doubles, all below 2^53."""
    numbers: Numbers = values.astype(np.int64)
    return numbers


def _balance(use: Floats, wh: Floats, celsius_x100: Numbers) -> Floats:
    """The base whose degree days explain most; the lowest of equals."""
    degree_days = np.maximum(BASES_X100[None, :] - celsius_x100[:, None], 0)
    _, together, spread = line(use, wh, degree_days)
    explained = quotient(together.astype(np.float64) ** 2, spread)
    best = np.argmax(np.where(np.isnan(explained), -1.0, explained), axis=1)
    return np.where(np.isnan(explained).all(axis=1), np.nan, BASES_X100[best] / 100)


def _bend(use: Floats, wh: Floats, celsius_x100: Numbers) -> Floats:
    """The slope in severe cold divided by that around freezing; NaN unless use grows with mild cold."""
    slopes = []
    low, high = MILD_X100
    for chosen, least in (
        (celsius_x100 < SEVERE_X100, SEVERE_DAYS),
        ((celsius_x100 >= low) & (celsius_x100 <= high), MILD_DAYS),
    ):
        count, together, spread = line(use[:, chosen], wh[:, chosen], -celsius_x100[chosen])
        slope = quotient(together.astype(np.float64), spread)
        slopes.append(np.where(count >= least, slope, np.nan)[:, 0])
    severe, mild = slopes
    return quotient(severe, np.where(mild > 0, mild, 0.0))


def quotient(above: npt.NDArray[np.number], below: npt.NDArray[np.number]) -> Floats:
    """NaN where there is nothing to divide by."""
    divided: Floats = np.divide(
        above, below, out=np.full(np.broadcast(above, below).shape, np.nan), where=below != 0
    )
    return divided
