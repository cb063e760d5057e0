"""What a person holds or held: metering points, sites, and the consumption of the days that were theirs.

A metering point outlives its holders. Who moved out has no right to what the next one uses, nor the other way
round, so days are told by the contract that ran on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from campaigns.engine import queries

if TYPE_CHECKING:
    from campaigns.engine import Engine

_SQL = queries.load("campaigns.rights", "holdings.sql")


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """Rows in the lake's columns without `controller`; `is_held` says whether the person still holds it."""

    points: pl.DataFrame
    sites: pl.DataFrame
    days: pl.DataFrame  # consumption, one row a metering point, direction and local day
    metrics: pl.DataFrame
    companies: pl.DataFrame

    @property
    def months(self) -> pl.DataFrame:
        """Monthly sums: `metering_point_id, direction, month, kwh, days, complete_days`."""
        full = pl.col("intervals_present") == pl.col("intervals_expected")
        return (
            self.days.group_by(
                "metering_point_id", "direction", month=pl.col("local_date").dt.strftime("%Y-%m")
            )
            .agg(
                kwh=pl.col("wh_sum").sum() / 1000,
                days=pl.len(),
                complete_days=full.sum(),
            )
            .sort("metering_point_id", "direction", "month")
        )


def of_person(db: Engine, controller: str, person_id: int, *, today: date) -> Holdings:
    """Everything that this person's contracts and roles lead to."""
    asked = {"controller": controller, "person_id": person_id}
    ours = {"controller": controller}
    db.register("periods", db.query(_SQL["periods"], asked))
    points = db.query(_SQL["points"], ours | {"today": today})
    db.register("points", points)
    return Holdings(
        points=points,
        sites=db.query(_SQL["sites"], ours),
        days=db.query(_SQL["days"], ours),
        metrics=db.query(_SQL["metrics"], ours),
        companies=db.query(_SQL["companies"], asked),
    )
