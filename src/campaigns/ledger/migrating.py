"""The version of the tables, and bringing them to the newest (Alembic, packaged with the program).

Every command asks which version a ledger is at: that is done without Alembic, which takes a while to load.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaigns.errors import UserError

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_VERSION = sa.table("alembic_version", sa.column("version_num"))


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings; the connection goes to `migrations/env.py`."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def revision(engine: sa.Engine) -> str | None:
    """The version that the database is at; None for an empty one."""
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table(_VERSION.name):
            return None
        return connection.execute(sa.select(_VERSION.c.version_num)).scalar()


def newest() -> str:
    """The version that this program needs."""
    return max(_versions())


def _versions() -> set[str]:
    """Those that this program knows: the files of migrations begin with theirs, counted from 0001."""
    return {path.name.split("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py")}


def upgrade(engine: sa.Engine) -> None:
    """Run what is missing, in one transaction."""
    from alembic import command

    with engine.begin() as connection:
        command.upgrade(config(connection), "head")


def refuse_other_version(engine: sa.Engine) -> None:
    """Raise `UserError` LED002 for a ledger older than the program, LED003 for a newer one."""
    found = revision(engine)
    if found == newest():
        return
    if found in _versions():
        raise UserError(
            "LED002",
            "the ledger is older than this program.",
            hint="make a backup, then run `campaigns upgrade`",
        )
    raise UserError(
        "LED003", "the ledger was made by a newer program.", hint="install that version of campaigns"
    )
