"""Files of readings into consumption days: what the kinds `datahub` and `readings` have in common.

The readings go in under the controller of the source, whether or not a register file has named the metering
point yet. Memory follows the days of a file, not its lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption import days, reading_exact, reading_fast, rows
from campaigns.consumption.calendar import LocalDays, local_days
from campaigns.consumption.days import Built, Days
from campaigns.consumption.reading_exact import Prepare
from campaigns.consumption.reading_fast import Layout, NotClean
from campaigns.consumption.readings import MISSING, Decoder, Readings
from campaigns.consumption.rows import Stamp, Stamped
from campaigns.errors import UserError
from campaigns.lake.schemas import empty
from campaigns.register import csv_header, parquet_files
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import Columns, match
from campaigns.register.quarantine import Rejects
from campaigns.register.raw_lines import is_parquet
from campaigns.register.reading import refuse_faults, typed_table
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer

FIRST_DAY = date(2000, 1, 1)
MOST_REFUSED = 100_000  # rows; a file with more is not what it says, and its rows would fill the quarantine
_PART_ROWS = 500_000


@dataclass(kw_only=True, slots=True)
class Counts:
    """What the lines of one file were."""

    rows: int = 0
    accepted: int = 0
    missing: int = 0

    def add(self, number: int, readings: Readings) -> Readings:
        """Count a batch and hand it on. Raises `UserError` CON126."""
        self.rows += number
        self.accept(len(readings))
        self.missing += int((readings.quality == MISSING).sum())
        return readings

    def accept(self, number: int) -> None:
        """Count readings among the rows. Raises `UserError` CON126 when far too many rows were none."""
        self.accepted += number
        if self.rows - self.accepted > MOST_REFUSED:
            raise UserError(
                "CON126",
                f"{MOST_REFUSED:,} lines of the file are no readings, and it goes on.",
                hint="is it of another kind? import the first thousand lines of it to see what is wrong",
            )


def load(
    delivery: Delivery,
    layout: Layout,
    *,
    settings: Settings,
    lake: Writer,
    now: datetime,
    prepare: Prepare | None = None,
) -> Imported:
    """One file into consumption days.

    `prepare` makes the cells of another layout those of a Datahub file; without it clean text files are read
    in one pass.
    """
    kind = delivery.source.kind
    latest = now + timedelta(days=1)
    calendar = local_days(settings.zone, FIRST_DAY, latest.astimezone(settings.zone).date())
    rejects = Rejects(delivery, kind)
    values = {} if prepare else delivery.source.values
    decoder = Decoder(calendar, latest=latest, values=values)
    counts, built = _built(delivery, layout, decoder, rejects, calendar, prepare)
    stamp = Stamp.of(delivery.received, delivery.sha256)
    frame = _rows(built.days, stamp, delivery.source.controller, calendar)
    if rejects.refused:
        rejects.belong_to(_holders(rejects.frame(now), delivery.source.controller, lake))
    quarantined = rejects.write(lake, now=now)
    overlay = partial(rows.overlaid, calendar=calendar)
    lake.upsert("consumption_days", frame, transaction=delivery.transaction, merge=overlay)
    return Imported(
        file=delivery.name,
        kind=kind,
        rows=counts.rows,
        accepted=counts.accepted,
        quarantined=quarantined,
        notes=_notes(counts, built, frame),
    )


def layout_of(delivery: Delivery, header: Sequence[str], columns: Columns, *, quotes: bool = False) -> Layout:
    """Where the columns of a kind stand in the file. Raises `UserError` REG007, REG008."""
    source = delivery.source
    places = {at: name for name, at in match(header, delivery, columns).positions.items()}
    given = {"tab": "\t", "\\t": "\t"}.get(source.delimiter, source.delimiter)
    delimiter = given or csv_header.delimiter_of(delivery)
    return Layout(
        header=delimiter.join(header),
        columns=tuple(places.get(at) for at in range(len(header))),
        delimiter=delimiter,
        encoding=source.encoding,
        quotes=quotes,
    )


def _rows(new: Sequence[Days], stamp: Stamp, controller: str, calendar: LocalDays) -> pl.DataFrame:
    """A file's days as rows of the lake."""
    frames = [
        rows.to_frame(Stamped.by(stamp, part), controller=controller, calendar=calendar) for part in new
    ]
    return pl.concat([empty("consumption_days"), *frames])


