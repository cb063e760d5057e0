"""The kind `heat_meters`: cumulative registers of hourly heat meters, into consumption and heat days.

A row is what one meter showed at a whole hour: energy, and perhaps volume and volume times temperature. The
readings are kept, and the days are their differences: any order of files and corrections gives equal days.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption import heat_registers, interval_files, rows
from campaigns.consumption.calendar import LocalDays, local_days
from campaigns.consumption.heat_cells import HeatCells
from campaigns.consumption.heat_differences import used
from campaigns.consumption.rows import Stamp
from campaigns.lake.schemas import empty
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.quarantine import Rejects
from campaigns.register.reading import header_of
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

_METERS_AT_ONCE = 500  # a year of hours of so many takes 400 MB
_DAY = ["metering_point_id", "day"]


class HeatMeters:
    """Imports readings of heat meters; see `register.deliveries.Kind`."""

    name = "heat_meters"
    order = 82
    columns = HeatCells.columns

    def recognises(self, header: Sequence[str]) -> bool:
        """By our own column names."""
        return set(self.columns.required) <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """One file into the lake; raises `UserError` when it is no such file."""
        del ledger  # readings belong to the lake alone
        if lake.seen("consumption_days", delivery.transaction):
            return Imported(file=delivery.name, kind=self.name, unchanged=True)
        latest = now + timedelta(days=1)
        first = interval_files.FIRST_DAY
        calendar = local_days(settings.zone, first, latest.astimezone(settings.zone).date())
        layout = interval_files.layout_of(delivery, header_of(delivery), self.columns, quotes=True)
        rejects = Rejects(delivery, self.name)
        counts = interval_files.Counts()
        cells = HeatCells(delivery, latest=latest)
        batches = interval_files.cells(delivery, layout, rejects, counts)
        parts = [cells.none()]
        for batch in batches:
            parts.append(cells.typed(batch, rejects))
            counts.accept(len(parts[-1]))
        readings = pl.concat(parts)
        stamp = Stamp.of(delivery.received, delivery.sha256)
        new = heat_registers.located(
            readings.with_columns(received=pl.lit(stamp.received), file=pl.lit(stamp.file)), calendar
        )
        outcome = _Outcome.of(new, delivery.source.controller, calendar, lake)
        quarantined = rejects.write(lake, now=now)
        for table, frame in outcome.tables.items():
            lake.upsert(table, frame, transaction=delivery.transaction)
        return Imported(
            file=delivery.name,
            kind=self.name,
            rows=counts.rows,
            accepted=len(readings),
            quarantined=quarantined,
            notes=outcome.notes,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """What a file changes: rows by table, consumption days last, and what is to be told."""

    tables: dict[str, pl.DataFrame]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, new: pl.DataFrame, controller: str, calendar: LocalDays, lake: Writer) -> _Outcome:
        names = ("heat_registers", "heat_days", "consumption_days")
        found: dict[str, list[pl.DataFrame]] = {name: [empty(name)] for name in names}
        odd = {"resets": 0, "rollovers": 0, "gaps": 0}
        last = heat_registers.newest(new)
        for part in _by_meters(last):
            known = heat_registers.beside(part, controller, calendar, lake)
            whole = heat_registers.newest(pl.concat([known, part]))
            mine = whole.join(part, on=["metering_point_id", "at", "received", "file"], how="semi")
            if mine.is_empty():
                continue
            stated = whole.join(mine.select(_DAY).unique(), on=_DAY, how="semi", maintain_order="left")
            wanted = _days_that_change(whole, mine)
            made = used(whole, wanted, calendar)
            found["heat_registers"].append(heat_registers.to_rows(stated, controller, calendar))
            days = heat_registers.dated(made.days, controller, calendar)
            found["heat_days"].append(days.select(empty("heat_days").columns))
            hours = rows.to_frame(made.hours, controller=controller, calendar=calendar)
            found["consumption_days"].append(hours.with_columns(gsrn=pl.lit(None, pl.Int64)))
            for name in odd:
                odd[name] += getattr(made, name)
        return cls(
            tables={name: pl.concat(frames) for name, frames in found.items()},
            notes=tuple(_notes(len(new) - len(last), odd)),
        )


def _by_meters(readings: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The readings of some meters at a time."""
    points = readings["metering_point_id"].unique().sort()
    for at in range(0, len(points), _METERS_AT_ONCE):
        some = points[at : at + _METERS_AT_ONCE]
        yield readings.filter(pl.col("metering_point_id").is_in(some.implode()))


def _days_that_change(whole: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """The days of these readings, and of the one before each: its difference ends here."""
    marked = whole.join(
        mine.select("metering_point_id", "at", is_mine=pl.lit(value=True)),
        on=["metering_point_id", "at"],
        how="left",
        maintain_order="left",
    )
    next_is_mine = pl.col("is_mine").shift(-1) & (
        pl.col("metering_point_id") == pl.col("metering_point_id").shift(-1)
    )
    changed = pl.col("is_mine").fill_null(value=False) | next_is_mine.fill_null(value=False)
    return marked.filter(changed).select(_DAY).unique()


def _notes(again: int, odd: dict[str, int]) -> Iterator[str]:
    if again:
        yield f"readings stated again by a later line, which counts: {again:,}"
    texts = {
        "resets": "times a register went down or jumped; what was used between is not known",
        "rollovers": "times a register ran over and began from zero",
        "gaps": "gaps between readings, of which only the sum is known",
    }
    yield from (f"{texts[name]}: {count:,}" for name, count in odd.items() if count)
