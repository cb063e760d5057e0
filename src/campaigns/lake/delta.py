"""Everything that touches Delta Lake: one table's folder, its versions, and commits to it.

A commit names the files with the rows, the transaction id of the file that they came from and the counters
that gave their ids, all in one log entry: a killed import can be run again and gives the same rows and ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import deltalake
import polars as pl
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from campaigns import errors
from campaigns.lake.files import refuse_link, writing
from campaigns.lake.manifests import DataFile
from campaigns.lake.parquet import Written
from campaigns.lake.schemas import Table, empty

LOG = "_delta_log"
_COUNTER = "counter:"


def damaged(table: str, version: int | None, what: str, file: Path | str = "") -> errors.DataDamaged:
    """The error for a table that cannot be read as it was written."""
    at = "" if version is None else f" at version {version}"
    return errors.DataDamaged(
        "LAK004",
        f"Table {table}{at} is damaged: {what}.",
        file=file,
        hint="Nothing was computed from the rest. Restore it from a backup, or import its files again.",
    )


class DeltaFolder:
    """One table of the lake, as Delta Lake keeps it in `root/NAME`."""

    def __init__(self, root: Path, table: Table) -> None:
        self.table = table
        self.path = root / table.name

    def open(self, version: int | None = None) -> deltalake.DeltaTable | None:
        """The table at a version, the newest by default; None when it was never written.

        Raises:
            DataDamaged: LAK004, the log cannot be read; LAK006, the folder is a symbolic link.
        """
        refuse_link(self.path)
        if not (self.path / LOG).is_dir():
            return None
        try:
            return deltalake.DeltaTable(self.path, version=version)
        except TableNotFoundError:
            if version is None and not any((self.path / LOG).glob("*.json")):
                return None  # killed before the first commit
            raise damaged(self.table.name, version, "its log is not complete", self.path) from None
        except (DeltaError, OSError, ValueError):
            raise damaged(self.table.name, version, "its log cannot be read", self.path) from None

    def open_over(self, version: int | None, files: Sequence[DataFile]) -> deltalake.DeltaTable | None:
        """The newest version, after making sure that the published one still is what was published.

        A log can lose its last lines or files without delta-rs noticing; the table would silently be smaller.

        Raises:
            DataDamaged: LAK004, the log does not lead to the published files.
        """
        newest = self.open()
        if version is None:
            return newest
        if newest is None or newest.version() < version:
            raise damaged(self.table.name, version, "its log ends too early", self.path)
        self._compare(newest if newest.version() == version else self.open(version), version, files)
        return newest

    def check(self, version: int, files: Sequence[DataFile]) -> None:
        """Make sure that the log still names the files of a published version.

        Raises:
            DataDamaged: LAK004, as `open_over`.
        """
        self._compare(self.open(version), version, files)

    def commit(
        self,
        *,
        adding: Sequence[Written],
        removing: Collection[str],
        transaction: str | None,
        counters: Mapping[str, int],
        now: datetime,
        data_change: bool = True,
    ) -> None:
        """One log entry: files in, files out (paths as in the log), transaction id and counters.

        Without `data_change` the files that come hold the rows of those that go.

        Raises:
            LakeUnwritable: LAK008, the disk is full, read-only or refuses.
        """
        marks = [deltalake.Transaction(_COUNTER + name, last) for name, last in counters.items()]
        if transaction is not None:
            marks.append(deltalake.Transaction(transaction, 1))
        with self.writing():
            table = self._made()
            table.create_write_transaction(
                [
                    *(_add(written, data_change) for written in adding),
                    *(_remove(path, now, data_change) for path in removing),
                ],
                mode="append",
                schema=table.schema(),
                partition_by=list(self.table.partition_by),
                commit_properties=deltalake.CommitProperties(app_transactions=marks),
            )

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Whatever the disk, polars or delta-rs says about a write becomes LAK008."""
        with writing(f"Table {self.table.name}", self.path):
            try:
                yield
            except (DeltaError, pl.exceptions.PolarsError) as error:
                raise OSError(type(error).__name__) from None  # its text may quote data

    def _compare(self, opened: deltalake.DeltaTable | None, version: int, files: Sequence[DataFile]) -> None:
        if opened is None or set(files_of(opened)) != {file.path for file in files}:
            raise damaged(self.table.name, version, "its log does not name the published files", self.path)

    def _made(self) -> deltalake.DeltaTable:
        """The table, made first when there is none, with the columns added to schemas.py since."""
        made = self.open() or deltalake.DeltaTable.create(
            self.path,
            schema=empty(self.table.name).schema,
            mode="ignore",
            partition_by=list(self.table.partition_by),
            configuration={
                "delta.dataSkippingStatsColumns": ",".join(self.table.statistics),
                "delta.enableDeletionVectors": "false",
            },
        )
        known = {field.name for field in made.schema().fields}
        wanted = deltalake.Schema.from_arrow(empty(self.table.name).schema)
        if added := [field for field in wanted.fields if field.name not in known]:
            made.alter.add_columns(added)
        return made


def _add(written: Written, data_change: bool) -> AddAction:
    return AddAction(
        path=written.file.path,
        size=written.file.bytes,
        partition_values=dict(written.partition),
        modification_time=written.modified_ms,
        data_change=data_change,
        stats=written.statistics,
    )


def _remove(path: str, now: datetime, data_change: bool) -> RemoveAction:
    at = int(now.timestamp() * 1000)
    return RemoveAction(path=path, data_change=data_change, deletion_timestamp=at)


def has_transaction(table: deltalake.DeltaTable | None, transaction: str) -> bool:
    """Whether the log holds that transaction id."""
    return table is not None and table.transaction_version(transaction) is not None


def last_of(table: deltalake.DeltaTable | None, counter: str) -> int:
    """The last id that commits of this table recorded for a counter, 0 when none."""
    return 0 if table is None else table.transaction_version(_COUNTER + counter) or 0


def files_of(table: deltalake.DeltaTable) -> dict[str, tuple[int, int]]:
    """The Parquet files of the open version: path relative to the table's folder to (bytes, rows)."""
    actions = pl.DataFrame(table.get_add_actions(flatten=True))
    rows = actions.select("path", "size_bytes", "num_records").rows()
    return {path: (size, count) for path, size, count in rows}
