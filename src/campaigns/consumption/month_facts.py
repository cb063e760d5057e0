"""Month facts: day facts added up by month, kept so that a period is the sum of its months and a few days.

Whole numbers add up to the same whichever way. A month is added up again when its day facts, its weather or
its prices changed.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.inputs import Inputs, digest, months_of
from campaigns.consumption.month_sums import add_up
from campaigns.consumption.summands import READ
from campaigns.consumption.sums import NAMES, NONE, Sums, together
from campaigns.lake.schemas import TABLES

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.lake.rows import Rows

Days = tuple[date, date]  # the first and the last


def update(writer: Writer, inputs: Inputs, known: pl.DataFrame) -> None:
    """Add up the months whose inputs are not those in `known` (rows of metric_periods)."""
    before = dict(known.filter(controller=inputs.controller).select("period", "inputs").rows())
    files = writer.files("day_facts")
    stamps: dict[Days, str] = {}
    for first, last in whole_months(inputs.calendar["local_date"][0], inputs.as_of):
        names = [path.name for path in months_of(files, first, last)]
        stamp = digest([inputs.version, *names], inputs.between(first, last))
        if before.get(_name(first)) != stamp:
            stamps[first, last] = stamp
    if not stamps:
        return
    mine = pl.col("controller") == inputs.controller
    writer.remove("metric_periods", mine & pl.col("period").is_in([_name(first) for first, _ in stamps]))
    made = []
    for (first, last), stamp in stamps.items():
        _write(writer, inputs.controller, _name(first), of_days(writer, inputs, (first, last)))
        made.append({"controller": inputs.controller, "period": _name(first), "as_of": last, "inputs": stamp})
    writer.upsert("metric_periods", pl.DataFrame(made, schema=dict(TABLES["metric_periods"].schema)))


def stamps_within(known: pl.DataFrame, controller: str, first: date, last: date) -> list[str]:
    """From what the months that lie in some days as a whole were added up; `known` is `metric_periods`."""
    names = [_name(begin) for begin, _ in whole_months(first, last)]
    return (
        known.filter(pl.col("period").is_in(names), controller=controller).sort("period")["inputs"].to_list()
    )


def _name(month: date) -> str:
    return f"{month:%Y-%m}"


def _write(writer: Writer, controller: str, month: str, sums: Sums) -> None:
    """Put these sums in place of what the register had of the month."""
    is_others = (pl.col("month") == month) & (pl.col("controller") != controller)
    others = writer.frame("month_facts", where=is_others)
    rows = sums.frame().with_columns(controller=pl.lit(controller), month=pl.lit(month))
    mine = rows.select(pl.col(name).cast(kind) for name, kind in TABLES["month_facts"].schema.items())
    writer.replace_where("month_facts", pl.concat([others, mine]), partitions={"month": [month]})


def of_days(
    reader: Rows,
    inputs: Inputs,
    days: Days,
    *,
    holders: pl.DataFrame | None = None,
    points: pl.Series | None = None,
) -> Sums:
    """Days of one month added up, several files at once: with `holders` only their own, or of some points."""
    first, last = days
    where = (pl.col("controller") == inputs.controller) & pl.col("local_date").is_between(first, last)
    if points is not None:
        where &= pl.col("metering_point_id").is_in(points.implode())

    def of_file(path: Path) -> Sums:
        rows = reader.rows_in("day_facts", [path], READ, where=where)
        return add_up(rows if holders is None else own(rows, holders, first), inputs.calendar)

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as workers:
        return together(*workers.map(of_file, months_of(reader.files("day_facts"), first, last)))


def own(rows: pl.DataFrame, holders: pl.DataFrame, first: date) -> pl.DataFrame:
    """The days since their holder came; `first` is the first of them all."""
    late = holders.filter(pl.col("since") > first)
    if late.is_empty():
        return rows
    keys = rows.select("metering_point_id", "local_date")
    since = keys.join(late, on="metering_point_id", how="left", maintain_order="left")
    return rows.filter(
        since.select((pl.col("local_date") >= pl.col("since")).fill_null(value=True)).to_series()
    )


def of_month(reader: Rows, controller: str, month: date) -> Sums:
    """What was kept of a whole month, whoever the holder was."""
    paths = months_of(reader.files("month_facts"), month, month)
    mine = pl.col("controller") == controller
    columns = ["metering_point_id", *NAMES]
    rows = reader.rows_in("month_facts", paths, columns, where=mine)
    return NONE if rows.is_empty() else Sums.of_frame(rows)


def whole_months(first: date, last: date) -> list[Days]:
    """The months that lie between two days as a whole."""
    return [days for days in by_month(first, last) if is_whole(days)]


def by_month(first: date, last: date) -> list[Days]:
    """The days from one to another, a month at a time."""
    found = []
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=31)).replace(day=1)
        found.append((first, min(following - timedelta(days=1), last)))
        first = following
    return found


def is_whole(days: Days) -> bool:
    """Whether they are a month from its first day to its last."""
    return days[0].day == 1 and (days[1] + timedelta(days=1)).day == 1
