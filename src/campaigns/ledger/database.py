"""Opening the ledger, and the three ways to talk to it: read, write, write outcomes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from campaigns.errors import Busy, CampaignsError, DataDamaged, UserError
from campaigns.ledger import journal, keys, migrating
from campaigns.ledger.journal import Journal
from campaigns.ledger.tables import clock, meta

if TYPE_CHECKING:
    import polars as pl

BUSY_SECONDS = 30.0
_URL = re.compile(r"^(postgresql)(\+psycopg)?://", re.ASCII)


class Ledger:
    """One ledger. Make it with `Ledger.open`; share it between threads, never across a fork."""

    def __init__(self, url: sa.URL, *, folder: Path, busy_seconds: float = BUSY_SECONDS) -> None:
        self.url = url
        self.folder = folder
        self._busy_seconds = busy_seconds
        self._writing = self._engine("write")
        self._outcomes = self._engine("outcomes")
        self._reading = self._engine("read")
        self._key = b""
        self.identity = ""
        self.origin = "python"  # where what is done comes from, for the audit: cli, web or python
        self.journal: Journal | None = None  # what must outlive this ledger, in a place apart
        self.sendings: Journal | None = None  # when sending began and ended, beside it

    @classmethod
    def open(
        cls,
        url_or_path: str | Path,
        *,
        create: bool = True,
        folder: Path | None = None,
        busy_seconds: float = BUSY_SECONDS,
        origin: str = "python",
        apart: Path | None = None,
        upgrade: bool = False,
    ) -> Ledger:
        """Open a ledger: a path is a SQLite file, a `postgresql://` URL a PostgreSQL database.

        `folder` holds the key file; by default the folder of the SQLite file. With `create` a ledger that
        does not exist is made, with `upgrade` an older one is brought to this version. Raises `UserError`
        LED001 when there is none, LED002 when it is older than this program, LED003 when it is newer;
        `DataDamaged` when its key is lost.
        """
        url = _url(url_or_path)
        path = _path(url)
        home = folder or (path.parent if path else Path("data/ledger"))
        if path and not path.exists():
            if not create:
                raise UserError(
                    "LED001",
                    f"there is no ledger at {path}.",
                    hint="run `campaigns import` or `campaigns demo` first",
                )
            _make_file(path)
        ledger = cls(url, folder=home, busy_seconds=busy_seconds)
        ledger.origin = origin
        if apart is not None:
            ledger.journal = Journal(apart, journal.REFUSALS, ledger)
            ledger.sendings = Journal(apart, journal.SENDINGS, ledger)
        try:
            ledger._start(create=create, upgrade=upgrade)
        except BaseException:
            ledger.dispose()
            raise
        return ledger

    def _start(self, *, create: bool, upgrade: bool) -> None:
        with _plain_errors():
            known = migrating.revision(self._writing) is not None
            if not known:
                if not create:
                    raise UserError(
                        "LED001", "there is no ledger in this database.", hint="run `campaigns upgrade`"
                    )
                self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if upgrade or not known:
                self.upgrade()
            migrating.refuse_other_version(self._writing)
            self._load_identity()

    def _load_identity(self) -> None:
        with self.read() as connection:
            rows = connection.execute(sa.select(meta.c.name, meta.c.value)).all()
        values = {str(row.name): str(row.value) for row in rows}
        self.identity = values["identity"]
        self._key = keys.read(self.folder) if "key_check" in values else keys.create(self.folder)
        check = keys.digest(self._key, "key_check", self.identity)
        if "key_check" not in values:
            with self.write() as connection:
                connection.execute(sa.insert(meta).values(name="key_check", value=check))
        elif values["key_check"] != check:
            raise DataDamaged(
                "LED006",
                f"the key file {self.folder / keys.NAME} belongs to another ledger.",
                hint="restore the key file that was backed up with this ledger",
            )

    @staticmethod
    def of(connection: sa.Connection) -> Ledger:
        """The ledger that a connection belongs to."""
        ledger = connection.get_execution_options()["ledger"]
        if not isinstance(ledger, Ledger):
            raise TypeError("not a connection of a ledger")
        return ledger

    def upgrade(self) -> None:
        """Bring the tables to the newest version; does nothing when they are."""
        migrating.upgrade(self._writing)

    @property
    def is_sqlite(self) -> bool:
        """Embedded, rather than PostgreSQL."""
        return self.url.get_backend_name() == "sqlite"

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that is on the disk when the block ends. One writer at a time on SQLite.

        Raises `Busy` LED010 when another writer holds the ledger for too long.
        """
        with _plain_errors(), self._writing.begin() as connection:
            journal.take(connection)  # of an earlier transaction that failed
            yield connection
            self._keep_apart(connection)

    @contextmanager
    def write_outcomes(self) -> Iterator[sa.Connection]:
        """As `write`, without waiting for the disk: an outcome lost at a power cut becomes `unknown`."""
        with _plain_errors(), self._outcomes.begin() as connection:
            journal.take(connection)
            yield connection
            self._keep_apart(connection)

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One consistent view; never waits for writers, and cannot write."""
        with _plain_errors(), self._reading.begin() as connection:
            yield connection

    def _keep_apart(self, connection: sa.Connection) -> None:
        """Before the commit: a refusal whose transaction then fails is a refusal all the same."""
        lines = journal.take(connection)
        if lines and self.journal is not None:
            try:
                self.journal.append(lines)
            except OSError:
                raise UserError(
                    "LED042",
                    f"{self.journal.path} could not be written, so nothing was recorded.",
                    hint="check the folder `backup.erased_list` of campaigns.yml and its disk",
                ) from None

    def position(self, connection: sa.Connection | None = None) -> int:
        """The position of the newest committed fact that a decision may depend on."""
        if connection is None:
            with self.read() as own:
                return self.position(own)
        return int(connection.execute(_POSITION).scalar_one())

    def take_positions(self, connection: sa.Connection, count: int) -> range:
        """The next `count` positions; they are in force when the writing transaction commits."""
        last = int(connection.execute(_ADVANCE, {"count": count}).scalar_one())
        return range(last - count + 1, last + 1)

    def frame(self, connection: sa.Connection | None, select: sa.Select[Any]) -> pl.DataFrame:
        """The rows of a SELECT as a polars frame with the types of its columns."""
        from campaigns.ledger import frames

        if connection is None:
            with self.read() as own:
                return frames.read(own, select)
        return frames.read(connection, select)

    def digest(self, kind: str, *parts: object) -> str:
        """A keyed digest, 64 hex characters: tells equal things apart without keeping them."""
        return keys.digest(self._key, kind, *parts)

    def address_digest(self, controller: str, channel: str, address: str) -> str:
        """The keyed digest of an address; e-mail, telephone and letter addresses are apart."""
        return keys.address_digest(self.address_key(controller, channel), address)

    def address_key(self, controller: str, channel: str) -> bytes:
        """The 64 bytes that stand before an address in its SHA-256, for digests made inside the engine."""
        return keys.address_key(self._key, controller, channel)

    @property
    def key(self) -> bytes:
        """The key itself, for chains over many rows; never shown, never logged."""
        return self._key

    def scrub(self) -> None:
        """After an erasure: empty SQLite's write-ahead log, which still holds pages as they were.

        On PostgreSQL the rows as they were are removed from their pages; its own log keeps them until the
        server has used it up. Raises `Busy` LED010 when a long reader keeps it from being emptied.
        """
        if not self.is_sqlite:
            with _plain_errors(), self._writing.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM")
            return
        raw: Any = self._writing.raw_connection()  # outside any transaction
        try:
            busy, _, _ = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            raw.close()
        if busy:
            raise _locked()

    def dispose(self) -> None:
        """Close every connection."""
        for engine in (self._writing, self._outcomes, self._reading):
            engine.dispose()

    def _engine(self, role: str) -> sa.Engine:
        make = _sqlite if self.is_sqlite else _postgresql
        return make(self.url, role, self._busy_seconds).execution_options(ledger=self)


_POSITION = sa.select(clock.c.position).where(clock.c.id == 1)
_ADVANCE = (
    sa.update(clock)
    .where(clock.c.id == 1)
    .values(position=clock.c.position + sa.bindparam("count", type_=sa.BigInteger))
    .returning(clock.c.position)
)


def _url(url_or_path: str | Path) -> sa.URL:
    text = str(url_or_path)
    if _URL.match(text):
        return sa.make_url(_URL.sub("postgresql+psycopg://", text))
    if re.match(r"^[a-z+]+://", text):
        raise UserError(
            "LED004",
            "the ledger's address is neither a file nor postgresql://…",
            hint="set CAMPAIGNS_LEDGER_URL=postgresql://user@host/name, or unset it to use SQLite",
        )
    return sa.URL.create("sqlite", database=str(Path(text).absolute()))


def _path(url: sa.URL) -> Path | None:
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _make_file(path: Path) -> None:
    """An empty file for its owner only; SQLite gives its WAL the same mode."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600))


