"""The kinds `spot_prices` and `temperatures`: files with one value a time, the same for all metering points.

`start` is UTC unless it says its offset. As with readings the newest file wins a time, whatever the order.
Prices are c/kWh with VAT unless the columns `unit` and `vat` (or the source's `defaults:`) say otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.consumption import price_units
from campaigns.consumption.interval_files import Counts
from campaigns.consumption.rows import Stamp
from campaigns.errors import UserError
from campaigns.register import parquet_files
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.limits import MAX_LINE
from campaigns.register.parsing import Typed
from campaigns.register.quarantine import Rejects
from campaigns.register.raw_lines import is_parquet, physical_lines
from campaigns.register.reading import Columns, read
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

_UTC = ZoneInfo("UTC")
_EXACT = pl.Decimal(18, 6)
_MILLIONTHS = 1_000_000
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
# A file is held in memory at once, in ten times its bytes. All quarters since 2000 are a million rows.
MOST_BYTES = 64 << 20
MOST_ROWS = 3_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class SeriesKind:
    """A kind of which every row is a time and a number; see `register.deliveries.Kind`.

    The lake keeps the number times `scale`, rounded once, as `kept`; it must lie between `low` and `high`.
    Starts must be whole steps of `step` minutes, from the year 2000 to `days_ahead` days from now.
    """

    name: str
    order: int
    value: str
    table: str
    kept: str
    scale: int
    low: int
    high: int
    step: int
    days_ahead: int

    @property
    def columns(self) -> Columns:
        """A time and the value; for prices how they are meant."""
        if self.table != "prices":
            return Columns(required=("start", self.value))
        words = {"unit": tuple(price_units.PER_CENT_A_KWH), "vat": price_units.VAT}
        return Columns(required=("start", self.value), optional=("unit", "vat"), words=words)

    def recognises(self, header: Sequence[str]) -> bool:
        """By our own column names."""
        return {"start", self.value} <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """One file into the lake; raises `UserError` when it is no such file."""
        del ledger  # the lake is all that changes
        if lake.seen(self.table, delivery.transaction):
            return Imported(file=delivery.name, kind=self.name, unchanged=True)
        _refuse_large(delivery)
        rejects = Rejects(delivery, self.name)
        rows = read(delivery, self.columns, rejects)
        values = rejects.accepted(self._typed(rows.frame, rejects, settings.zone, now))
        Counts(rows=rows.total).accept(len(values))
        last = values.unique("start", keep="last", maintain_order=True)
        quarantined = rejects.write(lake, now=now)
        lake.upsert(self.table, self._newest(last, delivery, lake), transaction=delivery.transaction)
        again = len(values) - len(last)
        notes = (f"times stated again by a later line, which counts: {again:,}",) if again else ()
        return Imported(
            file=delivery.name,
            kind=self.name,
            rows=rows.total,
            accepted=len(values),
            quarantined=quarantined,
            notes=(*rows.notes, *notes),
        )

    def _typed(self, frame: pl.DataFrame, rejects: Rejects, zone: ZoneInfo, now: datetime) -> pl.DataFrame:
        """`_line`, `start` and the value as it is kept; what is wrong goes to `rejects`."""
        typed = Typed(frame, rejects)
        typed.required("start", self.value)
        starts = typed.moment("start", _UTC)
        on_step = starts.dt.epoch("s") % (60 * self.step) == 0
        typed.refuse("start", ~on_step, "CON120", f"`start` must be a whole step of {self.step} minutes.")
        outside = (starts < _EARLIEST) | (starts > now + timedelta(days=self.days_ahead))
        told = f"`start` lies before 2000 or more than {self.days_ahead} days ahead."
        typed.refuse("start", outside, "CON127", told)
        text = frame[self.value].str.replace(",", ".", literal=True)
        exact = text.cast(_EXACT, strict=False).to_physical().cast(pl.Int64)
        size, permille = self._meant(frame, typed, starts, zone)
        fits = (exact // size).is_between(self.low * _MILLIONTHS, self.high * _MILLIONTHS)
        number = f"`{self.value}` must be a number from {self.low} to {self.high}."
        bad = frame[self.value].is_not_null() & ~fits.fill_null(value=False)
        typed.refuse(self.value, bad, "CON121", number)
        kept = price_units.milli_cents(exact, size * 1000 // self.scale, permille)
        return pl.DataFrame({"_line": frame["_line"], "start": starts, self.kept: kept})

    def _meant(
        self, frame: pl.DataFrame, typed: Typed, starts: pl.Series, zone: ZoneInfo
    ) -> tuple[pl.Series, pl.Series]:
        """How many of the file's unit are one of ours, and the tax that is still to be added, in 1/1000."""
        if self.table != "prices":
            return pl.repeat(1, len(frame), eager=True), pl.repeat(0, len(frame), eager=True)
        sizes = price_units.PER_CENT_A_KWH
        size = typed.word("unit", sizes).replace_strict(sizes, default=1, return_dtype=pl.Int64)
        untaxed = (typed.word("vat", price_units.VAT) == "excluded").fill_null(value=False)
        return size, price_units.vat_permille(starts, zone) * untaxed.cast(pl.Int64)

    def _newest(self, values: pl.DataFrame, delivery: Delivery, lake: Writer) -> pl.DataFrame:
        """Rows of the table: those values of the file that no newer file has stated."""
        stamp = Stamp.of(delivery.received, delivery.sha256)
        new = values.drop("_line").with_columns(
            controller=pl.lit(delivery.source.controller),
            received=pl.lit(stamp.received),
            file=pl.lit(stamp.file),
        )
        if self.table == "prices":
            new = new.with_columns(minutes=_minutes(new["start"]))
        keys = ["controller", "start"]
        known = lake.frame(self.table, [*keys, "received", "file"]).rename({"received": "was", "file": "by"})
        later = (pl.col("received") > pl.col("was")) | (
            (pl.col("received") == pl.col("was")) & (pl.col("file") > pl.col("by"))
        )
        return new.join(known, on=keys, how="left").filter(pl.col("was").is_null() | later).drop("was", "by")