def _built(
    delivery: Delivery,
    layout: Layout,
    decoder: Decoder,
    rejects: Rejects,
    calendar: LocalDays,
    prepare: Prepare | None,
) -> tuple[Counts, Built]:
    counts = Counts()
    tables = _tables(delivery, rejects, counts)
    if tables is not None:
        batches = _typed(tables, layout, decoder, rejects, prepare)
        return counts, days.build((counts.add(*batch) for batch in batches), hours=calendar.hours)
    if prepare is None:
        try:
            clean = reading_fast.read(delivery.path, layout, decoder)
            return counts, days.build(
                (counts.add(len(batch), batch) for batch in clean), hours=calendar.hours
            )
        except NotClean:
            counts = Counts()
    lines = reading_exact.read(delivery, layout, decoder, rejects, prepare)
    return counts, days.build((counts.add(*batch) for batch in lines), hours=calendar.hours)


def cells(delivery: Delivery, layout: Layout, rejects: Rejects, counts: Counts) -> Iterator[pl.DataFrame]:
    """The rows of any file as text cells under the layout's names, with `_line` and `_text`; counts them."""
    tables = _tables(delivery, rejects, counts)
    if tables is None:
        for count, batch in reading_exact.lines(delivery, layout, rejects):
            counts.rows += count
            yield batch
        return
    for batch in _named(tables, layout):
        counts.rows += len(batch)
        yield batch


def _tables(delivery: Delivery, rejects: Rejects, counts: Counts) -> Iterator[pl.DataFrame] | None:
    """The cells of a Parquet or Excel file as text (`c0`, `c1`, ... and `_line`), in parts; None for text."""
    if is_parquet(delivery):
        return parquet_files.batches(delivery, rows=_PART_ROWS)
    typed = typed_table(delivery)
    if typed is None:
        return None
    refuse_faults(typed[1], rejects)
    counts.rows += len(typed[1].faults)
    return typed[1].frame.iter_slices(_PART_ROWS)


def _typed(
    tables: Iterator[pl.DataFrame],
    layout: Layout,
    decoder: Decoder,
    rejects: Rejects,
    prepare: Prepare | None,
) -> Iterator[tuple[int, Readings]]:
    for part in _named(tables, layout):
        yield len(part), reading_exact.decode(prepare(part, rejects) if prepare else part, decoder, rejects)


def _named(tables: Iterator[pl.DataFrame], layout: Layout) -> Iterator[pl.DataFrame]:
    places = {name: f"c{at}" for at, name in enumerate(layout.columns) if name}
    no_text = pl.lit(None, pl.String).alias("_text")
    for table in tables:
        yield table.select("_line", no_text, *(pl.col(cell).alias(name) for name, cell in places.items()))


def _holders(refused: pl.DataFrame, controller: str, lake: Writer) -> pl.DataFrame:
    """Whose readings the refused lines are (`line`, `person_id`): who had the contract on that day."""
    lines = refused.select(
        "line",
        pl.col("text").str.extract(r"\b([0-9]{18})\b").cast(pl.Int64).alias("metering_point_id"),
        pl.col("text").str.extract(r"\b([0-9]{4}-[0-9]{2}-[0-9]{2})T").str.to_date(strict=False).alias("day"),
    ).drop_nulls("metering_point_id")
    points = lines["metering_point_id"].unique().implode()
    theirs = (pl.col("controller") == controller) & pl.col("metering_point_id").is_in(points)
    contracts = lake.frame(
        "contracts", ["metering_point_id", "person_id", "start_date", "end_date"], where=theirs
    )
    running = (pl.col("day") >= pl.col("start_date")) & ~(pl.col("day") > pl.col("end_date")).fill_null(
        value=False
    )
    held = lines.join(contracts, on="metering_point_id").filter(running.fill_null(value=True))
    return held.select("line", "person_id")


def _notes(counts: Counts, built: Built, frame: pl.DataFrame) -> tuple[str, ...]:
    notes = []
    if not frame.is_empty():
        points, first, last = frame.select(
            pl.col("metering_point_id").n_unique(),
            pl.col("local_date").min().alias("first"),
            pl.col("local_date").max().alias("last"),
        ).row(0)
        notes.append(f"{points:,} metering point{'s' * (points > 1)}, {first} to {last}")
    if counts.missing:
        notes.append(f"readings stated to be missing: {counts.missing:,}")
    if built.repeated:
        notes.append(f"intervals stated again by a later line, which counts: {built.repeated:,}")
    return tuple(notes)