def _sqlite(url: sa.URL, role: str, busy_seconds: float) -> sa.Engine:
    engine = sa.create_engine(
        url, connect_args={"timeout": busy_seconds, "isolation_level": None}, json_serializer=_json
    )
    pragmas = [
        "PRAGMA journal_mode=WAL",
        f"PRAGMA synchronous={'NORMAL' if role == 'outcomes' else 'FULL'}",
        "PRAGMA secure_delete=ON",
        "PRAGMA foreign_keys=ON",
        *(["PRAGMA query_only=ON"] if role == "read" else []),
    ]
    begin = "BEGIN" if role == "read" else "BEGIN IMMEDIATE"

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        for pragma in pragmas:
            connection.execute(pragma)

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgresql(url: sa.URL, role: str, busy_seconds: float) -> sa.Engine:
    options = [
        f"-c synchronous_commit={'off' if role == 'outcomes' else 'on'}",
        f"-c lock_timeout={int(busy_seconds * 1000)}",
        "-c timezone=UTC",
        *(["-c default_transaction_read_only=on"] if role == "read" else []),
    ]
    level: Any = "REPEATABLE READ" if role == "read" else "READ COMMITTED"
    return sa.create_engine(
        url,
        connect_args={"options": " ".join(options)},
        isolation_level=level,
        pool_pre_ping=True,
        json_serializer=_json,
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def _plain_errors() -> Iterator[None]:
    """The database's troubles as one sentence; its own text may hold data, so it is left out."""
    try:
        yield
    except CampaignsError:
        raise
    except DBAPIError as error:
        text = str(error.orig).lower()
        for words, problem in _TROUBLES:
            if any(word in text for word in words):
                raise problem() from None
        raise


def _locked() -> CampaignsError:
    return Busy("LED010", "another program is writing to the ledger.", hint="try again in a moment")


def _full() -> CampaignsError:
    return UserError(
        "LED011",
        "the ledger could not be written: the disk is full or broken.",
        hint="free some space and run the command again; nothing was half written",
    )


def _not_writable() -> CampaignsError:
    return UserError(
        "LED012",
        "the ledger cannot be opened for writing.",
        hint="check who owns data/ledger/ and whether the disk is read-only",
    )


def _damaged() -> CampaignsError:
    return DataDamaged("LED013", "the ledger file is damaged.", hint="restore the newest backup")


def _no_server() -> CampaignsError:
    return UserError(
        "LED014",
        "the ledger's PostgreSQL does not answer or refuses us.",
        hint="check CAMPAIGNS_LEDGER_URL and that the server runs",
    )


# Words of SQLite's and PostgreSQL's own messages, and what they mean to people.
_TROUBLES: tuple[tuple[tuple[str, ...], Callable[[], CampaignsError]], ...] = (
    (("database is locked", "lock timeout", "database table is locked"), _locked),
    (("disk is full", "no space left", "disk i/o error"), _full),
    (("readonly", "read-only", "unable to open"), _not_writable),
    (("malformed", "not a database"), _damaged),
    (("connection is bad", "connection failed", "connection to server", "connection refused"), _no_server),
    (("server closed the connection", "terminating connection", "starting up"), _no_server),
)