def _refuse_large(delivery: Delivery) -> None:
    """Raises `UserError` CON128. Lines that are too long do not count: each is refused by itself."""
    if is_parquet(delivery):
        is_large = parquet_files.count(delivery) > MOST_ROWS
    else:
        is_large = delivery.path.stat().st_size > MOST_BYTES and _bytes_of_lines(delivery) > MOST_BYTES
    if is_large:
        raise UserError(
            "CON128",
            f"{delivery.name} is larger than prices or temperatures of many years.",
            hint="a file may have 64 MB, or 3 million rows of Parquet: split it by year",
        )


def _bytes_of_lines(delivery: Delivery) -> int:
    with delivery.path.open("rb") as stream:
        return sum(len(line) for line in physical_lines(stream) if len(line) <= MAX_LINE)


def _minutes(starts: pl.Series) -> pl.Series:
    """How long each price holds: 15 minutes if its hour has several, or it is off the hour; else 60."""
    hour = starts.dt.truncate("1h")
    is_quarter = hour.is_duplicated() | (starts != hour)
    return pl.select(pl.when(is_quarter).then(15).otherwise(60).cast(pl.Int16)).to_series()


SPOT_PRICES = SeriesKind(
    name="spot_prices",
    order=70,
    value="price",
    table="prices",
    kept="price_mc",
    scale=1000,
    low=-1000,
    high=1000,
    step=15,
    days_ahead=3,  # prices of tomorrow are published today; more is a mistake in the year or the day
)
TEMPERATURES = SeriesKind(
    name="temperatures",
    order=71,
    value="celsius",
    table="temperatures",
    kept="celsius_x10",
    scale=10,
    low=-60,
    high=60,
    step=1,
    days_ahead=1,
)
