"""A copy of the ledger while others use it, and putting one back into PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from campaigns.errors import DataDamaged, UserError
from campaigns.ledger.database import Ledger

_PAGES = 2_000  # copied between two looks at what others have written meanwhile


def copy(ledger: Ledger, target: Path) -> None:
    """Write a copy of one committed state to `target`: a SQLite file, or an archive of `pg_dump`.

    Raises `UserError` LED050 when a program of PostgreSQL is missing, LED051 when it refuses.
    """
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    if not ledger.is_sqlite:
        _run(ledger, "pg_dump", "--format=custom", f"--file={target}")
        return
    source = f"file:{Path(ledger.url.database or '').absolute()}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as reading, closing(sqlite3.connect(target)) as writing:
        reading.backup(writing, pages=_PAGES)
    # The copy says that it has a write-ahead log; opened once without one it is a file by itself.
    with closing(sqlite3.connect(target)) as made:
        made.execute("PRAGMA journal_mode=DELETE")
        answer = made.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if answer != "ok":
        raise DataDamaged("LED013", "the ledger file is damaged.", hint="restore the newest backup")


def put_back(ledger: Ledger, archive: Path) -> None:
    """Put an archive of `pg_dump` in place of all that the PostgreSQL database holds. Raises as `copy`."""
    _run(ledger, "pg_restore", "--clean", "--if-exists", "--single-transaction", "--no-owner", str(archive))


def _run(ledger: Ledger, program: str, *arguments: str) -> None:
    path = shutil.which(program)
    if path is None:
        raise UserError(
            "LED050",
            f"`{program}` is not installed, and the ledger is in PostgreSQL.",
            hint="install the client programs of PostgreSQL (postgresql-client)",
        )
    url = ledger.url
    known = {
        "PGHOST": url.host or url.query.get("host"),
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
    }
    environment = {**os.environ, **{name: str(value) for name, value in known.items() if value}}
    command = [path, f"--dbname={url.database}", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, check=False)  # noqa: S603 - fixed words
    if done.returncode != 0:
        raise UserError(
            "LED051",
            f"`{program}` ended with {done.returncode}; what it said may hold data and is not shown.",
            hint="check that the server runs, and that its version is not newer than the program's",
        )
