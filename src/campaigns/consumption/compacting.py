"""Compaction of consumption days: the small files that nightly imports leave behind are written as one.

Rows stay as they are, so nothing that was made of them is made again: what says from which files day facts
and twins were made names the new file in place of the old ones. Only files that both of them know are
touched. A run that is cut off in between leaves a file that neither knows, which is then read once more.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from campaigns.lake.frames import partition_of

if TYPE_CHECKING:
    from campaigns.lake import Writer

TABLE = "consumption_days"
NOTED_IN = ("day_fact_months", "reading_twin_months")
MANY = 8  # small files of a month, from which on they are written as one: before an import would do it
SMALL = 200_000  # rows: a larger file is as fast to read as it gets
MOST = 1_000_000  # rows that are held at once, and lie in one file


def compact(writer: Writer) -> int:
    """Write crowds of small files as one each; how many files went into others."""
    notes = {table: writer.frame(table) for table in NOTED_IN}
    renamed: dict[Path, tuple[Path, ...]] = {}
    for crowd in _crowds(writer.rows_by_file(TABLE), _known(notes.values())):
        new = writer.compact(TABLE, crowd)
        renamed |= dict.fromkeys(crowd, new)
    if renamed:
        for table, frame in notes.items():
            writer.upsert(table, _renamed(frame, renamed))
    return len(renamed)


def _crowds(rows: Mapping[Path, int], known: Mapping[str, set[str]]) -> Iterator[list[Path]]:
    """Files of one month that belong together, the smallest first as far as they fit."""
    months: dict[str, list[Path]] = {}
    for path in sorted(rows, key=lambda path: (rows[path], path.name)):
        month = partition_of(path, "month")
        held = sum(rows[other] for other in months.get(month, ()))
        if rows[path] < SMALL and path.name in known.get(month, ()) and held + rows[path] <= MOST:
            months.setdefault(month, []).append(path)
    yield from (paths for _, paths in sorted(months.items()) if len(paths) >= MANY)


def _known(notes: Iterable[pl.DataFrame]) -> dict[str, set[str]]:
    """Of each month the names of the files that all notes know."""
    known: dict[str, set[str]] = {}
    for number, frame in enumerate(notes):
        names = {month: set(json.loads(files)) for month, files in frame.select("month", "files").rows()}
        known = {
            month: found & known.get(month, set()) if number else found for month, found in names.items()
        }
    return known


def _renamed(notes: pl.DataFrame, renamed: Mapping[Path, Sequence[Path]]) -> pl.DataFrame:
    """The notes of months with new files."""
    new = {path.name: [other.name for other in others] for path, others in renamed.items()}
    months = notes.filter(pl.col("month").is_in({partition_of(path, "month") for path in renamed}))
    files = [
        json.dumps(sorted({other for name in json.loads(names) for other in new.get(name, [name])}))
        for names in months["files"]
    ]
    return months.with_columns(pl.Series("files", files, dtype=pl.String))
