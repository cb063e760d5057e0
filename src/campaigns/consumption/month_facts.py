"""Month facts: day facts added up by month, kept so that a period is the sum of its months and a few days.

Whole numbers add up to the same whichever way. A month is added up again when its day facts, its weather or
its prices changed. Metering points whose holder changed within a period are added up from their days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption.inputs import SQL, Inputs, digest, fact_files
from campaigns.lake.schemas import TABLES, empty

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.lake import Snapshot, Writer

_NOBODY = pl.DataFrame(schema={"metering_point_id": pl.Int64(), "since": pl.Date()})


@dataclass(frozen=True, kw_only=True, slots=True)
class MonthFacts:
    """The months of one register that were added up again, and from what."""

    controller: str
    facts: pl.DataFrame
    made: pl.DataFrame  # rows of metric_periods


def update(db: Engine, snapshot: Snapshot, inputs: Inputs, known: pl.DataFrame) -> MonthFacts:
    """Add up the months whose inputs are not those in `known` (rows of metric_periods)."""
    frames, made = [empty("month_facts")], []
    before = dict(known.filter(controller=inputs.controller).select("period", "inputs").rows())
    db.register("calendar", inputs.calendar)
    db.register("holders", _NOBODY)
    for first, last in _whole_months(inputs.calendar["local_date"][0], inputs.as_of):
        stamp = digest([inputs.version, *fact_files(snapshot, first, last)], inputs.between(first, last))
        period = f"{first:%Y-%m}"
        if before.get(period) != stamp:
            frames.append(_sums(db, inputs, first, last))
            made.append({"controller": inputs.controller, "period": period, "as_of": last, "inputs": stamp})
    return MonthFacts(
        controller=inputs.controller,
        facts=pl.concat(frames),
        made=pl.DataFrame(made, schema=dict(TABLES["metric_periods"].schema)),
    )


def write(writer: Writer, updated: MonthFacts) -> None:
    """Put these months in place of what the register had of them."""
    months = updated.made["period"].to_list()
    if not months:
        return
    others = writer.frame("month_facts", where=pl.col("month").is_in(months)).filter(
        pl.col("controller") != updated.controller
    )
    writer.replace_where("month_facts", pl.concat([others, updated.facts]), partitions={"month": months})
    writer.upsert("metric_periods", updated.made)


def parts(db: Engine, inputs: Inputs, first: date, last: date) -> pl.DataFrame:
    """The days from `first` to `last` added up by metering point and month, under the present holders.

    Whole months come from the table `month_facts`, which must be up to date.
    """
    moved = inputs.holders.filter(pl.col("since") > first)
    whole = _whole_months(first, last)
    frames = [empty("month_facts")]
    if whole:
        db.register("moved", moved)
        frames.append(
            db.query(
                SQL["months_between"],
                {
                    "controller": inputs.controller,
                    "first_month": f"{whole[0][0]:%Y-%m}",
                    "last_month": f"{whole[-1][0]:%Y-%m}",
                },
            )
        )
    db.register("calendar", inputs.calendar)
    db.register("holders", inputs.holders.join(moved, on="metering_point_id", how="anti"))
    # of people who have been there since before, or who were never anywhere else
    frames += [_sums(db, inputs, *ends, besides=moved) for ends in _ends(first, last, whole)]
    if not moved.is_empty():
        db.register("holders", moved)
        frames.append(_sums(db, inputs, first, last, only_moved=True))
    return pl.concat(frames)


def _sums(
    db: Engine,
    inputs: Inputs,
    first: date,
    last: date,
    *,
    besides: pl.DataFrame = _NOBODY,
    only_moved: bool = False,
) -> pl.DataFrame:
    db.register("besides", besides)
    found = db.query(
        SQL["month_sums"],
        {
            "controller": inputs.controller,
            "first": first,
            "last": last,
            "first_month": f"{first:%Y-%m}",
            "last_month": f"{last:%Y-%m}",
            "only_moved": only_moved,
        },
    )
    rows = found.with_columns(controller=pl.lit(inputs.controller))
    return rows.select(pl.col(name).cast(kind) for name, kind in TABLES["month_facts"].schema.items())


def _whole_months(first: date, last: date) -> list[tuple[date, date]]:
    """The months that lie between two days as a whole."""
    found = []
    begin = first if first.day == 1 else (first.replace(day=1) + timedelta(days=31)).replace(day=1)
    while (following := (begin + timedelta(days=31)).replace(day=1)) <= last + timedelta(days=1):
        found.append((begin, following - timedelta(days=1)))
        begin = following
    return found


def _ends(first: date, last: date, whole: list[tuple[date, date]]) -> Iterator[tuple[date, date]]:
    """What lies before and after the whole months."""
    if not whole:
        yield first, last
        return
    if first < whole[0][0]:
        yield first, whole[0][0] - timedelta(days=1)
    if whole[-1][1] < last:
        yield whole[-1][1] + timedelta(days=1), last
