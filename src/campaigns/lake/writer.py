"""What changes the lake: many commits under one lock, one snapshot at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import deltalake
import numpy as np
import polars as pl

from campaigns.lake import delta, frames, manifests, parquet
from campaigns.lake.files import checksum, settle
from campaigns.lake.manifests import DataFile, Manifest
from campaigns.lake.parquet import Written
from campaigns.lake.schemas import TABLES, Table

Merge = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]

_CROWD = 16  # small files of one partition, from which on they are written as one
_SMALL = 200_000  # rows
_MANY_RUNS = 5_000  # of rows that are replaced, from which on a file is sorted again


def _newer(known: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    del known
    return new


class Writer:
    """The lake's only writer while it lives; it sees its own commits.

    Commits of a writer that died are part of the newest state: their transaction ids are `seen`, and the next
    snapshot holds them.
    """

    def __init__(self, root: Path, base: Manifest, clock: Callable[[], datetime]) -> None:
        self._root = root
        self._base = base
        self._clock = clock
        self._folders = {name: delta.DeltaFolder(root, table) for name, table in TABLES.items()}
        self._opened: dict[str, deltalake.DeltaTable] = {}
        self._written: dict[Path, DataFile] = {}
        self._counters: dict[str, int] = {}
        self._given: dict[str, int] = {}  # counters to record with the next commit
        self._guard: Callable[[], None] | None = None

    @contextmanager
    def guarded(self, guard: Callable[[], None]) -> Iterator[None]:
        """`guard` is called before the first commit within, and may raise: then nothing was committed."""
        self._guard = guard
        try:
            yield
        finally:
            self._guard = None

    def seen(self, table: str, transaction: str) -> bool:
        """Whether rows with that transaction id (such as `persons:<sha256>`) are already in the table."""
        return delta.has_transaction(self._open(table), transaction)

    def files(self, table: str) -> tuple[Path, ...]:
        """The Parquet files of the newest commit, in a fixed order."""
        return tuple(self._rows_of(table))

    def rows_by_file(self, table: str) -> dict[Path, int]:
        """How many rows each of its `files` has; nothing is read."""
        return self._rows_of(table)

    def count(self, table: str) -> int:
        """How many rows the newest commit has; nothing is read."""
        return sum(self._rows_of(table).values())

    def frame(
        self, table: str, columns: Sequence[str] | None = None, *, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        """The newest state of the table, in the order of partition and keys; `where` keeps some rows.

        Raises:
            DataDamaged: LAK004, a file or the log is missing or broken.
        """
        return self._read(table, self.files(table), columns, where)

    def rows_in(
        self,
        table: str,
        paths: Sequence[Path],
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """As `frame`, of some of the table's `files` only."""
        return self._read(table, paths, columns, where)

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Add rows whose keys are not in the table yet.

        Raises:
            WrongFrame: the frame does not fit the table. LakeUnwritable: the disk is full or read-only.
        """
        self._put(table, frame, transaction, None)

    def upsert(
        self,
        table: str,
        frame: pl.DataFrame,
        *,
        transaction: str | None = None,
        merge: Merge = _newer,
    ) -> None:
        """Replace the rows that have the same keys, add the others. Raises as `append`.

        `merge` makes what stands from known and new rows of the same keys, both in order; else the new ones.
        """
        self._put(table, frame, transaction, merge)

    def replace(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Put these rows in place of the whole table. Raises as `append`."""
        adding = self._save(table, frames.conform(frame, TABLES[table]))
        self._commit(table, adding, self.files(table), transaction)

    def replace_where(
        self,
        table: str,
        frame: pl.DataFrame,
        *,
        partitions: Mapping[str, Sequence[str]],
        transaction: str | None = None,
    ) -> None:
        """Put these rows in place of whole partitions, such as `{"month": ["2026-10", "2026-11"]}`.

        Raises:
            WrongFrame: a row lies outside those partitions; otherwise as `append`.
        """
        new = frames.conform(frame, TABLES[table])
        for column, values in partitions.items():
            if not new[column].is_in(list(values)).all():
                raise frames.WrongFrame(f"a row for {table} lies outside the {column}s that are replaced")
        removing = frames.inside(self.files(table), partitions)
        self._commit(table, self._save(table, new), removing, transaction)

    def compact(self, table: str, paths: Sequence[Path]) -> tuple[Path, ...]:
        """Write some files of one partition as one, or as few as hold their rows; the new ones.

        No row changes, and the log says so. Raises as `append`.
        """
        adding = self._save(table, frames.conform(self._read(table, paths), TABLES[table]))
        self._commit(table, adding, paths, None, data_change=False)
        return tuple(self._folders[table].path / written.file.path for written in adding)

    def remove(self, table: str, where: pl.Expr, *, transaction: str | None = None) -> int:
        """Take out the rows for which `where` is true, and say how many. Raises as `append`.

        Old files keep them until `vacuum`; the log tells nothing about them.
        """
        leaving = where.fill_null(value=False)
        adding: list[Written] = []
        removing: list[Path] = []
        gone = 0
        for path in self.files(table):
            if count := len(self._read(table, [path], TABLES[table].keys[:1], leaving)):
                adding += self._save(table, self._read(table, [path], where=~leaving))
                removing.append(path)
                gone += count
        self._commit(table, adding, removing, transaction)
        return gone

    def allocate(self, counter: str, count: int) -> range:
        """The next `count` ids of a counter (such as `person_id:lahti_energia`), from 1, never given twice.

        They are recorded by the next commit, together with the rows that use them.
        """
        last = self._last(counter)
        self._counters[counter] = self._given[counter] = last + count
        return range(last + 1, last + count + 1)

    def last(self, counter: str) -> int:
        """The last id that a counter has given, 0 when none."""
        return self._last(counter)

    def publish(self) -> Manifest:
        """Make everything committed so far one snapshot; the old one stays when nothing changed."""
        opened = {name: table for name in TABLES if (table := self._open(name)) is not None}
        versions = {name: table.version() for name, table in opened.items()}
        counters = dict(self._base.counters) | self._counters
        if versions == self._base.versions and counters == self._base.counters:
            return self._base
        now = self._clock()
        self._base = Manifest(
            number=self._base.number + 1,
            taken_at=now,
            versions=versions,
            files={name: self._settled(name, table) for name, table in opened.items()},
            changed={
                name: self._base.changed[name] if version == self._base.versions.get(name) else now
                for name, version in versions.items()
            },
            counters=counters,
        )
        manifests.publish(self._root, self._base)
        return self._base

    def _rows_of(self, table: str) -> dict[Path, int]:
        opened = self._open(table)
        files = {} if opened is None else delta.files_of(opened)
        return {self._folders[table].path / path: files[path][1] for path in sorted(files)}

    def _read(
        self,
        table: str,
        paths: Sequence[Path],
        columns: Sequence[str] | None = None,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        return frames.read(paths, TABLES[table], columns=columns, where=where, lost=self._lost)

    def _put(self, table: str, frame: pl.DataFrame, transaction: str | None, merge: Merge | None) -> None:
        """Add rows, partition by partition and file by file: memory holds one file beside the new rows."""
        spec = TABLES[table]
        rows = self._rows_of(table)
        adding: list[Written] = []
        removing: list[Path] = []
        for new in frames.parts(frames.conform(frame, spec), spec):
            beside = frames.within(list(rows), spec, new)
            unplaced = new
            for path in beside if merge is not None else ():
                hit = _hits(self._read(table, [path], spec.keys), unplaced, spec)
                if not hit.is_empty():
                    kept = self._read(table, [path])
                    placed = frames.conform((merge or _newer)(kept[hit["row"]], unplaced[hit["new"]]), spec)
                    adding += self._save(table, _in_place(kept, placed, hit["row"], spec))
                    removing.append(path)
                    unplaced = _without(unplaced, hit["new"])
            if not unplaced.is_empty():
                crowd = _crowd([path for path in beside if path not in removing], rows)
                kept = self._read(table, crowd)
                adding += self._save(table, _together(kept, unplaced, spec) if crowd else unplaced)
                removing += crowd
        self._commit(table, adding, removing, transaction)

    def _save(self, table: str, frame: pl.DataFrame) -> list[Written]:
        folder = self._folders[table]
        self._open(table)  # so that nothing is built on a damaged table
        with folder.writing():
            saved = parquet.write(frame, TABLES[table], folder.path)
        self._written |= {folder.path / written.file.path: written.file for written in saved}
        return saved

    def _commit(
        self,
        table: str,
        adding: Sequence[Written],
        removing: Collection[Path],
        transaction: str | None,
        *,
        data_change: bool = True,
    ) -> None:
        """The log entry that puts files in place of others; none when there is nothing to say."""
        if not adding and not removing and transaction is None:
            return
        if self._guard is not None:
            guard, self._guard = self._guard, None
            guard()
        folder = self._folders[table]
        folder.commit(
            adding=adding,
            removing=[path.relative_to(folder.path).as_posix() for path in removing],
            transaction=transaction,
            counters=self._given,
            now=self._clock(),
            data_change=data_change,
        )
        self._opened.pop(table, None)
        self._given = {}

    def _open(self, table: str) -> deltalake.DeltaTable | None:
        if table not in self._opened:
            opened = self._folders[table].open_over(
                self._base.versions.get(table), self._base.files.get(table, ())
            )
            if opened is None:
                return None
            self._opened[table] = opened
        return self._opened[table]

    def _last(self, counter: str) -> int:
        if counter in self._counters:
            return self._counters[counter]
        recorded = (delta.last_of(self._open(table), counter) for table in TABLES)
        return max(self._base.counters.get(counter, 0), *recorded)

    def _settled(self, name: str, table: deltalake.DeltaTable) -> tuple[DataFile, ...]:
        """The files of the open version with checksums, after the log that names them is on the disk."""
        folder = self._folders[name].path
        known = {folder / file.path: file for file in self._base.files.get(name, ())} | self._written
        if table.version() != self._base.versions.get(name):
            settle(folder / delta.LOG)
        return tuple(
            known.get(folder / path)
            or DataFile(path=path, bytes=size, rows=rows, crc32=checksum(folder / path))
            for path, (size, rows) in sorted(delta.files_of(table).items())
        )

    def _lost(self, table: str, what: str) -> Exception:
        opened = self._opened.get(table)
        version = None if opened is None else opened.version()
        return delta.damaged(table, version, what, self._folders[table].path)


def _hits(keys: pl.DataFrame, new: pl.DataFrame, spec: Table) -> pl.DataFrame:
    """Which `row` of a file has the keys of which `new` one, in the order of the file."""
    wanted = new.select(spec.keys).with_row_index("new")
    rows = keys.with_row_index("row")
    hit = rows.join(wanted, on=list(spec.keys), how="inner", nulls_equal=True)
    return hit.select("row", "new").sort("row")


def _in_place(kept: pl.DataFrame, placed: pl.DataFrame, hit: pl.Series, spec: Table) -> pl.DataFrame:
    """A file's rows with others in the places (`hit`) of those that have their keys.

    Order follows from keys alone, so nothing is sorted: sorting moves the lists of every day.
    """
    rows = hit.to_numpy().astype(np.int64)
    starts = np.flatnonzero(np.r_[True, np.diff(rows) > 1])  # of runs of neighbours
    if len(starts) > _MANY_RUNS:
        return _together(_without(kept, hit), placed, spec)
    pieces, done = [], 0
    for start, end in pairwise([*starts.tolist(), len(rows)]):
        first = int(rows[start])
        pieces += [kept.slice(done, first - done), placed.slice(start, end - start)]
        done = first + end - start
    return pl.concat([*pieces, kept.slice(done)], rechunk=False)


def _without(frame: pl.DataFrame, places: pl.Series) -> pl.DataFrame:
    """All rows but those in these places."""
    mask = np.ones(len(frame), dtype=np.bool_)
    mask[places.to_numpy()] = False
    return frame.filter(pl.Series(mask))


def _together(kept: pl.DataFrame, new: pl.DataFrame, spec: Table) -> pl.DataFrame:
    return frames.conform(pl.concat([kept, new]), spec)


def _crowd(beside: Sequence[Path], rows: Mapping[Path, int]) -> list[Path]:
    """The small files of a partition, when there are so many that they should be written as one."""
    small = [path for path in beside if rows[path] < _SMALL]
    return small if len(small) >= _CROWD else []
