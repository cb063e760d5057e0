"""The version of the tables, and bringing them to the newest (Alembic, packaged with the program)."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from campaigns.errors import UserError

FOLDER = Path(__file__).parent / "migrations"


def config(connection: sa.Connection | None = None) -> Config:
    """Alembic's settings; the connection goes to `migrations/env.py`."""
    settings = Config()
    settings.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def revision(engine: sa.Engine) -> str | None:
    """The version that the database is at; None for an empty one."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """The version that this program needs."""
    head = ScriptDirectory.from_config(config()).get_current_head()
    if head is None:
        raise AssertionError("the program has no migrations")
    return head


def upgrade(engine: sa.Engine) -> None:
    """Run what is missing, in one transaction."""
    with engine.begin() as connection:
        command.upgrade(config(connection), "head")


def refuse_other_version(engine: sa.Engine) -> None:
    """Raise `UserError` LED002 for a ledger older than the program, LED003 for a newer one."""
    found = revision(engine)
    if found == newest():
        return
    known = {script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()}
    if found in known:
        raise UserError(
            "LED002",
            "the ledger is older than this program.",
            hint="make a backup, then run `campaigns upgrade`",
        )
    raise UserError(
        "LED003", "the ledger was made by a newer program.", hint="install that version of campaigns"
    )
