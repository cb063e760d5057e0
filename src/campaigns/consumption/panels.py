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
MOST_W = 100_000_000
_DAY = ["controller", "metering_point_id", "local_date"]


def panel_sizes(days: pl.DataFrame, sold: pl.DataFrame, calendar: LocalDays, place: Place) -> pl.DataFrame:
    """`panels_w` (W) of each day, by controller, metering point and date: of days whose hours follow the sun.

    `days` are full days of import and `sold` days of export, as in `consumption_days`. A day that says
    nothing has no row.
    """
    is_whole = pl.col("intervals_present") == pl.col("intervals_expected")
    whole = sold.filter(is_whole & (pl.col("wh_sum") > 0))
    both = days.join(whole.select(*_DAY, "wh", "resolution_min"), on=_DAY, suffix="_sold")
    groups = both.partition_by("local_date", "resolution_min", "resolution_min_sold", maintain_order=True)
    found = [_of_day(part, calendar, place) for part in groups]
    return pl.concat([days.select(_DAY).clear().with_columns(panels_w=pl.lit(None, pl.Int32)), *found])


def _of_day(days: pl.DataFrame, calendar: LocalDays, place: Place) -> pl.DataFrame:
    day = days["local_date"][0]
    number = (day - calendar.first).days
    made = _curve(calendar, number, place)
    bought, sold = (
        _hours(days[f"wh{which}"], days[f"resolution_min{which}"][0], len(made)) for which in ("", "_sold")
    )
    light = made > 0
    watts = _slopes((sold - bought)[:, light], made[light])
    told = pl.Series("panels_w", watts, pl.Float64, nan_to_null=True).cast(pl.Int32)
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
    """Of each row, W; NaN where the hours do not follow the sun. Sums are of whole numbers."""
    count = net.shape[1]
    spread = count * int((made * made).sum()) - int(made.sum()) ** 2
    together = count * (net @ made) - net.sum(axis=1) * int(made.sum())
    centred = net - net.mean(axis=1, keepdims=True)
    own = count * (centred * centred).sum(axis=1)
    follows = (together > 0) & (together.astype(np.float64) ** 2 >= FITS * (own * float(spread)))
    watts = np.rint(1000.0 * together / max(spread, 1))
    return np.where(follows & (spread > 0) & (watts <= MOST_W), watts, np.nan)
