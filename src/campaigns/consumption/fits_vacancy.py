"""Days on which a home looks empty. They tell when people are away: no segment may use them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.day_series import DaySeries, Flags, Numbers

LOWEST_WH = 2000
SEASONAL = 0.5  # share of the heating season's days
HEATING_SEASON = (10, 11, 12, 1, 2, 3, 4)
Floats = npt.NDArray[np.float64]


def vacancies(series: DaySeries, days: pl.DataFrame, *, needed: int, yearly: bool) -> dict[str, Floats]:
    """`vacancy_days`, `longest_vacancy` and, of a year, `seasonal_home`; NaN without `needed` full days."""
    is_enough = series.is_full.sum(axis=1) >= needed
    vacant = _is_vacant(series)
    found = {
        "vacancy_days": np.where(is_enough, vacant.sum(axis=1), np.nan),
        "longest_vacancy": np.where(is_enough, _longest_run(vacant), np.nan),
    }
    if yearly:
        found["seasonal_home"] = np.where(is_enough, _is_seasonal(series, vacant, days), np.nan)
    return found


def _is_vacant(series: DaySeries) -> Flags:
    """Little use, and less than a quarter of it in the evening: whole numbers, so that no rounding decides.

    Little is below 2 kWh, or below 1.3 times a day's use at the 5th percentile of the daily lowest hours.
    """
    full, wh = series.is_full, series.wh.astype(np.int64)
    lowest = np.sort(np.where(full, series.lowest, np.iinfo(np.int32).max), axis=1).astype(np.int64)
    rank = np.maximum(full.sum(axis=1) - 1, 0)  # 20 times the place of the percentile
    at, part = rank // 20, rank % 20
    following = np.minimum(at + 1, lowest.shape[1] - 1)
    rows = np.arange(len(lowest))
    idle_x20 = np.where(
        part == 0, 20 * lowest[rows, at], (20 - part) * lowest[rows, at] + part * lowest[rows, following]
    )
    is_little = (wh < LOWEST_WH) | (200 * wh < 312 * idle_x20[:, None])
    is_evening = (4 * series.evening.astype(np.int64) >= wh) & (wh > 0)
    vacant: Flags = full & is_little & ~is_evening
    return vacant


def _longest_run(flags: Flags) -> Numbers:
    longest = np.zeros(len(flags), dtype=np.int64)
    run = np.zeros(len(flags), dtype=np.int64)
    for column in flags.T:
        run = np.where(column, run + 1, 0)
        longest = np.maximum(longest, run)
    return longest


def _is_seasonal(series: DaySeries, vacant: Flags, days: pl.DataFrame) -> Flags:
    """Mostly empty in the heating season, and on days off used more than twice as much as on other days."""
    season = days["local_date"].dt.month().is_in(HEATING_SEASON).to_numpy()
    off = days["is_off"].to_numpy()
    empty, told = vacant[:, season].sum(axis=1), series.is_full[:, season].sum(axis=1)
    present = series.is_full & ~vacant
    wh = np.where(present, series.wh, 0).astype(np.int64)
    days_off, working = present[:, off].sum(axis=1), present[:, ~off].sum(axis=1)
    wh_off, wh_working = wh[:, off].sum(axis=1), wh[:, ~off].sum(axis=1)
    at_weekends = wh_off * np.maximum(working, 1) > 2 * wh_working * days_off
    seasonal: Flags = (empty > SEASONAL * told) & at_weekends
    return seasonal
