"""What readers hold: versions of all tables that belong together, for as long as they want."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType

import polars as pl

from campaigns import errors
from campaigns.lake import frames
from campaigns.lake.delta import DeltaFolder, damaged
from campaigns.lake.files import checksum
from campaigns.lake.leases import Lease
from campaigns.lake.manifests import DataFile, Manifest
from campaigns.lake.schemas import TABLES


class SnapshotRevoked(errors.UserError):
    """An erasure took this snapshot away; open the newest one."""


class Snapshot:
    """The lake as it was at one commit. A context manager; also closed by the end of the process."""

    def __init__(self, root: Path, manifest: Manifest, lease: Lease | None) -> None:
        self.root = root
        self._manifest = manifest
        self._lease = lease
        self._checked: set[str] = set()

    @property
    def number(self) -> int:
        """1 for the first commit; 0 when nothing was ever written."""
        return self._manifest.number

    @property
    def versions(self) -> dict[str, int]:
        """The Delta version of each table."""
        return dict(self._manifest.versions)

    @property
    def taken_at(self) -> datetime:
        """When it was published."""
        return self._manifest.taken_at

    @property
    def spill(self) -> Path | None:
        """A folder for temporary files that disappears with this reader; None when the disk is read-only."""
        return None if self._lease is None else self._lease.spill

    def has(self, table: str) -> bool:
        """Whether the table was ever written."""
        return table in self._manifest.versions

    def rows(self, table: str) -> int:
        """How many rows the table has, without reading it."""
        return self._manifest.rows(table)

    def changed(self, table: str) -> datetime | None:
        """When a commit last changed the table."""
        return self._manifest.changed.get(table)

    def files(self, table: str) -> tuple[Path, ...]:
        """The Parquet files of the table, in a fixed order, checked at first use.

        Checked are the log, the presence and size of every file, and all bytes of tables about people, where
        a changed bit could change who gets a message; `verify` reads the bytes of all tables.

        Raises:
            DataDamaged: LAK004, the log or a file is missing or not as it was written.
            SnapshotRevoked: LAK005, an erasure needed the files gone.
        """
        found = self._manifest.files.get(table, ())
        paths = tuple(self.root / table / file.path for file in found)
        if table not in self._checked and self.has(table):
            DeltaFolder(self.root, TABLES[table]).check(self._manifest.versions[table], found)
            for path, file in zip(paths, found, strict=True):
                self._check(table, path, file)
            self._checked.add(table)
        return paths

    def paths(self, table: str) -> tuple[Path, ...]:
        """As `files`, unchecked: for allowing, not for reading."""
        return tuple(self.root / table / file.path for file in self._manifest.files.get(table, ()))

    def frame(self, table: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The table as a frame, rows in the order of partition and keys; empty when it was never written.

        Raises:
            DataDamaged, SnapshotRevoked: as `files`.
        """
        frame = frames.read(self.files(table), TABLES[table], columns=columns, lost=self._lost)
        if len(frame) != self.rows(table):
            raise self._lost(table, f"its files have {len(frame)} rows instead of {self.rows(table)}")
        return frame

    def rows_in(
        self,
        table: str,
        paths: Sequence[Path],
        columns: Sequence[str] | None = None,
        *,
        where: pl.Expr | None = None,
    ) -> pl.DataFrame:
        """As `frame`, of some of the table's `files` only; `where` keeps some rows."""
        return frames.read(paths, TABLES[table], columns=columns, where=where, lost=self._lost)

    def newest(self, table: str, column: str) -> date | datetime | None:
        """The greatest day or moment in a column; None without rows."""
        found: date | datetime | None = frames.greatest(
            self.files(table), TABLES[table], column, lost=self._lost
        )
        return found

    def verify(self) -> None:
        """Read every byte of every file and compare with what was written.

        Raises:
            DataDamaged, SnapshotRevoked: as `files`.
        """
        for table in self._manifest.versions:
            self.recheck(table)

    def recheck(self, table: str) -> None:
        """As `verify`, for one table: finds out why it could not be read."""
        self._checked.discard(table)
        for path, file in zip(self.files(table), self._manifest.files.get(table, ()), strict=True):
            self._compare(table, path, file)

    def close(self) -> None:
        """Let vacuum have the files."""
        if self._lease is not None:
            self._lease.release()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, table: str, path: Path, file: DataFile) -> None:
        try:
            size = path.stat(follow_symlinks=False).st_size
        except OSError:
            raise self._lost(table, "a file is missing", path) from None
        if size != file.bytes:
            raise self._lost(table, f"a file has {size} bytes instead of {file.bytes}", path)
        if TABLES[table].personal:
            self._compare(table, path, file)

    def _compare(self, table: str, path: Path, file: DataFile) -> None:
        try:
            found = checksum(path)
        except OSError:
            raise self._lost(table, "a file cannot be read", path) from None
        if found != file.crc32:
            raise self._lost(table, "a file has other bytes than were written", path)

    def _lost(self, table: str, what: str, path: Path | str = "") -> errors.UserError:
        if self._lease is not None and self._lease.revoked:
            return SnapshotRevoked(
                "LAK005",
                f"Snapshot {self.number} was withdrawn because a person's data was erased.",
                hint="Open the newest snapshot and run again.",
            )
        return damaged(table, self._manifest.versions[table], what, path)
