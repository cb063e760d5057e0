"""The ledger on a real PostgreSQL: the same tables, the same promises."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from campaigns.errors import Busy, UserError
from campaigns.ledger import Ledger, erasure, integrity, permission_events, suppressions, tokens
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.tables import metadata
from campaigns.permissions import recording, state
from support import outcome_story, postgres

A = "lahti_energia"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres.server() as address:
        yield address


def test_a_ledger_on_postgresql(
    url: str, tmp_path: Path, event: Callable[..., PermissionEvent], now: datetime
) -> None:
    """One story through everything that differs between the databases."""
    ledger = Ledger.open(url, folder=tmp_path / "ledger", busy_seconds=0.5)
    try:
        _agrees_with_the_tables(ledger)
        _appends_once_and_refuses_changes(ledger, event)
        _takes_positions_in_commit_order(ledger)
        _reads_one_state(ledger)
        outcome_story.tell(ledger)
        outcome_story.ask(ledger)
        with ledger.write() as connection:
            key = tokens.token_keys(connection, A, [1])[1]
            assert tokens.person_of(connection, key) == (A, 1)
            words = {"controller": A, "channel": "email", "address": "a@x.fi", "now": now}
            assert suppressions.add(connection, reason="hard_bounce", **words)
            assert not suppressions.add(connection, reason="hard_bounce", **words)
            press = {"controller": A, "person_id": 1, "channel": "email", "purpose": "newsletter"}
            assert recording.unsubscribe(ledger, connection, **press, now=now, source="web")
            assert not recording.unsubscribe(ledger, connection, **press, now=now, source="web")
        with ledger.write() as connection:
            done = erasure.erase(connection, A, [1], [], now=now)
            assert (done.events, done.tokens) == (5, 1)
            assert integrity.verify(connection).whole
        integrity.check_pages(ledger)
        ledger.scrub()
        assert len(state.words(ledger, tmp_path / "cache").frame) == 6
        again = Ledger.open(url, folder=tmp_path / "ledger")
        assert again.identity == ledger.identity
        again.dispose()
    finally:
        ledger.dispose()


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    postgres.programs()
    with pytest.raises(UserError, match="LED014"):
        Ledger.open(f"postgresql://nobody@/none?host={tmp_path}", folder=tmp_path)


def _agrees_with_the_tables(ledger: Ledger) -> None:
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def _appends_once_and_refuses_changes(ledger: Ledger, event: Callable[..., PermissionEvent]) -> None:
    with ledger.write() as connection:
        events = [
            event("a", details={"ä": "ö"}),
            event("b", person_id=2),
            event("c", valid_until=event().occurred_at),
        ]
        assert permission_events.append(connection, events) == 3
        assert permission_events.append(connection, events) == 0
        frame = permission_events.frame(connection)
    assert frame["event_id"].to_list() == ["a", "b", "c"]
    assert frame["occurred_at"].to_list() == [event().occurred_at] * 3
    for statement in (
        "UPDATE permission_events SET kind = 'x'",
        "DELETE FROM permission_events",
        "TRUNCATE permission_events",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), ledger.write() as connection:
            connection.exec_driver_sql(statement)


def _takes_positions_in_commit_order(ledger: Ledger) -> None:
    """A second writer waits for the first to commit, or is told that it is busy."""
    before = ledger.position()
    taken: list[int] = []

    def write() -> None:
        with ledger.write() as connection:
            taken.extend(ledger.take_positions(connection, 1))

    with ledger.write() as connection:
        (first,) = ledger.take_positions(connection, 1)
        thread = threading.Thread(target=write)
        thread.start()
        assert ledger.position() == before
    thread.join()
    assert (first, taken) == (before + 1, [before + 2])
    with ledger.write() as connection:
        ledger.take_positions(connection, 0)
        with pytest.raises(Busy, match="LED010"), ledger.write_outcomes() as other:
            ledger.take_positions(other, 1)


def _reads_one_state(ledger: Ledger) -> None:
    with ledger.read() as reader:
        before = ledger.position(reader)
        with ledger.write() as writer:
            ledger.take_positions(writer, 1)
        assert ledger.position(reader) == before
    with pytest.raises(UserError, match="LED012"), ledger.read() as connection:
        ledger.take_positions(connection, 1)
