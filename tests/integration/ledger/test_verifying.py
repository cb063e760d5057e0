"""Attack 107: what is edited by hand in the ledger is found; what retention empties still verifies."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import polars as pl
import pytest
import sqlalchemy as sa

from campaigns.ledger import Ledger, audit, messages, plans, suppressions
from campaigns.ledger.plans import NewPlan
from campaigns.ledger.tables import decisions, meta
from campaigns.ledger.tables import messages as message_table
from campaigns.ledger.verifying import everything

A = "lahti_energia"


@pytest.fixture
def filled(ledger: Ledger, now: datetime) -> Ledger:
    """Three audit entries, a suppression, an approved plan, and two messages with their decisions."""
    plan = NewPlan(
        controller=A,
        mailing="news",
        occurrence="once",
        fingerprint="abc",
        parts={},
        lake_snapshot=1,
        ledger_position=1,
        rule_version="1",
        decided_on="2026-11-24",
        due_at=None,
        latest_at=None,
        created_at=now,
        created_by="maija",
    )
    with ledger.write() as connection:
        for person_id in (1, 2):
            audit.record(connection, at=now, actor="maija", action="person_found", person_id=person_id)
        suppressions.add(
            connection, controller=A, channel="email", address="a@x.fi", reason="hard_bounce", now=now
        )
        plan_id = plans.create(connection, plan)
        approval = {"approved_at": now, "approved_by": "maija", "counts": {"messages": 2}}
        plans.move(connection, plan_id, to="approved", only_from=("building",), **approval)
        told = {"plan": plan_id, "fingerprint": "abc", "messages": 2}
        audit.record(connection, at=now, actor="maija", action="plan_approved", controller=A, details=told)
        rows = pl.DataFrame({"message_id": [11, 12], "person_id": [1, 2]})
        shared = {"plan_id": plan_id, "controller": A, "mailing": "news", "occurrence": "once"}
        messages.add(
            connection, {**shared, "channel": "email", "state": "sent"}, rows.with_columns(subject=pl.lit(""))
        )
        verdicts = rows.with_columns(allowed=pl.lit(value=True), code=pl.lit("CONSENT"), evidence=pl.lit(7))
        decided = {"stage": "hand_over", "rule_version": "1", "ledger_position": 1, "lake_snapshot": 1}
        messages.decide(connection, {**decided, "decided_at": now}, verdicts)
    return ledger


def broken(ledger: Ledger) -> set[tuple[str, int]]:
    with ledger.read() as connection:
        return {(row.table, row.position) for row in everything(connection)}


def test_what_nobody_touched_verifies(filled: Ledger) -> None:
    assert broken(filled) == set()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE decisions SET allowed = 0 WHERE message_id = 11", {("decisions", 1), ("messages", 11)}),
        ("UPDATE decisions SET code = 'SOFT_OPT_IN' WHERE message_id = 12", {("decisions", 2)}),
        ("UPDATE decisions SET evidence = NULL WHERE message_id = 12", {("decisions", 2)}),
        ("UPDATE decisions SET digest = NULL WHERE message_id = 12", {("decisions", 2)}),
        ("UPDATE messages SET person_id = 3 WHERE message_id = 12", {("decisions", 2)}),
        ("DELETE FROM decisions WHERE message_id = 12", {("messages", 12)}),
        ("UPDATE plans SET fingerprint = 'abd'", {("plans", 1)}),
        ("UPDATE plans SET approved_by = 'pekka'", {("plans", 1)}),
        ("UPDATE plans SET counts = '{\"messages\": 3}'", {("plans", 1)}),
        ("UPDATE plans SET approved_at = NULL, approved_by = NULL", {("plans", 1)}),
        ("UPDATE suppressions SET reason = 'complaint'", {("suppressions", 1)}),
        ("DELETE FROM suppressions", {("suppressions", 0)}),
    ],
)
def test_an_edited_row_is_found(filled: Ledger, statement: str, found: set[tuple[str, int]]) -> None:
    with filled.write() as connection:
        connection.exec_driver_sql(statement)
    assert broken(filled) == found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit SET action = 'x' WHERE entry_id = 1", {("audit", 1)}),
        ("UPDATE audit SET actor = 'pekka' WHERE entry_id = 2", {("audit", 2)}),
        ("UPDATE audit SET person_id = 9 WHERE entry_id = 2", {("audit", 2)}),
        ("UPDATE audit SET details = '{}' WHERE entry_id = 2", {("audit", 2)}),
        ("DELETE FROM audit WHERE entry_id = 1", {("audit", 2), ("audit", 0)}),
        ("DELETE FROM audit WHERE entry_id = 3", {("audit", 0), ("plans", 1)}),
        ("UPDATE audit SET erased_at = '2026-01-01 00:00:00.000000' WHERE entry_id = 2", {("audit", 2)}),
    ],
)
def test_an_edited_audit_is_found(filled: Ledger, statement: str, found: set[tuple[str, int]]) -> None:
    """By somebody who removes the triggers first; with them the database refuses."""
    with pytest.raises(sa.exc.IntegrityError, match="append-only"), filled.write() as connection:
        connection.exec_driver_sql(statement)
    with filled.write() as connection:
        for trigger in ("audit_no_delete", "audit_no_update"):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")
        connection.exec_driver_sql(statement)
    assert broken(filled) == found


def test_a_sealed_number_cannot_be_made_up(filled: Ledger) -> None:
    with filled.write() as connection:
        connection.execute(sa.update(meta).where(meta.c.name == audit.SEALED).values(value="3 made up"))
    assert broken(filled) == {("audit", 0)}


def test_emptied_entries_still_verify(filled: Ledger, now: datetime) -> None:
    with filled.write() as connection:
        assert audit.empty(connection, before=now + timedelta(days=1), now=now) == 3
        assert audit.empty(connection, before=now + timedelta(days=1), now=now) == 0
        audit.record(connection, at=now, actor="maija", action="next")
        rows = audit.frame(connection)
    assert rows["actor"].to_list() == ["", "", "", "maija"]
    assert rows["details"].to_list()[:3] == ["{}"] * 3
    assert broken(filled) == set()


def test_entries_say_where_they_came_from(
    filled: Ledger, now: datetime, event: Callable[..., object]
) -> None:
    filled.origin = "web"
    with filled.write() as connection:
        audit.record(connection, at=now, actor="maija", action="x", details={2: "two", 10: "ten"})  # type: ignore[dict-item]
        (row,) = audit.frame(connection, action="x").to_dicts()
    assert row["details"] == '{"2": "two", "10": "ten", "origin": "web"}'
    assert broken(filled) == set()


def test_decided_of_a_removed_message_is_left_out(filled: Ledger) -> None:
    """A decision whose message is gone is about nobody any more: that it was cut off is told."""
    with filled.write() as connection:
        connection.execute(sa.delete(message_table).where(message_table.c.message_id == 12))
        assert connection.execute(sa.select(sa.func.count()).select_from(decisions)).scalar_one() == 2
    assert broken(filled) == {("decisions", 2)}
