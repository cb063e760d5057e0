"""What was done and decided, verified: audit, suppressions, decisions, approvals.

Each function yields the rows that were changed, put in or taken out by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger import audit, messages, seals, suppressions
from campaigns.ledger.database import Ledger
from campaigns.ledger.integrity import Broken
from campaigns.ledger.restoring import RESTORED
from campaigns.ledger.tables import audit as audit_table
from campaigns.ledger.tables import decisions, plans
from campaigns.ledger.tables import messages as message_table
from campaigns.ledger.tables import suppressions as suppression_table

if TYPE_CHECKING:
    import polars as pl

AT_ONCE = 100_000  # decisions that are in memory together
_APPROVED = ("approved", "paused", "done")  # states that need an approval
# Nothing may have left without a decision that allowed it.
_LEFT = ("handing_over", "sent", "deferred", "failed", "unknown")


def everything(connection: sa.Connection) -> Iterator[Broken]:
    """All four."""
    yield from audit_trail(connection)
    yield from suppressed(connection)
    yield from decided(connection)
    yield from approved(connection)


def audit_trail(connection: sa.Connection) -> Iterator[Broken]:
    """Entries that break the chain of the audit."""
    key = Ledger.of(connection).key
    select = sa.select(audit_table).order_by(audit_table.c.entry_id)
    previous, seen = None, 0
    for row in connection.execute(select.execution_options(yield_per=10_000)).mappings():
        seen += 1
        if problem := _entry_problem(row, previous, key):
            yield _broken("audit", row["entry_id"], row["controller"], row["person_id"], problem)
        previous = row["digest"]
    yield from _missing(connection, "audit", audit.SEALED, seen)


def _entry_problem(row: Mapping[Any, Any], previous: str | None, key: bytes) -> str:
    if row["previous_digest"] != previous:
        return "an entry before it was changed or removed"
    if audit.digest(key, row) != row["digest"]:
        return "it was changed"
    if row["erased_at"] is None and audit.erasable_digest(key, row) != row["erasable_digest"]:
        return "who or what was changed"
    if row["erased_at"] is not None and (row["actor"] or row["person_id"] is not None or row["details"]):
        return "who or what was filled in after it was emptied"
    return ""


def suppressed(connection: sa.Connection) -> Iterator[Broken]:
    """Suppressions that were changed, and whether some were taken out."""
    key = Ledger.of(connection).key
    seen = 0
    for row in connection.execute(sa.select(suppression_table)).mappings():
        seen += 1
        if suppressions.sealed(key, row) != row["digest"]:
            yield _broken("suppressions", row["position"], row["controller"], None, "it was changed")
    yield from _missing(connection, "suppressions", suppressions.SEALED, seen)


def decided(connection: sa.Connection) -> Iterator[Broken]:
    """Decisions that were changed, and messages that left without one that allowed it."""
    import polars as pl

    after = 0
    while not (rows := _decisions(connection, after)).is_empty():
        after = int(rows["decision_id"][-1])
        sealed = messages.decision_seals(Ledger.of(connection).key, rows)
        for row in rows.filter(pl.col("digest").ne_missing(sealed)).iter_rows(named=True):
            yield _broken(
                "decisions", row["decision_id"], row["controller"], row["person_id"], "it was changed"
            )
    allowed = sa.exists().where(
        decisions.c.message_id == message_table.c.message_id, decisions.c.allowed.is_(True)
    )
    columns = (message_table.c.message_id, message_table.c.controller, message_table.c.person_id)
    without = sa.select(*columns).where(message_table.c.state.in_(_LEFT), ~allowed)
    for number, controller, person_id in connection.execute(without):
        yield _broken("messages", number, controller, person_id, "no decision allows it")


def _decisions(connection: sa.Connection, after: int) -> pl.DataFrame:
    """The next decisions with whom they are about."""
    select = (
        sa.select(decisions, message_table.c.person_id, message_table.c.controller)
        .outerjoin(message_table, message_table.c.message_id == decisions.c.message_id)
        .where(decisions.c.decision_id > after)
        .order_by(decisions.c.decision_id)
        .limit(AT_ONCE)
    )
    return Ledger.of(connection).frame(connection, select)


def approved(connection: sa.Connection) -> Iterator[Broken]:
    """Plans that may send although the audit knows of no such approval."""
    entries = audit.frame(connection, action="plan_approved")
    known: dict[int, list[tuple[Any, ...]]] = {}
    for entry in entries.filter(entries["erased_at"].is_null()).iter_rows(named=True):
        told = json.loads(entry["details"])
        said = (told["fingerprint"], told["messages"], entry["actor"], entry["at"])
        known.setdefault(told["plan"], []).append(said)
    told = audit.frame(connection, action="restored")["details"].to_list()
    restored = {plan_id for text in told for plan_id in json.loads(text).get("plans_ended", ())}
    select = sa.select(plans).where(plans.c.state.in_(_APPROVED) | plans.c.approved_at.is_not(None))
    for plan in connection.execute(select).mappings():
        found = (
            plan["fingerprint"],
            plan["counts"].get("messages"),
            plan["approved_by"],
            plan["approved_at"],
        )
        if plan["reason"] == RESTORED and plan["plan_id"] in restored:
            continue
        if found not in known.get(plan["plan_id"], []) and not _outlived(entries, plan["approved_at"]):
            yield _broken(
                "plans", plan["plan_id"], plan["controller"], None, "nobody approved it as it stands"
            )


def _outlived(entries: pl.DataFrame, approved_at: Any) -> bool:
    """Whether the entry of that time was emptied since: the audit then only knows that there was one."""
    emptied = entries.filter(entries["erased_at"].is_not_null())
    return approved_at is not None and approved_at in emptied["at"].to_list()


def _missing(connection: sa.Connection, table: str, name: str, seen: int) -> Iterator[Broken]:
    expected = seals.counted(connection, name)
    if expected != seen:
        problem = f"there should be {expected} rows, and there are {seen}"
        yield _broken(table, 0, "", None, problem)


def _broken(table: str, position: int, controller: str | None, person_id: int | None, problem: str) -> Broken:
    return Broken(
        table=table, position=position, controller=controller or "", person_id=person_id, problem=problem
    )
