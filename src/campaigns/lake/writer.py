"""What changes the lake: many commits under one lock, one snapshot at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import deltalake
import polars as pl

from campaigns.lake import delta, frames, manifests
from campaigns.lake.files import PRIVATE_FILE, PRIVATE_FOLDER, checksum, sync, walk
from campaigns.lake.manifests import DataFile, Manifest
from campaigns.lake.schemas import TABLES, Table


class Writer:
    """The lake's only writer while it lives; it sees its own commits.

    Commits of a writer that died are part of the newest state: their transaction ids are `seen`, and the next
    snapshot holds them.
    """

    def __init__(self, root: Path, base: Manifest) -> None:
        self._root = root
        self._base = base
        self._folders = {name: delta.DeltaFolder(root, table) for name, table in TABLES.items()}
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
        folder = self._folders[table].path
        return tuple(folder / path for path in sorted(delta.files_of(opened)))

    def frame(
        self, table: str, columns: Sequence[str] | None = None, *, where: pl.Expr | None = None
    ) -> pl.DataFrame:
        """The newest state of the table, in the order of partition and keys; `where` keeps some rows."""
        wanted = list(TABLES[table].schema) if columns is None else list(columns)
        lazy = frames.scan(self.files(table), TABLES[table])
        if where is not None:
            lazy = lazy.filter(where)
        return self._collect(table, lazy).select(wanted)

    def append(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Add rows whose keys are not in the table yet."""
        self._write(table, frames.conform(frame, TABLES[table]), transaction=transaction)

    def upsert(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Replace the rows that have the same keys, add the others."""
        spec = TABLES[table]
        new = frames.conform(frame, spec)
        touched = self._touching(table, new)
        keys = list(spec.keys)
        before = self._collect(table, touched.select(keys)).join(new, on=keys, how="semi", nulls_equal=True)
        if before.is_empty():
            self._write(table, new, transaction=transaction)
            return
        kept = self._collect(table, touched).join(new, on=keys, how="anti", nulls_equal=True)
        whole = frames.conform(pl.concat([kept, new]), spec)
        self._write(table, whole, mode="overwrite", predicate=_partitions(spec, new), transaction=transaction)

    def replace(self, table: str, frame: pl.DataFrame, *, transaction: str | None = None) -> None:
        """Put these rows in place of the whole table."""
        whole = frames.conform(frame, TABLES[table])
        self._write(table, whole, mode="overwrite", transaction=transaction)

    def replace_where(
        self,
        table: str,
        frame: pl.DataFrame,
        *,
        partitions: Mapping[str, Sequence[str]],
        transaction: str | None = None,
    ) -> None:
        """Put these rows in place of whole partitions, such as `{"month": ["2026-10", "2026-11"]}`."""
        predicate = " AND ".join(delta.equals_any(column, values) for column, values in partitions.items())
        whole = frames.conform(frame, TABLES[table])
        self._write(table, whole, mode="overwrite", predicate=predicate, transaction=transaction)

    def allocate(self, counter: str, count: int) -> range:
        """The next `count` ids of a counter (such as `person_id:lahti_energia`), from 1, never given twice.

        They are recorded by the next commit, together with the rows that use them.
        """
        last = self._last(counter)
        self._counters[counter] = last + count
        self._given[counter] = last + count
        return range(last + 1, last + count + 1)

    def publish(self, now: datetime) -> Manifest:
        """Make everything committed so far one snapshot; the old one stays when nothing changed."""
        opened = {name: table for name in TABLES if (table := self._open(name)) is not None}
        versions = {name: table.version() for name, table in opened.items()}
        counters = dict(self._base.counters) | self._counters
        if versions == self._base.versions and counters == self._base.counters:
            return self._base
        manifest = Manifest(
            number=self._base.number + 1,
            taken_at=now,
            versions=versions,
            files={name: self._settled(name, table) for name, table in opened.items()},
            counters=counters,
        )
        manifests.publish(self._root, manifest)
        return manifest

    def _open(self, table: str) -> deltalake.DeltaTable | None:
        return self._folders[table].open()

    def _write(self, table: str, frame: pl.DataFrame, **how: object) -> None:
        mode = how.pop("mode", "append")
        self._folders[table].write(frame, mode=mode, counters=self._given, **how)  # type: ignore[arg-type]
        self._given = {}

    def _touching(self, table: str, new: pl.DataFrame) -> pl.LazyFrame:
        spec = TABLES[table]
        lazy = frames.scan(self.files(table), spec)
        for column in spec.partition_by:
            lazy = lazy.filter(pl.col(column).is_in(new[column].unique().to_list()))
        return lazy

    def _collect(self, table: str, lazy: pl.LazyFrame) -> pl.DataFrame:
        try:
            return lazy.collect()
        except (pl.exceptions.PolarsError, OSError):
            raise delta.damaged(table, None, "a file cannot be read", self._folders[table].path) from None

    def _last(self, counter: str) -> int:
        if counter in self._counters:
            return self._counters[counter]
        recorded = (delta.last_of(self._open(table), counter) for table in TABLES)
        return max(self._base.counters.get(counter, 0), *recorded)

    def _settled(self, name: str, table: deltalake.DeltaTable) -> tuple[DataFile, ...]:
        """The files of the open version, on disk for certain, private, and with checksums."""
        known = {file.path: file for file in self._base.files.get(name, ())}
        folder = self._folders[name].path
        if table.version() != self._base.versions.get(name):
            _settle(folder)
        return tuple(
            known.get(path) or DataFile(path=path, bytes=size, rows=rows, crc32=checksum(folder / path))
            for path, (size, rows) in sorted(delta.files_of(table).items())
        )


def _settle(folder: Path) -> None:
    """Private modes, and fsync of what delta-rs wrote without waiting for the disk."""
    for entry in walk(folder):
        path = Path(entry.path)
        is_folder = entry.is_dir(follow_symlinks=False)
        mode = PRIVATE_FOLDER if is_folder else PRIVATE_FILE
        if entry.stat(follow_symlinks=False).st_mode & 0o777 != mode or is_folder:
            path.chmod(mode)  # a mode of ours marks what was synced before
            sync(path)
    folder.chmod(PRIVATE_FOLDER)
    sync(folder)


def _partitions(spec: Table, frame: pl.DataFrame) -> str | None:
    clauses = [
        delta.equals_any(column, frame[column].unique().sort().to_list()) for column in spec.partition_by
    ]
    return " AND ".join(clauses) or None
