"""Retention of what the ledger holds: messages and what became of them, requests about rights, the audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import sqlalchemy as sa

from campaigns.ledger import audit, retention
from campaigns.ledger.tables import audit as audit_table
from campaigns.ledger.tables import responses, rights_requests
from campaigns.rights.retention import Due, Work


def send_log(work: Work) -> Iterator[Due]:
    """Messages, decisions, attempts and responses of ended plans; the plan keeps its numbers."""
    before = work.moment("send_log")
    with work.ledger.read() as connection:
        ended = retention.outlived_plans(connection, before)
        loose = _count(connection, responses, retention.loose_responses(before))
    if not work.dry:
        for plan_id, _, _ in ended:
            _forget(work, plan_id)
        _delete(work, responses, retention.loose_responses(before))
    rows: Counter[str] = Counter()
    for _, controller, number in ended:
        rows[controller] += number
    for controller, number in sorted(rows.items()):
        yield Due(rule="send_log", table="messages", controller=controller, rows=number)
    for controller, number in sorted(loose.items()):
        yield Due(rule="send_log", table="responses", controller=controller, rows=number)


def _forget(work: Work, plan_id: int) -> None:
    """Numbers first, then the rows, some at a time; begun again after a kill it goes on."""
    with work.ledger.write() as connection:
        retention.keep_numbers(connection, plan_id)
    gone = retention.AT_ONCE
    while gone == retention.AT_ONCE:
        with work.ledger.write() as connection:
            gone = retention.remove_messages(connection, plan_id)


def requests(work: Work) -> Iterator[Due]:
    """Requests about rights, from the day they were closed."""
    old = retention.closed_requests(work.moment("rights_requests"))
    with work.ledger.read() as connection:
        found = _count(connection, rights_requests, old)
    if not work.dry:
        _delete(work, rights_requests, old)
    for controller, number in sorted(found.items()):
        yield Due(rule="rights_requests", table="rights_requests", controller=controller, rows=number)


def audit_entries(work: Work) -> Iterator[Due]:
    """Who did what, from the day of the entry: who and what are emptied, that it was done stays."""
    before = work.moment("audit")
    old = (audit_table.c.at < before) & audit_table.c.erased_at.is_(None)
    with work.ledger.read() as connection:
        found = _count(connection, audit_table, old)
    if not work.dry and found:
        with work.ledger.write() as connection:
            audit.empty(connection, before=before, now=work.now)
    for controller, number in sorted(found.items()):
        yield Due(rule="audit", table="audit", controller=controller, rows=number)


def _count(connection: sa.Connection, table: sa.Table, which: sa.ColumnElement[bool]) -> dict[str, int]:
    controller = sa.func.coalesce(table.c.controller, "")
    select = sa.select(controller, sa.func.count()).where(which).group_by(controller)
    return {row[0]: row[1] for row in connection.execute(select)}


def _delete(work: Work, table: sa.Table, which: sa.ColumnElement[bool]) -> None:
    with work.ledger.write() as connection:
        connection.execute(sa.delete(table).where(which))
