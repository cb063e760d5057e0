"""Opening: files and modes, versions, the key beside the database, troubles in one sentence."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import Busy, DataDamaged, UserError
from campaigns.ledger import Ledger, integrity, keys
from campaigns.ledger.tables import audit, meta


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_for_its_owner_only(ledger: Ledger) -> None:
    with ledger.write() as connection:
        ledger.take_positions(connection, 1)
        names = {path.name: _mode(path) for path in ledger.folder.iterdir()}
    assert names == {
        "ledger.sqlite": 0o600,
        "ledger.sqlite-wal": 0o600,
        "ledger.sqlite-shm": 0o600,
        "digest.key": 0o600,
    }
    assert _mode(ledger.folder) == 0o700


@pytest.mark.parametrize(("role", "level"), [("write", 2), ("write_outcomes", 1)])
def test_connections_are_as_durable_as_promised(ledger: Ledger, role: str, level: int) -> None:
    with getattr(ledger, role)() as connection:
        values = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("synchronous", "journal_mode", "secure_delete", "busy_timeout")
        }
    assert values == {"synchronous": level, "journal_mode": "wal", "secure_delete": 1, "busy_timeout": 200}


def test_a_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(UserError, match="LED012"), ledger.read() as connection:
        ledger.take_positions(connection, 1)


def test_a_reader_sees_one_state_and_does_not_wait(ledger: Ledger) -> None:
    with ledger.read() as reader:
        before = ledger.position(reader)
        with ledger.write() as writer:
            ledger.take_positions(writer, 5)
        assert ledger.position(reader) == before
    assert ledger.position() == before + 5


def test_the_second_writer_is_told_that_it_is_busy(ledger: Ledger) -> None:
    with ledger.write(), pytest.raises(Busy, match="LED010") as caught, ledger.write_outcomes():
        pass
    assert caught.value.exit_code == 75


def test_a_failed_block_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError), ledger.write() as connection:
        ledger.take_positions(connection, 3)
        raise RuntimeError("stop")
    assert ledger.position() == 0


def test_positions_follow_each_other(ledger: Ledger) -> None:
    with ledger.write() as connection:
        assert list(ledger.take_positions(connection, 2)) == [1, 2]
        assert list(ledger.take_positions(connection, 0)) == []
        assert list(ledger.take_positions(connection, 1)) == [3]


def test_identity_and_digests_stay(ledger: Ledger) -> None:
    again = Ledger.open(Path(str(ledger.url.database)))
    assert again.identity == ledger.identity
    assert again.digest("x", "a") == ledger.digest("x", "a")
    again.dispose()


def test_another_ledger_has_other_digests(ledger: Ledger, tmp_path: Path) -> None:
    other = Ledger.open(tmp_path / "other" / "ledger.sqlite")
    assert other.digest("x", "a") != ledger.digest("x", "a")
    other.dispose()


def test_without_its_key_it_does_not_open(ledger: Ledger) -> None:
    (ledger.folder / keys.NAME).unlink()
    with pytest.raises(DataDamaged, match="LED005"):
        Ledger.open(Path(str(ledger.url.database)))


def test_with_another_key_it_does_not_open(ledger: Ledger) -> None:
    (ledger.folder / keys.NAME).write_text("00" * 32)
    with pytest.raises(DataDamaged, match="LED006"):
        Ledger.open(Path(str(ledger.url.database)))


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="LED001"):
        Ledger.open(tmp_path / "ledger.sqlite", create=False)
    assert list(tmp_path.iterdir()) == []


def test_neither_a_file_nor_postgresql() -> None:
    with pytest.raises(UserError, match="LED004"):
        Ledger.open("mysql://somewhere/else")


def test_a_newer_ledger_is_refused_and_named(ledger: Ledger) -> None:
    _set_version(ledger, "9999")
    with pytest.raises(UserError, match="LED003"):
        Ledger.open(Path(str(ledger.url.database)))


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database, not at all" * 100)
    with pytest.raises(DataDamaged, match="LED013"):
        Ledger.open(path)


def test_a_flipped_page_is_found(ledger: Ledger) -> None:
    with ledger.write() as connection:
        rows = [{"name": f"n{number}", "value": "x" * 500} for number in range(200)]
        connection.execute(sa.insert(meta), rows)
    integrity.check_pages(ledger)
    path = Path(str(ledger.url.database))
    ledger.dispose()
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    plain.close()
    damaged = bytearray(path.read_bytes())
    for offset in range(len(damaged) - 3 * 4096, len(damaged), 4096):
        damaged[offset : offset + 64] = b"\xff" * 64
    path.write_bytes(damaged)
    with pytest.raises(DataDamaged, match="LED013"):
        integrity.check_pages(ledger)


def test_a_full_disk_is_one_sentence(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1")
    with pytest.raises(UserError, match="LED011"), ledger.write() as connection:
        connection.execute(sa.insert(meta), [{"name": f"n{n}", "value": "x" * 4000} for n in range(100)])
    with ledger.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(audit)) == 0


def _set_version(ledger: Ledger, version: str) -> None:
    with ledger.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (version,))
