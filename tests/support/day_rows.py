"""Whole days of hours as rows of consumption_days, past files: for tests of many metering points."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from campaigns.consumption.calendar import local_days
from campaigns.consumption.days import HOUR_GRID, NEVER_STATED, Days
from campaigns.consumption.rows import Stamp, Stamped, to_frame
from support.readings import NOW, ZONE


def day_rows(
    kept: Mapping[int, Mapping[date, np.ndarray]], *, export: bool = False, controller: str = "seller"
) -> pl.DataFrame:
    """Of each metering point its days: the Wh of each hour that a day has."""
    every = [(gsrn, day, wh) for gsrn, days in kept.items() for day, wh in sorted(days.items())]
    calendar = local_days(ZONE, min(day for _, day, _ in every), max(day for _, day, _ in every))
    wide = np.zeros((len(every), calendar.hours), dtype=np.int32)
    quality = np.full(wide.shape, NEVER_STATED, dtype=np.int8)
    for row, (_, _, wh) in enumerate(every):
        wide[row, : len(wh)], quality[row, : len(wh)] = wh, 1
    days = Days(
        minutes=HOUR_GRID,
        metering_point=np.array([gsrn for gsrn, _, _ in every]),
        export=np.full(len(every), export),
        day=np.array([(day - calendar.first).days for _, day, _ in every], dtype=np.int32),
        wh=wide,
        quality=quality,
    )
    return to_frame(Stamped.by(Stamp.of(NOW, "0" * 64), days), controller=controller, calendar=calendar)
