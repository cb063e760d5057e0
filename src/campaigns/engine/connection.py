"""The one place that opens DuckDB: in memory, over the files of one snapshot, and locked."""

from __future__ import annotations

import atexit
import re
import threading
import weakref
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

import duckdb
import polars as pl

from campaigns.engine.failures import may_be_a_file, translate
from campaigns.engine.frames import Stream, from_relation
from campaigns.engine.views import VIEWS, Hidden, columns_of, named, over_files, quoted
from campaigns.lake.schemas import TABLES, empty
from campaigns.lake.snapshot import Snapshot

_WORD = re.compile(r"\w+")
_SPILL = "50GB"
_LIVE: weakref.WeakSet[Engine] = weakref.WeakSet()


class Engine:
    """One locked connection over one snapshot. One thread at a time may use it; others wait."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        tables: Collection[str] = VIEWS,
        masked: Mapping[str, Collection[str]] | None = None,
        hidden: Hidden | None = None,
        memory_limit: str = "8GB",
        threads: int | None = None,
    ) -> None:
        self.snapshot = snapshot
        self._hidden = hidden or {}
        self._visible = frozenset(tables)
        self._masked = masked or {}
        self._frames: dict[str, pl.DataFrame] = {}
        self._views: set[str] = set()
        self._turn = threading.RLock()
        self._database = duckdb.connect(":memory:")
        self._lock_down(memory_limit, threads)
        _LIVE.add(self)

    @property
    def tables(self) -> tuple[str, ...]:
        """The names that queries may use: tables of the lake and registered frames."""
        return tuple(sorted({*self._visible, *self._frames}))

    def register(self, name: str, frame: pl.DataFrame) -> None:
        """Show a frame as a view; a second one of that name takes its place, a table's too."""
        with self._turn:
            if name in self._views:
                self._database.execute(f"DROP VIEW {named(name)}")
                self._views.discard(name)
            self._frames[name] = frame
            self._database.register(name, Stream(frame))

    def query(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, seconds: float | None = None
    ) -> pl.DataFrame:
        """The rows of one SELECT; `$name` in it is taken from the parameters.

        Whole sums come as Int64, decimals as Float64, times as Datetime("us", "UTC"), intervals as text.

        Raises:
            UserError: ENG002 the query is wrong, ENG003 it took more than `seconds`, ENG004 it needs too much
                memory, ENG006 a value does not fit; the text quotes no value.
            Refused: ENG005, it reaches outside the snapshot's files.
            DataDamaged, SnapshotRevoked: as `Snapshot.files`.
        """
        with self._running(sql, seconds):
            return from_relation(self._database.sql(sql, params=_plain(parameters)))

    def execute(
        self, sql: str, parameters: Mapping[str, object] | None = None, *, seconds: float | None = None
    ) -> None:
        """Run a statement without rows, such as `CREATE TEMP TABLE … AS …`. Raises as `query`."""
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
            names = self._names(sql)
            try:
                self._show(names)
                with self._time(seconds):
                    yield
            except (duckdb.Error, pl.exceptions.PolarsError) as error:
                if may_be_a_file(error):
                    for name in sorted(names & self._visible):
                        self.snapshot.recheck(name)
                raise translate(error) from None

    @contextmanager
    def _time(self, seconds: float | None) -> Iterator[None]:
        if seconds is None:
            yield
            return
        timer = threading.Timer(seconds, self._database.interrupt)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _names(self, sql: str) -> frozenset[str]:
        return frozenset(_WORD.findall(sql.lower())) & TABLES.keys()

    def _show(self, names: Collection[str]) -> None:
        """Make views of the lake's tables that a query names and that are not there yet."""
        for name in sorted(set(names) & self._visible - self._views - self._frames.keys()):
            table, files = TABLES[name], self.snapshot.files(name)
            if files:
                present = {row[0] for row in self._database.execute(columns_of(table, files)).fetchall()}
                self._database.execute(
                    over_files(table, files, present, self._masked.get(name, ()), self._hidden)
                )
            else:
                self._database.register(name, Stream(empty(name)))
            self._views.add(name)

    def _lock_down(self, memory_limit: str, threads: int | None) -> None:
        """Only the snapshot's files, no others, no network, no extensions, and no way back."""
        allowed = [path for table in sorted(self._visible) for path in self.snapshot.paths(table)]
        settings = {
            "allowed_paths": f"[{', '.join(quoted(path) for path in allowed)}]",
            "temp_directory": quoted(self.snapshot.spill or ""),
            "max_temp_directory_size": quoted(_SPILL),
            "memory_limit": quoted(memory_limit),
            "TimeZone": quoted("UTC"),
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
            self._database.execute(f"SET {name} = {value}")
        self._database.execute("SET lock_configuration = true")


@contextmanager
def connect(
    snapshot: Snapshot,
    *,
    frames: Mapping[str, pl.DataFrame] | None = None,
    tables: Collection[str] = VIEWS,
    masked: Mapping[str, Collection[str]] | None = None,
    hidden: Hidden | None = None,
    memory_limit: str = "8GB",
    threads: int | None = None,
) -> Iterator[Engine]:
    """A locked connection over a snapshot.

    Args:
        frames: views beside the lake's tables, such as those from the ledger.
        tables: the lake's tables that queries may name.
        masked: columns of tables whose values are shown as `***`, such as `{"persons": ["last_name"]}`.
        hidden: of a controller, the sources whose rows are as if they were not there.
    """
    engine = Engine(
        snapshot, tables=tables, masked=masked, hidden=hidden, memory_limit=memory_limit, threads=threads
    )
    try:
        for name, frame in (frames or {}).items():
            engine.register(name, frame)
        yield engine
    finally:
        engine.close()


def _plain(parameters: Mapping[str, object] | None) -> dict[str, object] | None:
    return dict(parameters) if parameters else None


@atexit.register
def _close_all() -> None:
    for engine in list(_LIVE):
        engine.close()
