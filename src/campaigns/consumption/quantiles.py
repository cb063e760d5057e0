"""Medians and percentiles of days: they do not add up, so they are taken over all days of a period.

A batch of metering points' days is laid out once for all periods; each period sorts its own days of a point.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.day_rows import own_days
from campaigns.consumption.inputs import Inputs
from campaigns.consumption.month_facts import Days
from campaigns.consumption.sums import Numbers

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

POINTS = 50_000  # at a time: 690 days of one fact are 140 MB
_PERCENT = {"base_wh": ("wh_min", 50), "peak_p99_wh": ("wh_max", 99), "night_peak_wh": ("night_max", 90)}
_PANELS_PERCENT = 90
_PANELS_MONTHS = (5, 8)  # when the sun is high enough to tell their size
_ABSENT = np.iinfo(np.int32).max  # sorts behind every day
Matrix = npt.NDArray[np.int32]


def quantiles(
    snapshot: Snapshot, inputs: Inputs, periods: Sequence[Days], points: Numbers
) -> list[pl.DataFrame]:
    """Of each period one row a metering point, under the present holders; NULL without a full day."""
    found: list[list[pl.DataFrame]] = [[] for _ in periods]
    for at in range(0, len(points), POINTS):
        batch = _Batch.read(snapshot, inputs, points[at : at + POINTS], min(periods)[0], inputs.as_of)
        for frames, (first, last) in zip(found, periods, strict=True):
            frames.append(batch.quantiles(first, last))
    return [pl.concat([_NOTHING, *frames]) for frames in found]


_NOTHING = pl.DataFrame(
    schema={
        "metering_point_id": pl.Int64(),
        **dict.fromkeys(_PERCENT, pl.Float64()),
        "panels_w": pl.Float64(),
        "panels_days": pl.Int64(),
    }
)
_PANELS = {"metering_point_id": pl.Int64(), "local_date": pl.Date(), "panels_w": pl.Int32()}
_READ = ("panels_w", *(name for name, _ in _PERCENT.values()))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """Facts of points by days from `first`, and the size of panels on the days that tell it."""

    points: Numbers
    first: date
    facts: dict[str, Matrix]
    panels: pl.DataFrame

    @classmethod
    def read(cls, snapshot: Snapshot, inputs: Inputs, points: Numbers, first: date, last: date) -> _Batch:
        length = (last - first).days + 1
        facts = {name: np.full((len(points), length), _ABSENT, np.int32) for name, _ in _PERCENT.values()}
        panels = [pl.DataFrame(schema=_PANELS)]
        for place, rows in own_days(snapshot, inputs, points, first, last, _READ):
            for name, matrix in facts.items():
                matrix.reshape(-1)[place] = rows[name].fill_null(_ABSENT).to_numpy()
            panels.append(rows.select(list(_PANELS)).drop_nulls())
        return cls(points=points, first=first, facts=facts, panels=pl.concat(panels))

    def quantiles(self, first: date, last: date) -> pl.DataFrame:
        """Of the days of one period."""
        days = np.s_[:, (first - self.first).days : (last - self.first).days + 1]
        told = {
            name: pl.Series(_percentile(self.facts[fact][days], percent), nan_to_null=True)
            for name, (fact, percent) in _PERCENT.items()
        }
        is_told = pl.col("local_date").is_between(first, last)
        is_sunny = pl.col("local_date").dt.month().is_between(*_PANELS_MONTHS)
        size = pl.col("panels_w")
        panels = (
            self.panels.filter(is_told & is_sunny)
            .group_by("metering_point_id")
            .agg(
                size.quantile(_PANELS_PERCENT / 100, "linear").alias("panels_w"),
                size.len().cast(pl.Int64).alias("panels_days"),
            )
        )
        frame = pl.DataFrame({"metering_point_id": self.points, **told})
        return frame.join(panels, on="metering_point_id", how="left", maintain_order="left")


def _percentile(days: Matrix, percent: int) -> npt.NDArray[np.float64]:
    """Between the two days around it as far as it lies between them; NaN without a day.

    In whole numbers until the last division.
    """
    ordered = np.sort(days, axis=1)
    count = (ordered != _ABSENT).sum(axis=1)
    at, part = np.divmod(np.maximum(count - 1, 0) * percent, 100)
    row = np.arange(len(ordered))
    low = ordered[row, at].astype(np.int64)
    high = ordered[row, np.minimum(at + 1, np.maximum(count - 1, 0))].astype(np.int64)
    return np.where(count > 0, ((100 - part) * low + part * high) / 100, np.nan)
