"""What changes the lake: many commits under one lock, one snapshot at the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import deltalake
import polars as pl

from campaigns.lake import delta, frames, manifests, parquet
from campaigns.lake.files import checksum, settle
from campaigns.lake.manifests import DataFile, Manifest
from campaigns.lake.schemas import TABLES

_CROWD = 16  # small files of one partition, from which on they are written as one
_SMALL = 500_000  # rows


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

    def seen(self, table: str, transaction: str) -> bool:
        """Whether rows with that transaction id (such as `persons:<sha256>`) are already in the table."""
        return delta.has_transaction(self._open(table), transaction)

    def files(self, table: str) -> tuple[Path, ...]:
        """The Parquet files of the newest commit, in a fixed order."""
        return tuple(self._rows_of(table))

    def frame(
        self, table: str, columns: Sequence[str] | None = None, *, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        """The newest state of the table, in the order of partition and keys; `where` keeps some rows.

        Raises:
            DataDamaged: LAK004, a file or the log is missing or broken.
        """
        return self._read(table, self.files(table), columns, where)

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Add rows whose keys are not in the table yet.

        Raises:
            WrongFrame: the frame does not fit the table. LakeUnwritable: the disk is full or read-only.
        """
        new = frames.conform(frame, TABLES[table])
        small = self._crowd(table, new)
        self._commit(table, self._together(table, small, new), small, transaction)

    def upsert(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Replace the rows that have the same keys, add the others. Raises as `append`."""
        spec = TABLES[table]
        new = frames.conform(frame, spec)
        keys = list(spec.keys)
        hit = [
            path
            for path in frames.within(self.files(table), spec, new)
            if _overlap(self._read(table, [path], keys), new.select(keys))
        ]
        if not hit:
            self.append(table, new, transaction=transaction)
            return
        kept = self._read(table, hit).join(new, on=keys, how="anti", nulls_equal=True)
        self._commit(table, frames.conform(pl.concat([kept, new]), spec), hit, transaction)

    def replace(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Put these rows in place of the whole table. Raises as `append`."""
        self._commit(table, frames.conform(frame, TABLES[table]), self.files(table), transaction)

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
        self._commit(table, new, frames.inside(self.files(table), partitions), transaction)

    def remove(self, table: str, where: pl.Expr, *, transaction: str | None = None) -> int:
        """Take out the rows for which `where` is true, and say how many. Raises as `append`.

        Old files keep them until `vacuum`; the log tells nothing about them.
        """
        spec = TABLES[table]
        rows = self._rows_of(table)
        leaving = where.fill_null(value=False)
        hit = [path for path in rows if not self._read(table, [path], spec.keys[:1], leaving).is_empty()]
        kept = self._read(table, hit, where=~leaving)
        self._commit(table, kept, hit, transaction)
        return sum(rows[path] for path in hit) - len(kept)

    def allocate(self, counter: str, count: int) -> range:
        """The next `count` ids of a counter (such as `person_id:lahti_energia`), from 1, never given twice.

        They are recorded by the next commit, together with the rows that use them.
        """
        last = self._last(counter)
        self._counters[counter] = self._given[counter] = last + count
        return range(last + 1, last + count + 1)

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

    def _crowd(self, table: str, new: pl.DataFrame) -> list[Path]:
        """The small files beside the new rows, when there are so many that they should be written as one."""
        rows = self._rows_of(table)
        small = [path for path in frames.within(list(rows), TABLES[table], new) if rows[path] < _SMALL]
        return small if len(small) >= _CROWD * len({path.parent for path in small}) > 0 else []

    def _together(self, table: str, small: Sequence[Path], new: pl.DataFrame) -> pl.DataFrame:
        return frames.conform(pl.concat([self._read(table, small), new]), TABLES[table]) if small else new

    def _commit(
        self, table: str, frame: pl.DataFrame, removing: Collection[Path], transaction: str | None
    ) -> None:
        """Write the files, then the log entry that puts them in place of others."""
        self._open(table)  # so that nothing is built on a damaged table
        folder = self._folders[table]
        if frame.is_empty() and not removing and transaction is None and self._opened.get(table):
            return
        with folder.writing():
            adding = parquet.write(frame, TABLES[table], folder.path)
        folder.commit(
            adding=adding,
            removing=[path.relative_to(folder.path).as_posix() for path in removing],
            transaction=transaction,
            counters=self._given,
            now=self._clock(),
        )
        self._written |= {folder.path / written.file.path: written.file for written in adding}
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


def _overlap(there: pl.DataFrame, new: pl.DataFrame) -> bool:
    return not there.join(new, on=there.columns, how="semi", nulls_equal=True).is_empty()
