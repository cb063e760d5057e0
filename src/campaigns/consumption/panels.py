"""How large the solar panels are: the hours of a day that sells, held against the sun of a clear day.

Net use of an hour is import less export. Over the hours of daylight it is taken as a level less the panels'
output: the slope by least squares of export less import on what 1 kWp makes under a clear sky is the panels'
size as that day shows it. Clouds lower it, so the best days of a summer tell most.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import QUARTER, Integers, LocalDays
from campaigns.consumption.days import QUARTER_GRID
from campaigns.consumption.sun import unit_curve
from campaigns.settings.model import Place

FITS = 0.8  # least coefficient of determination for a day to say anything
MOST_W = 100_000_000  # and of an hour no more Wh
_NEAR = 4096  # days that are worked out together
_DAY = ["controller", "metering_point_id", "local_date"]
_READ = ["wh", "resolution_min"]


def panel_sizes(days: pl.DataFrame, sold: pl.DataFrame, calendar: LocalDays, place: Place) -> pl.DataFrame:
    """`panels_w` (W) of each day, by controller, metering point and date: of days whose hours follow the sun.

    `days` are full days of import and `sold` days of export, as in `consumption_days`. A day that says
    nothing has no row.
    """
    is_whole = pl.col("intervals_present") == pl.col("intervals_expected")
    whole = sold.filter(is_whole & (pl.col("wh_sum") > 0))
    bought = days.select(*_DAY, *_READ, pl.col("wh").list.len().alias("length"))
    both = bought.join(whole.select(*_DAY, *_READ), on=_DAY, suffix="_sold")
    groups = both.partition_by("length", "resolution_min", "resolution_min_sold", maintain_order=True)
    found = [_of_alike(part, calendar, place) for group in groups for part in group.iter_slices(_NEAR)]
    return pl.concat([days.select(_DAY).clear().with_columns(panels_w=pl.lit(None, pl.Int32)), *found])


def _of_alike(days: pl.DataFrame, calendar: LocalDays, place: Place) -> pl.DataFrame:
    """Days of the same length and grids, of any date."""
    number = days["local_date"].to_physical().to_numpy().astype(np.int64) - calendar.epoch_days[0]
    distinct, row = np.unique(number, return_inverse=True)
    made = np.array([_curve(calendar, int(day), place) for day in distinct])[row]
    bought, sold = (
        _hours(days[f"wh{which}"], days[f"resolution_min{which}"][0], made.shape[1])
        for which in ("", "_sold")
    )
    told = pl.Series("panels_w", _slopes(sold - bought, made), pl.Float64, nan_to_null=True).cast(pl.Int32)
    return days.select(_DAY).with_columns(told).drop_nulls()


def _curve(calendar: LocalDays, number: int, place: Place) -> Integers:
    begin, quarters = int(calendar.midnights[number]), int(calendar.quarters[number])
    middles = begin + QUARTER * (np.arange(0, quarters, 4) + 2)
    hour = (middles % 86400) / 3600
    dates = middles.astype("datetime64[s]").astype("datetime64[D]")
    ordinal = (dates - dates.astype("datetime64[Y]")).astype(np.int64) + 1
    return unit_curve(ordinal + hour / 24, hour, place)


def _hours(wh: pl.Series, minutes: int, hours: int) -> Integers:
    grid = wh.explode().to_numpy().astype(np.int64).reshape(len(wh), -1)
    return grid if minutes != QUARTER_GRID else grid.reshape(len(wh), hours, 4).sum(axis=2)


def _slopes(net: Integers, made: Integers) -> npt.NDArray[np.float64]:
    """Of each row, W; NaN where the hours of light do not follow the sun. Sums are of whole numbers."""
    light = made > 0
    count = light.sum(axis=1)
    seen = np.where(light, net, 0)
    is_sane = np.abs(seen).max(axis=1) <= MOST_W  # so that no square overflows
    seen[~is_sane] = 0
    spread = count * (made * made).sum(axis=1) - made.sum(axis=1) ** 2
    together = count * (seen * made).sum(axis=1) - seen.sum(axis=1) * made.sum(axis=1)
    own = count * (seen * seen).sum(axis=1) - seen.sum(axis=1) ** 2
    explained = together.astype(np.float64) ** 2 >= FITS * own.astype(np.float64) * spread.astype(np.float64)
    watts = np.rint(1000.0 * together / np.maximum(spread, 1))
    follows = is_sane & (together > 0) & explained & (spread > 0) & (watts <= MOST_W)
    return np.where(follows, watts, np.nan)
