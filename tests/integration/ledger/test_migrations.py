"""The migrations make exactly the tables of `tables.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from campaigns.errors import UserError
from campaigns.ledger import Ledger, migrating
from campaigns.ledger.migrations import triggers
from campaigns.ledger.tables import metadata


def test_migrations_and_tables_agree(ledger: Ledger) -> None:
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_checks_and_unique_keys_agree(ledger: Ledger) -> None:
    """What autogenerate does not compare on SQLite: the constraints in the tables' own text."""
    with ledger.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        made = {name: " ".join(sql.split()) for name, sql in rows}
    for name, table in metadata.tables.items():
        for constraint in table.constraints:
            if constraint.name:
                assert str(constraint.name) in made[name]
            text = getattr(constraint, "sqltext", None)
            if text is not None:
                assert str(text) in made[name]


def test_upgrading_twice_changes_nothing(ledger: Ledger) -> None:
    ledger.upgrade()
    with ledger.read() as connection:
        version = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
    assert version == [migrating.newest()]


def test_a_migration_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fault 13: its last step fails; the next start finds an empty database and makes all of it."""

    def break_off(_: str) -> list[str]:
        raise RuntimeError("killed")

    path = tmp_path / "ledger.sqlite"
    with monkeypatch.context() as patch:
        patch.setattr(triggers, "append_only", break_off)
        with pytest.raises(RuntimeError, match="killed"):
            Ledger.open(path)
    ledger = Ledger.open(path)
    assert ledger.position() == 0
    ledger.dispose()


def test_an_older_ledger_is_brought_to_this_version_when_asked(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        command.upgrade(migrating.config(connection), "0001")
    engine.dispose()
    with pytest.raises(UserError, match="LED002"):
        Ledger.open(path)
    ledger = Ledger.open(path, upgrade=True)
    assert ledger.position() == 0
    ledger.dispose()
