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
    """Before they are replaced: the last metrics of a month that is over, once."""
    for controller, day in days.items():
        past = known.filter((pl.col("controller") == controller) & (pl.col("as_of") < day.replace(day=1)))
        if past.is_empty():
            continue
        rows = past.with_columns(pl.col("as_of").dt.strftime("%Y-%m").alias("month"))
        writer.upsert("metrics_history", rows.select(list(TABLES["metrics_history"].schema)))
