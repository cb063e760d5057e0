"""Permission events: once each, never changed, chained, and still verifying after erasure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from campaigns.ledger import Ledger, erasure, integrity, permission_events
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.tables import permission_events as table

Make = Callable[..., PermissionEvent]


@pytest.fixture
def three(ledger: Ledger, event: Make) -> Ledger:
    with ledger.write() as connection:
        events = [event("a"), event("b", kind="withdrawn"), event("c", person_id=2, details={"topic": "x"})]
        assert permission_events.append(connection, events) == 3
    return ledger


def test_the_same_word_twice_is_one_event(three: Ledger, event: Make) -> None:
    with three.write() as connection:
        assert permission_events.append(connection, [event("a"), event("d"), event("d")]) == 1
        assert permission_events.frame(connection)["event_id"].to_list() == ["a", "b", "c", "d"]


def test_what_is_new_since_a_position(three: Ledger, event: Make) -> None:
    position = three.position()
    with three.write() as connection:
        permission_events.append(connection, [event("d")])
    with three.read() as connection:
        new = permission_events.since(connection, position)
    assert new.select("event_id", "position").rows() == [("d", position + 1)]


def test_fields_come_back_as_they_went_in(ledger: Ledger, event: Make, now: datetime) -> None:
    until = now + timedelta(days=1, microseconds=7)
    with ledger.write() as connection:
        permission_events.append(connection, [event("a", valid_until=until, details={"ä": "ö"})])
        (row,) = permission_events.of_person(connection, "lahti_energia", 1).to_dicts()
    assert (row["occurred_at"], row["valid_until"], row["details"]) == (now, until, '{"ä": "ö"}')


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE permission_events SET kind = 'granted'",
        "UPDATE permission_events SET evidence = NULL",
        "UPDATE permission_events SET erased_at = '2026-01-01 00:00:00.000000', kind = 'ban_all'",
        "DELETE FROM permission_events WHERE event_id = 'a'",
    ],
)
def test_nobody_changes_or_removes_an_event(three: Ledger, statement: str) -> None:
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), three.write() as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE permission_events SET kind = 'granted' WHERE event_id = 'b'", "it was changed"),
        (
            "UPDATE permission_events SET occurred_at = '2020-01-01 00:00:00.000000' WHERE event_id = 'c'",
            "changed",
        ),
        ("UPDATE permission_events SET evidence = 'form-2' WHERE event_id = 'a'", "free fields were changed"),
        ("UPDATE permission_events SET details = '{}' WHERE event_id = 'c'", "free fields were changed"),
        ("DELETE FROM permission_events WHERE event_id = 'a'", "changed or removed"),
        ("DELETE FROM permission_events WHERE event_id = 'b'", "there should be 3 events, and there are 2"),
        ("UPDATE meta SET value = '4 00' WHERE name = 'permission_events'", "there should be -1"),
    ],
)
def test_an_edit_by_hand_is_found(three: Ledger, statement: str, problem: str) -> None:
    with three.write() as connection:
        assert integrity.verify(connection).whole
        connection.exec_driver_sql("DROP TRIGGER permission_events_no_update")
        connection.exec_driver_sql("DROP TRIGGER permission_events_no_delete")
        connection.exec_driver_sql(statement)
        found = integrity.verify(connection)
    assert problem in found.broken[0].problem


def test_one_person_can_be_verified(three: Ledger) -> None:
    with three.read() as connection:
        assert integrity.verify(connection, "lahti_energia", 1).events == 2


def test_an_address_that_nobody_has_yet(ledger: Ledger, event: Make) -> None:
    digest = ledger.address_digest("lahti_energia", "email", "a@x.fi")
    loose = {"person_id": None, "address_digest": digest, "kind": "ban_all"}
    with ledger.write() as connection:
        permission_events.append(connection, [event("a", **loose)])
        permission_events.append(connection, [event("b", **loose), event("c", address_digest=digest)])
        assert integrity.verify(connection).whole
        rows = connection.execute(sa.select(table.c.event_id, table.c.previous_digest.is_(None))).all()
    assert [tuple(row) for row in rows] == [("a", True), ("b", False), ("c", True)]


def test_erasure_empties_events_and_the_chain_still_verifies(three: Ledger, now: datetime) -> None:
    with three.write() as connection:
        for _ in range(2):
            erasure.erase(connection, "lahti_energia", [1], [], now=now)
        events = permission_events.of_person(connection, "lahti_energia", 1)
        assert integrity.verify(connection).whole
    assert events["kind"].to_list() == ["granted", "withdrawn", "erased"]
    assert events["evidence"].to_list() == [None] * 3


def test_filling_an_emptied_event_is_found(three: Ledger, now: datetime) -> None:
    with three.write() as connection:
        erasure.erase(connection, "lahti_energia", [2], [], now=now)
        connection.exec_driver_sql("DROP TRIGGER permission_events_no_update")
        connection.exec_driver_sql("UPDATE permission_events SET evidence = 'x' WHERE event_id = 'c'")
        (broken,) = integrity.verify(connection).broken
    assert broken.problem == "its free fields were filled after erasure"
