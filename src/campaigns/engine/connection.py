"""The one place that opens DuckDB: in memory, over the files of one snapshot, and locked."""

from __future__ import annotations

import atexit
import re
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from campaigns.engine.failures import translate
from campaigns.engine.frames import Stream, from_arrow
from campaigns.lake.schemas import TABLES, Table, empty
from campaigns.lake.snapshot import Snapshot

_WORD = re.compile(r"\w+")
_LIVE: weakref.WeakSet[Engine] = weakref.WeakSet()


class Engine:
    """One locked connection over one snapshot. One thread at a time may use it; others wait."""

    def __init__(self, snapshot: Snapshot, *, memory_limit: str, threads: int | None) -> None:
        self.snapshot = snapshot
        self._frames: dict[str, pl.DataFrame] = {}
        self._views: set[str] = set()
        self._turn = threading.RLock()
        self._database = duckdb.connect(":memory:")
        _lock_down(self._database, snapshot, memory_limit=memory_limit, threads=threads)
        _LIVE.add(self)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names that queries may use: tables of the lake and registered frames."""
        return tuple(sorted({*TABLES, *self._frames}))

    def register(self, name: str, frame: pl.DataFrame) -> None:
        """Show a frame as a view; a second one of that name takes its place."""
        with self._turn:
            self._frames[name] = frame
            self._database.register(name, Stream(frame))

    def query(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, seconds: float | None = None
    ) -> pl.DataFrame:
        """The rows of one SELECT; `$name` in it is taken from the parameters.

        Whole-number sums come as Int64, decimals as Float64, times as Datetime("us", UTC).

        Raises:
            UserError: ENG002 to ENG006; the text never quotes a value.
        """
        with self._running(sql, seconds):
            return from_arrow(self._database.sql(sql, params=_plain(parameters)))

    def execute(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, seconds: float | None = None
    ) -> None:
        """Run a statement without rows, such as `CREATE TEMP TABLE … AS …`.

        Raises:
            UserError: as `query`.
        """
        with self._running(sql, seconds):
            self._database.execute(sql, _plain(parameters))

    def interrupt(self) -> None:
        """Stop what another thread is running here; it gets ENG003."""
        self._database.interrupt()

    def close(self) -> None:
        """Free its memory and temporary files; the snapshot stays open."""
        with self._turn:
            self._database.close()
            self._frames.clear()
            _LIVE.discard(self)

    @contextmanager
    def _running(self, sql: str, seconds: float | None) -> Iterator[None]:
        with self._turn:
            self._show(sql)
            timer = threading.Timer(seconds, self.interrupt) if seconds is not None else None
            if timer is not None:
                timer.start()
            try:
                yield
            except duckdb.Error as error:
                raise translate(error) from None
            finally:
                if timer is not None:
                    timer.cancel()

    def _show(self, sql: str) -> None:
        """Make views of the lake's tables that the query names and that are not there yet."""
        for name in sorted(
            set(_WORD.findall(sql.lower())) & TABLES.keys() - self._views - self._frames.keys()
        ):
            files = self.snapshot.files(name)
            if files:
                self._database.execute(_view(TABLES[name], files))
            else:
                self._database.register(name, Stream(empty(name)))
            self._views.add(name)


@contextmanager
def connect(
    snapshot: Snapshot,
    *,
    frames: Mapping[str, pl.DataFrame] | None = None,
    memory_limit: str = "8GB",
    threads: int | None = None,
) -> Iterator[Engine]:
    """A locked connection over a snapshot, with frames (from the ledger, say) as views beside its tables."""
    engine = Engine(snapshot, memory_limit=memory_limit, threads=threads)
    try:
        for name, frame in (frames or {}).items():
            engine.register(name, frame)
        yield engine
    finally:
        engine.close()


def _lock_down(
    database: duckdb.DuckDBPyConnection, snapshot: Snapshot, *, memory_limit: str, threads: int | None
) -> None:
    """Only these files, no others, no network, no extensions, and no way back."""
    allowed = [path for table in TABLES for path in snapshot.paths(table)]
    settings = {
        "allowed_paths": f"[{', '.join(_quoted(path) for path in allowed)}]",
        "temp_directory": _quoted(snapshot.spill) if snapshot.spill else "''",
        "max_temp_directory_size": "'20GB'",
        "memory_limit": _quoted(memory_limit),
        "TimeZone": "'UTC'",
        "python_enable_replacements": "false",
        "allow_persistent_secrets": "false",
        "allow_community_extensions": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "enable_external_access": "false",
    }
    if threads is not None:
        settings["threads"] = str(threads)
    for name, value in settings.items():
        database.execute(f"SET {name} = {value}")
    database.execute("SET lock_configuration = true")


def _view(table: Table, files: tuple[Path, ...]) -> str:
    """CREATE VIEW over the files, with the columns and order of schemas.py."""
    columns = ", ".join(f'"{name}"' for name in table.schema)
    listed = ", ".join(_quoted(path) for path in files)
    hive = ""
    if table.partition_by:
        types = ", ".join(f"'{name}': VARCHAR" for name in table.partition_by)
        hive = f", hive_partitioning = true, hive_types = {{{types}}}"
    return (
        f'CREATE TEMP VIEW "{table.name}" AS SELECT {columns} '
        f"FROM read_parquet([{listed}], union_by_name = true{hive})"
    )


def _quoted(text: object) -> str:
    return "'" + str(text).replace("'", "''") + "'"


def _plain(parameters: Mapping[str, object] | None) -> dict[str, object] | None:
    return dict(parameters) if parameters else None


@atexit.register
def _close_all() -> None:
    for engine in list(_LIVE):
        engine.close()
