"""Static lists as segments and people use them: who is on which list today."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

TABLE = "list_members"


def members(snapshot: Snapshot, controller: str, name: str, today: date) -> pl.Series:
    """The `person_id` of everybody on the list, ascending; nobody whose deletion date has come."""
    return entries(snapshot, controller, name, today)["person_id"]


def entries(snapshot: Snapshot, controller: str, name: str, today: date) -> pl.DataFrame:
    """The rows of those members: person_id, source, added_on, delete_on; by person."""
    mine = (pl.col("controller") == controller) & (pl.col("list_name") == name)
    rows = snapshot.frame(TABLE).filter(mine & _in_use(today))
    return rows.select("person_id", "source", "added_on", "delete_on").sort("person_id")


def overview(snapshot: Snapshot, today: date) -> pl.DataFrame:
    """Every list in use: controller, list_name, members, sources, and its first and last deletion."""
    rows = snapshot.frame(TABLE).filter(_in_use(today))
    return (
        rows.group_by("controller", "list_name")
        .agg(
            members=pl.col("person_id").n_unique(),
            sources=pl.col("source").unique().sort().str.join(", "),
            deleted_from=pl.col("delete_on").min(),
            deleted_by=pl.col("delete_on").max(),
        )
        .sort("controller", "list_name")
    )


def _in_use(today: date) -> pl.Expr:
    return pl.col("delete_on") > today
