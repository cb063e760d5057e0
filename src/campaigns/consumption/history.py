"""Metrics as they were at the end of each month, so that a model is trained on what was known then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from campaigns.lake.schemas import TABLES

if TYPE_CHECKING:
    from campaigns.lake import Writer


def keep(writer: Writer, known: pl.DataFrame, days: Mapping[str, date]) -> None:
    """Before they are replaced: the last metrics of a month that is over, of one day only.

    Metrics that were taken once more as of an earlier day do not come beside those of a later one.
    """
    kept = writer.frame("metrics_history", ["controller", "month", "as_of"]).unique()
    for controller, day in days.items():
        mine = pl.col("controller") == controller
        past = known.filter(mine & (pl.col("as_of") < day.replace(day=1)))
        if past.is_empty():
            continue
        rows = past.with_columns(pl.col("as_of").dt.strftime("%Y-%m").alias("month"))
        in_month = mine & (pl.col("month") == rows["month"][0])
        as_of = rows["as_of"][0]
        before = kept.filter(in_month)["as_of"]
        if (before > as_of).any():
            continue
        writer.upsert("metrics_history", rows.select(list(TABLES["metrics_history"].schema)))
        if (before < as_of).any():
            writer.remove("metrics_history", in_month & (pl.col("as_of") < as_of))
