"""Parquet files of the lake, written by polars.

delta-rs can write them too, but needs six times as long for the lists of a consumption day. Each file holds
rows of one partition, sorted, and is on the disk before the log names it.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl

from campaigns.lake.files import PRIVATE_FILE, checksum, make_private, refuse_link, sync
from campaigns.lake.frames import WrongFrame, parts
from campaigns.lake.manifests import DataFile
from campaigns.lake.schemas import Table

_ROWS_A_GROUP = 122_880  # what DuckDB gives to one thread at a time
_ROWS_A_FILE = 1_000_000
_PLAIN_VALUE = re.compile(r"[\w.-]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """A file on the disk that no log names yet."""

    file: DataFile
    partition: Mapping[str, str]
    statistics: str  # JSON as Delta wants it
    modified_ms: int


def write(frame: pl.DataFrame, table: Table, folder: Path) -> list[Written]:
    """Files of a sorted frame: one for all, or for each partition one or more of up to a million rows.

    Raises:
        OSError, polars.exceptions.PolarsError: the disk does not take it; what was written so far is named
            by no log, and the next vacuum removes it.
    """
    return [
        _write_one(piece, table, folder) for part in parts(frame, table) for piece in _pieces(part, table)
    ]


def _pieces(part: pl.DataFrame, table: Table) -> Iterator[pl.DataFrame]:
    """A table with partitions is a large one, and its files are written anew one by one."""
    return part.iter_slices(_ROWS_A_FILE) if table.partition_by else iter([part])


def _write_one(frame: pl.DataFrame, table: Table, folder: Path) -> Written:
    partition = _partition_of(frame, table)
    place = folder.joinpath(*(f"{name}={value}" for name, value in partition.items()))
    refuse_link(place)
    make_private(folder)
    make_private(place)
    path = place / f"part-{uuid.uuid4()}.zstd.parquet"
    frame.drop(*partition).write_parquet(
        path, compression="zstd", compression_level=1, row_group_size=_ROWS_A_GROUP
    )
    path.chmod(PRIVATE_FILE)
    sync(path)
    for changed in {place, folder, folder.parent}:
        sync(changed)
    status = path.stat()
    return Written(
        file=DataFile(
            path=path.relative_to(folder).as_posix(),
            bytes=status.st_size,
            rows=len(frame),
            crc32=checksum(path),
        ),
        partition=partition,
        statistics=json.dumps(_statistics(frame, table)),
        modified_ms=status.st_mtime_ns // 1_000_000,
    )


def _partition_of(frame: pl.DataFrame, table: Table) -> dict[str, str]:
    values = {name: frame[name][0] for name in table.partition_by}
    for name, value in values.items():
        if not isinstance(value, str) or not _PLAIN_VALUE.fullmatch(value):
            raise WrongFrame(f"{table.name} has a row whose {name} cannot name a folder")
    return values


def _statistics(frame: pl.DataFrame, table: Table) -> dict[str, object]:
    """Row count, and least and greatest value of the few columns that may stand in a log."""
    columns = frame.select(table.statistics)
    least, greatest = columns.min().row(0, named=True), columns.max().row(0, named=True)
    return {
        "numRecords": len(frame),
        "minValues": {name: _text(value) for name, value in least.items() if value is not None},
        "maxValues": {name: _text(value, up=True) for name, value in greatest.items() if value is not None},
        "nullCount": columns.null_count().row(0, named=True),
    }


def _text(value: object, *, up: bool = False) -> object:
    """A value as Delta's JSON has it: times in whole milliseconds, rounded so that the bound still holds."""
    if isinstance(value, datetime):
        short = value.replace(microsecond=value.microsecond // 1000 * 1000)
        rounded = short + timedelta(milliseconds=1) if up and short != value else short
        return rounded.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value
