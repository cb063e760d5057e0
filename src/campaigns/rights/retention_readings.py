"""Retention of readings: days that are too old become one sum a month, and then the sums go too.

A month is summed when all of it is too old. Where a month was summed before and days of it came in again, the
sum that rests on more intervals stays: a run that was killed between sum and removal gives the same sums when
it is run again, and no late file can add a day twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from campaigns.lake.frames import partition_of
from campaigns.lake.rows import Rows
from campaigns.rights.retention import Due, Work, by_controller

if TYPE_CHECKING:
    from campaigns.lake import Writer

KEYS = ("controller", "metering_point_id", "direction", "month")
_DAYS = ("gsrn", "wh_sum", "intervals_expected", "intervals_present")
_BESIDE = (  # made of the days and gone with them
    "day_facts", "day_fact_months", "reading_flags", "reading_twins", "reading_twin_months", "heat_registers",
    "heat_days", "month_facts",
)  # fmt: skip


def intervals(work: Work) -> Iterator[Due]:
    """Interval values, from the local day: whole months of them become sums."""
    limit = f"{work.day('consumption_intervals'):%Y-%m}"  # the first month of which something is kept
    with work.rows() as (rows, writer):
        for month, paths in sorted(_old(rows, "consumption_days", limit).items()):
            if writer is None:
                days = rows.rows_in("consumption_days", paths, ["controller"])
            else:
                days = rows.rows_in("consumption_days", paths, [*KEYS, *_DAYS])
                _sum_up(writer, days)
                writer.remove("consumption_days", pl.col("month") == month)
            yield from by_controller("consumption_intervals", f"consumption_days {month}", days)
        for table in _BESIDE:
            if writer is not None and _old(rows, table, limit):
                writer.remove(table, pl.col("month") < limit)


def months(work: Work) -> Iterator[Due]:
    """Monthly sums, and what metrics were in that month, from the month."""
    old = pl.col("month") < f"{work.day('consumption_months'):%Y-%m}"
    for table in ("consumption_months", "metrics_history"):
        with work.rows() as (rows, writer):
            found = rows.frame(table, ["controller", "month"]).filter(old)
            if writer is not None and not found.is_empty():
                writer.remove(table, old)
        yield from by_controller("consumption_months", table, found)


def sums(days: pl.DataFrame) -> pl.DataFrame:
    """Rows of `consumption_months` from rows of `consumption_days`; exact, in Wh."""
    return days.group_by(KEYS, maintain_order=True).agg(
        pl.col("gsrn").max(),
        pl.col("wh_sum").sum(),
        days=(pl.col("intervals_present") > 0).sum(),
        intervals_expected=pl.col("intervals_expected").cast(pl.Int64).sum(),
        intervals_present=pl.col("intervals_present").cast(pl.Int64).sum(),
    )


def _sum_up(writer: Writer, days: pl.DataFrame) -> None:
    made = sums(days)
    known = writer.frame("consumption_months", [*KEYS, "intervals_present"])
    beaten = made.join(known, on=KEYS, suffix="_known").filter(
        pl.col("intervals_present") < pl.col("intervals_present_known")
    )
    fuller = made.join(beaten, on=KEYS, how="anti")
    if not fuller.is_empty():
        writer.upsert("consumption_months", fuller)


def _old(rows: Rows, table: str, limit: str) -> dict[str, Sequence[Path]]:
    """The files of months before `limit`, by month; a table without partitions has one file for all."""
    found: dict[str, list[Path]] = {}
    for path in rows.files(table):
        month = partition_of(path, "month")
        if month < limit or not path.parent.name.startswith("month="):
            found.setdefault(month, []).append(path)
    return dict(found)
