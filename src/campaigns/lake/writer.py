"""What changes the lake: many commits under one lock, one snapshot at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal

import deltalake
import polars as pl

from campaigns.lake import delta, frames, manifests
from campaigns.lake.files import checksum, settle
from campaigns.lake.manifests import DataFile, Manifest
from campaigns.lake.schemas import TABLES, Table

_CROWD = 16  # files of one partition, from which on they are written as one


class Writer:
    """The lake's only writer while it lives; it sees its own commits.

    Commits of a writer that died are part of the newest state: their transaction ids are `seen`, and the next
    snapshot holds them.
    """

    def __init__(self, root: Path, base: Manifest) -> None:
        self._root = root
        self._base = base
        self._folders = {name: delta.DeltaFolder(root, table) for name, table in TABLES.items()}
        self._opened: dict[str, deltalake.DeltaTable] = {}
        self._counters: dict[str, int] = {}
        self._given: dict[str, int] = {}  # counters to record with the next commit

    def seen(self, table: str, transaction: str) -> bool:
        """Whether rows with that transaction id (such as `persons:<sha256>`) are already in the table."""
        return delta.has_transaction(self._open(table), transaction)

    def files(self, table: str) -> tuple[Path, ...]:
        """The Parquet files of the newest commit, in a fixed order."""
        opened = self._open(table)
        if opened is None:
            return ()
        return tuple(self._folders[table].path / path for path in sorted(delta.files_of(opened)))

    def frame(
        self, table: str, columns: Sequence[str] | None = None, *, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        """The newest state of the table, in the order of partition and keys; `where` keeps some rows.

        Raises:
            DataDamaged: LAK004, a file or the log is missing or broken.
        """
        return frames.read(self.files(table), TABLES[table], columns=columns, where=where, lost=self._lost)

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Add rows whose keys are not in the table yet.

        Raises:
            WrongFrame: the frame does not fit the table. LakeUnwritable: the disk is full or read-only.
        """
        self._add(table, frames.conform(frame, TABLES[table]), transaction)

    def upsert(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Replace the rows that have the same keys, add the others. Raises as `append`."""
        spec = TABLES[table]
        new = frames.conform(frame, spec)
        keys = list(spec.keys)
        before = self._beside(table, new, keys).join(new, on=keys, how="semi", nulls_equal=True)
        if before.is_empty():
            self._add(table, new, transaction)
            return
        kept = self._beside(table, new).join(new, on=keys, how="anti", nulls_equal=True)
        self._rewrite(table, kept, new, transaction)

    def replace(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Put these rows in place of the whole table. Raises as `append`."""
        self._write(table, frames.conform(frame, TABLES[table]), "overwrite", None, transaction)

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
        predicate = " AND ".join(delta.equals_any(column, values) for column, values in partitions.items())
        self._write(table, new, "overwrite", predicate, transaction)

    def allocate(self, counter: str, count: int) -> range:
        """The next `count` ids of a counter (such as `person_id:lahti_energia`), from 1, never given twice.

        They are recorded by the next commit, together with the rows that use them.
        """
        last = self._last(counter)
        self._counters[counter] = self._given[counter] = last + count
        return range(last + 1, last + count + 1)

    def publish(self, now: datetime) -> Manifest:
        """Make everything committed so far one snapshot; the old one stays when nothing changed."""
        opened = {name: table for name in TABLES if (table := self._open(name)) is not None}
        versions = {name: table.version() for name, table in opened.items()}
        counters = dict(self._base.counters) | self._counters
        if versions == self._base.versions and counters == self._base.counters:
            return self._base
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

    def _add(self, table: str, new: pl.DataFrame, transaction: str | None) -> None:
        """Append, or write small files and the new rows as one when many have gathered."""
        beside = frames.within(self.files(table), TABLES[table], new)
        partitions = {path.parent for path in beside}
        if len(beside) >= _CROWD * max(1, len(partitions)):
            self._rewrite(table, self._beside(table, new), new, transaction)
        else:
            self._write(table, new, "append", None, transaction)

    def _rewrite(self, table: str, kept: pl.DataFrame, new: pl.DataFrame, transaction: str | None) -> None:
        spec = TABLES[table]
        whole = frames.conform(pl.concat([kept, new]), spec)
        self._write(table, whole, "overwrite", _partitions_of(new, spec), transaction)

    def _beside(self, table: str, new: pl.DataFrame, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of the partitions that the new ones fall into."""
        spec = TABLES[table]
        return frames.read(
            frames.within(self.files(table), spec, new), spec, columns=columns, lost=self._lost
        )

    def _write(
        self,
        table: str,
        frame: pl.DataFrame,
        mode: Literal["append", "overwrite"],
        predicate: str | None,
        transaction: str | None,
    ) -> None:
        self._open(table)  # so that nothing is built on a damaged table
        self._opened.pop(table, None)
        self._folders[table].write(
            frame, mode=mode, predicate=predicate, transaction=transaction, counters=self._given
        )
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
        """The files of the open version, on disk for certain, private, and with checksums."""
        folder = self._folders[name].path
        known = {file.path: file for file in self._base.files.get(name, ())}
        if table.version() != self._base.versions.get(name):
            settle(folder, known)
        return tuple(
            known.get(path) or DataFile(path=path, bytes=size, rows=rows, crc32=checksum(folder / path))
            for path, (size, rows) in sorted(delta.files_of(table).items())
        )

    def _lost(self, table: str, what: str) -> Exception:
        opened = self._opened.get(table)
        return delta.damaged(
            table, None if opened is None else opened.version(), what, self._folders[table].path
        )


def _partitions_of(frame: pl.DataFrame, spec: Table) -> str | None:
    clauses = [
        delta.equals_any(column, frame[column].unique().sort().to_list()) for column in spec.partition_by
    ]
    return " AND ".join(clauses) or None
