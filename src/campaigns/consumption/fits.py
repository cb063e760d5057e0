"""Metrics that are fitted to a metering point's days with numpy: what one pass of SQL does not give.

Inputs are whole numbers and their sums exact (products of whole numbers below 2^53 add up to the same in any
order), so a metering point's figures hang on nothing but its own days.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.day_series import DaySeries, day_series
from campaigns.consumption.fits_changes import change_points
from campaigns.consumption.fits_heat import heat_fits
from campaigns.consumption.fits_regularity import regularity
from campaigns.consumption.fits_vacancy import vacancies
from campaigns.consumption.inputs import Inputs, digest, files_of, version_of
from campaigns.consumption.periods import Period
from campaigns.lake.schemas import METRIC_COLUMNS

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Snapshot

CHANGES_OVER = 730  # days that end with the period
FITTED = (
    "regularity", "balance_temp", "cold_bend", "vacancy_days", "longest_vacancy", "seasonal_home",
    "change_point_days", "change_size",
)  # fmt: skip
_SCHEMA = {"metering_point_id": pl.Int64(), **{name: METRIC_COLUMNS[name] for name in FITTED}}


def version() -> str:
    """Changes with the code that makes them."""
    here = Path(__file__).parent
    fitted = sorted(path.stem for kind in ("fits*.py", "detect*.py") for path in here.glob(kind))
    return version_of(*fitted, "day_series", "day_rows")


def mark(period: Mapping[str, str]) -> dict[str, str]:
    """Under which name `metric_periods` says from what the fits of a period were made."""
    return {**period, "period": f"fits of {period['period']}"}


def stamp(snapshot: Snapshot, inputs: Inputs, period: Period) -> str:
    """Equal stamps mean equal fits of every metering point that has a row in the period both times.

    So it tells of holders who came within the days that are read, and not of those who came later.
    """
    first, last = _reach(inputs, period)
    words = [
        inputs.version,
        *period.dates(inputs.as_of),
        first,
        *files_of(snapshot, "day_facts", first, last),
    ]
    moved = inputs.holders.filter(pl.col("since").is_between(first, last, closed="right"))
    return digest(words, inputs.between(first, last), moved)


def join(
    db: Engine, inputs: Inputs, period: Period, metrics: pl.DataFrame, known: pl.DataFrame
) -> pl.DataFrame:
    """The metrics of a period and the fitted ones beside them, those of `known` rows as they are there."""
    points = metrics["metering_point_id"]
    kept = known.select(list(_SCHEMA)).filter(pl.col("metering_point_id").is_in(points.implode()))
    new = points.filter(~points.is_in(kept["metering_point_id"].implode()))
    made = pl.concat([kept, of_period(db, inputs, period, new)])
    return metrics.join(made, on="metering_point_id", how="left", maintain_order="left")


def of_period(db: Engine, inputs: Inputs, period: Period, points: pl.Series) -> pl.DataFrame:
    """The fitted metrics of these metering points, one row each; NULL where there is too little data."""
    first, last = period.dates(inputs.as_of)
    needed = period.days_needed(inputs.as_of)
    frames = [
        _of_batch(series, inputs, first, last, needed, yearly=period.yearly)
        for batch in day_series(db.snapshot, inputs, points, *_reach(inputs, period))
        for series in batch.slices()
    ]
    found = pl.concat([pl.DataFrame(schema=_SCHEMA), *frames])
    if not period.changes_seldom:  # it reads every hour
        return found
    enough = found.filter(pl.col("vacancy_days").is_not_null())["metering_point_id"]
    regular = regularity(db, inputs, enough, first, last)
    return found.drop("regularity").join(regular, on="metering_point_id", how="left").select(list(_SCHEMA))


def _reach(inputs: Inputs, period: Period) -> tuple[date, date]:
    """The first and last day that fits of the period read."""
    first, last = period.dates(inputs.as_of)
    return (last - timedelta(days=CHANGES_OVER - 1) if period.yearly else first), last


def _of_batch(
    series: DaySeries, inputs: Inputs, first: date, last: date, needed: int, *, yearly: bool
) -> pl.DataFrame:
    within = series.since(first)
    days = inputs.between(first, last)
    found = vacancies(within, days, needed=needed, yearly=yearly)
    if yearly:
        found |= heat_fits(within, days)
        found |= change_points(series, inputs.between(series.first, last))
    known = {name: pl.Series(values, nan_to_null=True) for name, values in found.items()}
    told = pl.DataFrame({"metering_point_id": series.points, **known})
    return told.select(
        (pl.col(name) if name in told.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in _SCHEMA.items()
    )
