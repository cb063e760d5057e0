"""The kind `datahub`: readings as the Datahub customer portal gives them, into consumption days.

The portal's header is known in Finnish and English; a source may map its own in `columns:`. The readings go
in under the controller of the source, whether or not a register file has named the metering point yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.consumption import days, reading_exact, reading_fast, rows
from campaigns.consumption.calendar import LocalDays, local_days
from campaigns.consumption.days import Built, Days
from campaigns.consumption.reading_fast import Layout, NotClean
from campaigns.consumption.readings import COLUMNS, MISSING, Decoder, Readings
from campaigns.consumption.rows import KEYS, Stamp, Stamped
from campaigns.lake.schemas import empty
from campaigns.register.csv_exact import RawTable
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import Columns, folded, match
from campaigns.register.quarantine import Rejects
from campaigns.register.reading import header_of, refuse_faults, typed_table
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

FINNISH = (
    "Mittauspisteen tunnus",
    "Tuotteen tyyppi",
    "Resoluutio",
    "Yksikkötyyppi",
    "Lukeman tyyppi",
    "Alkuaika",
    "Määrä",
    "Laatu",
)
ENGLISH = (
    "MeteringPointGSRN",
    "Product Type",
    "Resolution",
    "Unit Type",
    "Reading Type",
    "Start Time",
    "Quantity",
    "Quality",
)
FIRST_DAY = date(2000, 1, 1)
_PART_ROWS = 500_000
_COLUMNS = Columns(required=COLUMNS)
_PORTAL = {
    folded(theirs): ours
    for header in (FINNISH, ENGLISH)
    for theirs, ours in zip(header, COLUMNS, strict=True)
}


@dataclass(kw_only=True, slots=True)
class Counts:
    """What the lines of one file were."""

    rows: int = 0
    accepted: int = 0
    missing: int = 0

    def add(self, number: int, readings: Readings) -> Readings:
        """Count a batch and hand it on."""
        self.rows += number
        self.accepted += len(readings)
        self.missing += int((readings.quality == MISSING).sum())
        return readings


class Datahub:
    """Imports Datahub files; see `register.deliveries.Kind`."""

    name = "datahub"
    order = 80
    columns = _COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """By either header of the portal, or by our own column names."""
        return set(COLUMNS) <= {_PORTAL.get(folded(name), folded(name)) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """One file into consumption days; raises `UserError` when it is no such file."""
        del ledger  # readings belong to the lake alone
        if lake.seen("consumption_days", delivery.transaction):
            return Imported(file=delivery.name, kind=self.name, unchanged=True)
        header = header_of(delivery)
        delivery = _with_names(delivery, header)
        latest = now + timedelta(days=1)
        calendar = local_days(settings.zone, FIRST_DAY, latest.astimezone(settings.zone).date())
        rejects = Rejects(delivery, self.name)
        decoder = Decoder(calendar, latest=latest, values=delivery.source.values)
        counts, built = _built(delivery, _layout(delivery, header), decoder, rejects, calendar)
        stamp = Stamp.of(delivery.received, delivery.sha256)
        frame = merged(built.days, stamp, delivery.source.controller, lake=lake, calendar=calendar)
        if rejects.refused:
            rejects.belong_to(_holders(rejects.frame(now), delivery.source.controller, lake))
        quarantined = rejects.write(lake, now=now)
        lake.upsert("consumption_days", frame, transaction=delivery.transaction)
        return Imported(
            file=delivery.name,
            kind=self.name,
            rows=counts.rows,
            accepted=counts.accepted,
            quarantined=quarantined,
            notes=_notes(counts, built, frame),
        )


def merged(
    new: Sequence[Days], stamp: Stamp, controller: str, *, lake: Writer, calendar: LocalDays
) -> pl.DataFrame:
    """The rows of a file's days, overlaid on what the lake has of these days."""
    frames = [
        rows.to_frame(Stamped.by(stamp, part), controller=controller, calendar=calendar) for part in new
    ]
    fresh = pl.concat([empty("consumption_days"), *frames])
    known = _known(fresh, lake)
    if known.is_empty():
        return fresh
    untouched = fresh.join(known, on=KEYS, how="anti")
    again = fresh.join(known.select(KEYS), on=KEYS, how="semi")
    frames = [untouched]
    for month in again["month"].unique().sort():
        both = (part.filter(pl.col("month") == month) for part in (known, again))
        frames.append(rows.overlaid(*both, calendar=calendar))
    return pl.concat(frames)


def _known(fresh: pl.DataFrame, lake: Writer) -> pl.DataFrame:
    """The lake's rows with the keys of these."""
    if fresh.is_empty():
        return fresh
    points = fresh["metering_point_id"]
    near = (
        pl.col("month").is_in(fresh["month"].unique().to_list())
        & pl.col("metering_point_id").is_between(points.min(), points.max())
        & (pl.col("controller") == fresh["controller"][0])
    )
    keys = lake.frame("consumption_days", KEYS, where=near).join(fresh, on=KEYS, how="semi")
    if keys.is_empty():
        return keys
    same_points = pl.col("metering_point_id").is_in(keys["metering_point_id"].unique().implode())
    return lake.frame("consumption_days", where=near & same_points).join(keys, on=KEYS, how="semi")


def _with_names(delivery: Delivery, header: Sequence[str]) -> Delivery:
    """The delivery with the portal's own column names as if its source had mapped them."""
    source = delivery.source
    portal = {name.strip(): _PORTAL[folded(name)] for name in header if folded(name) in _PORTAL}
    return replace(delivery, source=source.model_copy(update={"columns": {**portal, **source.columns}}))


def _layout(delivery: Delivery, header: Sequence[str]) -> Layout:
    source = delivery.source
    places = {at: name for name, at in match(header, delivery, _COLUMNS).positions.items()}
    delimiter = {"tab": "\t", "\\t": "\t", "": ";"}.get(source.delimiter, source.delimiter)
    return Layout(
        header=delimiter.join(header),
        columns=tuple(places.get(at) for at in range(len(header))),
        delimiter=delimiter,
        encoding=source.encoding,
    )


def _built(
    delivery: Delivery, layout: Layout, decoder: Decoder, rejects: Rejects, calendar: LocalDays
) -> tuple[Counts, Built]:
    counts = Counts()
    typed = typed_table(delivery)
    if typed is not None:
        _, table = typed
        refuse_faults(table, rejects)
        counts.rows += len(table.faults)
        batches = _typed(table, layout, decoder, rejects)
        return counts, days.build((counts.add(*batch) for batch in batches), hours=calendar.hours)
    try:
        clean = reading_fast.read(delivery.path, layout, decoder)
        return counts, days.build((counts.add(len(batch), batch) for batch in clean), hours=calendar.hours)
    except NotClean:
        counts = Counts()
        batches = reading_exact.read(delivery, layout, decoder, rejects)
        return counts, days.build((counts.add(*batch) for batch in batches), hours=calendar.hours)


def _typed(
    table: RawTable, layout: Layout, decoder: Decoder, rejects: Rejects
) -> Iterator[tuple[int, Readings]]:
    """A Parquet or Excel file of the same columns: its cells as text, in parts."""
    cells = {name: f"c{at}" for at, name in enumerate(layout.columns) if name}
    no_text = pl.lit(None, pl.String).alias("_text")
    frame = table.frame.select("_line", no_text, *(pl.col(cell).alias(name) for name, cell in cells.items()))
    for part in frame.iter_slices(_PART_ROWS):
        yield len(part), reading_exact.decode(part, decoder, rejects)


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
