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

    They take the place of all that the register has of the month, unless that is of a later day: what was
    taken once more after a move has no row where there was one of the holder before.
    """
    kept = writer.frame("metrics_history", ["controller", "month", "as_of"]).unique()
    for controller, day in days.items():
        mine = pl.col("controller") == controller
        past = known.filter(mine & (pl.col("as_of") < day.replace(day=1)))
        if past.is_empty():
            continue
        rows = past.with_columns(pl.col("as_of").dt.strftime("%Y-%m").alias("month"))
        month = rows["month"][0]
        if (kept.filter(mine & (pl.col("month") == month))["as_of"] > rows["as_of"][0]).any():
            continue
        others = writer.frame("metrics_history", where=~mine & (pl.col("month") == month))
        whole = pl.concat([others, rows.select(list(TABLES["metrics_history"].schema))])
        writer.replace_where("metrics_history", whole, partitions={"month": [month]})
