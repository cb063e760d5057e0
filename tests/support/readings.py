"""Datahub files for tests, a lake in memory, and the days that must come of readings, worked out slowly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.consumption import KINDS
from campaigns.consumption.datahub import ENGLISH, FINNISH
from campaigns.lake.schemas import TABLES, empty
from campaigns.lake.writer import Merge
from campaigns.register.deliveries import Delivery, Imported
from campaigns.settings.model import Settings, SourceFile

ZONE = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUSE, FLAT, COTTAGE = 643007500000000014, 643007500000000021, 643007500999999993
HEADERS = {"fi": ";".join(FINNISH), "en": ";".join(ENGLISH)}
SETTINGS = Settings.model_construct(
    time_zone=ZONE.key, default_controller="seller", controllers={}, sources={}
)
# The registers of a Danish building: their columns, and what they are to us.
DANISH_HEAT = {
    "meter_id": "site",
    "time_rounded": "read_at",
    "energy_heat_kwh": "energy",
    "volume_flow_m3": "volume_m3",
    "inlet_flow_energy_m3xc": "inlet_m3c",
    "back_flow_energy_m3xc": "return_m3c",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of a Datahub file. `wh` None is MISSING."""

    start: datetime
    wh: int | None
    minutes: int = 60
    gsrn: int = HOUSE
    kind: str = "BN01"
    quality: str = "OK"

    @property
    def line(self) -> str:
        sign = "-" if self.wh is not None and self.wh < 0 else ""
        amount = "" if self.wh is None else f"{sign}{abs(self.wh) // 1000},{abs(self.wh) % 1000:03}000"
        quality = "MISSING" if self.wh is None else self.quality
        resolution = {15: "PT15M", 60: "PT1H"}[self.minutes]
        start = f"{self.start:%Y-%m-%dT%H:%M:%SZ}"
        return f"{self.gsrn};8716867000030;{resolution};kWh;{self.kind};{start};{amount};{quality}"


def midnight(day: date) -> datetime:
    """When a local day begins, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def starts(first: date, last: date, minutes: int) -> list[datetime]:
    """The starts of all intervals of these local days, UTC."""
    begin, end = midnight(first), midnight(last + timedelta(days=1))
    step = timedelta(minutes=minutes)
    return [begin + step * at for at in range((end - begin) // step)]


def text(rows: Iterable[Row], *, header: str = "fi", end: str = "\n") -> str:
    """The file as text, without a byte-order mark."""
    return "".join(line + end for line in (HEADERS[header], *(row.line for row in rows)))


def delivery(
    path: Path, content: str | bytes, *, received: datetime = NOW, controller: str = "seller", **source: Any
) -> Delivery:
    """A file that was sent."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return Delivery(
        path=path,
        name=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        received=received,
        source_name="datahub",
        source=SourceFile(**{"kind": "datahub", "controller": controller, **source}),
    )


def load_one(sent: Delivery, writer: Any) -> Imported:
    """Import a delivery through the kind of its source."""
    kind = next(kind for kind in KINDS if kind.name == sent.source.kind)
    return kind.load(sent, settings=SETTINGS, lake=writer, ledger=None, now=NOW)  # type: ignore[arg-type]


class MemoryLake:
    """The part of a lake's writer that an import uses, without files."""

    def __init__(self) -> None:
        self.tables: dict[str, pl.DataFrame] = {}
        self.transactions: set[tuple[str, str]] = set()

    def seen(self, table: str, transaction: str) -> bool:
        return (table, transaction) in self.transactions

    def frame(
        self, table: str, columns: Sequence[str] | None = None, *, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        found = self.tables.get(table, empty(table)).sort(TABLES[table].keys)
        found = found if where is None else found.filter(where)
        return found if columns is None else found.select(columns)

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        assert self.frame(table).join(frame, on=TABLES[table].keys, how="semi").is_empty()
        self.upsert(table, frame, transaction=transaction)

    def replace(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        self.tables.pop(table, None)
        self.upsert(table, frame, transaction=transaction)

    def upsert(
        self,
        table: str,
        frame: pl.DataFrame,
        *,
        transaction: str | None = None,
        merge: Merge | None = None,
    ) -> None:
        spec = TABLES[table]
        new = frame.select(pl.col(name).cast(kind) for name, kind in spec.schema.items()).sort(spec.keys)
        assert not new.select(spec.keys).is_duplicated().any()
        known = self.frame(table).join(new, on=spec.keys, how="semi").sort(spec.keys)
        if merge is not None and not known.is_empty():
            again = new.join(known, on=spec.keys, how="semi").sort(spec.keys)
            new = pl.concat([new.join(known, on=spec.keys, how="anti"), merge(known, again)])
        kept = self.frame(table).join(new, on=spec.keys, how="anti")
        self.tables[table] = pl.concat([kept, new])
        if transaction is not None:
            self.transactions.add((table, transaction))


def expected_days(files: Iterable[tuple[Delivery, Sequence[Row]]]) -> dict[tuple[Any, ...], list[Any]]:
    """For (metering point, direction, day) a list of intervals: (Wh or None, received, hash), or None."""
    sent = sorted(files, key=lambda item: (item[0].received, item[0].sha256))
    grids: dict[tuple[Any, ...], int] = {}
    for _, rows in sent:
        for row in rows:
            key = _key(row)
            grids[key] = min(grids.get(key, 60), row.minutes)
    days: dict[tuple[Any, ...], list[Any]] = {}
    for key, grid in grids.items():
        length = midnight(key[2] + timedelta(days=1)) - midnight(key[2])
        days[key] = [None] * (length // timedelta(minutes=grid))
    for sender, rows in sent:
        for row in rows:
            key = _key(row)
            for at, wh in _pieces(row, grids[key]):
                days[key][at] = (wh, sender.received, sender.sha256)
    return days


def shown(frame: pl.DataFrame) -> dict[tuple[Any, ...], list[Any]]:
    """Rows of consumption_days as `expected_days`, the stamp as (microseconds, head of the hash)."""
    return {
        (row["metering_point_id"], row["direction"], row["local_date"]): list(_intervals(row))
        for row in frame.iter_rows(named=True)
    }


def stamped(days: Mapping[tuple[Any, ...], list[Any]]) -> dict[tuple[Any, ...], list[Any]]:
    """`expected_days` with the stamps that the lake keeps."""
    return {
        key: [
            None
            if interval is None
            else (interval[0], round(interval[1].timestamp() * 1e6), int(interval[2][:16], 16) >> 1)
            for interval in intervals
        ]
        for key, intervals in days.items()
    }


def _key(row: Row) -> tuple[Any, ...]:
    direction = {"BN01": "import", "BN02": "export"}[row.kind]
    return row.gsrn, direction, row.start.astimezone(ZONE).date()


def _pieces(row: Row, grid: int) -> Iterator[tuple[int, int | None]]:
    day = row.start.astimezone(ZONE).date()
    at = (row.start - midnight(day)) // timedelta(minutes=grid)
    parts = row.minutes // grid
    for part in range(parts):
        if row.wh is None:
            yield at + part, None
        else:
            fourth = row.wh // parts
            yield at + part, row.wh - fourth * (parts - 1) if part == parts - 1 else fourth


def _intervals(row: Mapping[str, Any]) -> Iterator[Any]:
    length = len(row["wh"])
    received, file = (
        row[name] * length if len(row[name]) == 1 else row[name] for name in ("received", "file")
    )
    for wh, quality, when, head in zip(row["wh"], row["quality"], received, file, strict=True):
        assert (wh is None) == (quality == 0)
        yield None if when is None else (wh, when, head)
