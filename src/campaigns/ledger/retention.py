"""What the ledger forgets when its time is over: the log of sendings, answered requests, proof of old words.

The numbers of a plan are kept in its row before its messages go, so that its report stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from campaigns.ledger import control_groups, messages
from campaigns.ledger.lists import among
from campaigns.ledger.messages import Tally
from campaigns.ledger.tables import attempts, decisions, permission_events, plans, responses, rights_requests
from campaigns.ledger.tables import messages as message_table

KEPT = "kept"  # in a plan's counts: what its report is made of once its messages are gone
ENDED = ("done", "cancelled")
AT_ONCE = 2_000  # messages a transaction: the unsubscribe page writes in between


def outlived_plans(connection: sa.Connection, before: datetime) -> list[tuple[int, str, int]]:
    """Ended plans with messages, the newest of which was finished before that time: id, controller, messages.

    A plan that never handed anything over counts from when it was made.
    """
    newest = sa.func.max(
        sa.func.coalesce(
            message_table.c.handed_over_at, message_table.c.finished_at, plans.c.created_at, type_=sa.DateTime
        )
    )
    select = (
        sa.select(plans.c.plan_id, plans.c.controller, sa.func.count())
        .join(message_table, message_table.c.plan_id == plans.c.plan_id)
        .where(plans.c.state.in_(ENDED), plans.c.created_at < before)
        .group_by(plans.c.plan_id, plans.c.controller)
        .having(newest < sa.bindparam("before", before, type_=plans.c.created_at.type))
        .order_by(plans.c.plan_id)
    )
    return [(plan_id, controller, number) for plan_id, controller, number in connection.execute(select)]


def keep_numbers(connection: sa.Connection, plan_id: int) -> None:
    """Write what the report is made of into the plan's row; does nothing when it is there."""
    counts = connection.execute(_COUNTS, {"plan": plan_id}).scalar_one()
    if KEPT in counts:
        return
    kept = {
        "tallies": [asdict(tally) for tally in messages.tally(connection, plan_id=plan_id)],
        "control_group": control_groups.count(connection, plan_id),
        "responses": {row[0]: row[1] for row in connection.execute(_ANSWERED, {"plan": plan_id})},
    }
    connection.execute(
        sa.update(plans).where(plans.c.plan_id == plan_id).values(counts={**counts, KEPT: kept})
    )


def kept_tallies(counts: Mapping[str, Any]) -> list[Tally]:
    """The tallies of a plan whose messages are gone; none for another."""
    return [Tally(**tally) for tally in counts.get(KEPT, {}).get("tallies", ())]


def remove_messages(connection: sa.Connection, plan_id: int) -> int:
    """Remove up to 2,000 messages of a plan with decisions, attempts and responses; how many it were."""
    chosen = sa.select(message_table.c.message_id).where(message_table.c.plan_id == plan_id).limit(AT_ONCE)
    ids = list(connection.scalars(chosen))
    for table in (responses, attempts, decisions, message_table):
        connection.execute(sa.delete(table).where(among(connection, table.c.message_id, ids)))
    if len(ids) < AT_ONCE:
        control_groups.drop(connection, plan_id)
    return len(ids)


def loose_responses(before: datetime) -> sa.ColumnElement[bool]:
    """Old responses that belong to no message."""
    return responses.c.message_id.is_(None) & (responses.c.occurred_at < before)


def closed_requests(before: datetime) -> sa.ColumnElement[bool]:
    """Requests about rights that were closed before a time."""
    return (rights_requests.c.state != "open") & (rights_requests.c.closed_at < before)


def empty_words(connection: sa.Connection, positions: Iterable[int], *, now: datetime) -> int:
    """Empty the free fields of permission events, as an erasure does; how many were not empty before."""
    table = permission_events
    nothing: dict[str, object] = {
        "address_digest": None,
        "method": None,
        "evidence": None,
        "details": {},
        "erased_at": now,
    }
    listed: Sequence[int] = list(positions)
    mine = among(connection, table.c.position, listed) & table.c.erased_at.is_(None)
    return connection.execute(sa.update(table).where(mine).values(nothing)).rowcount


_COUNTS = sa.select(plans.c.counts).where(plans.c.plan_id == sa.bindparam("plan"))
_ANSWERED = (
    sa.select(responses.c.kind, sa.func.count(sa.distinct(message_table.c.person_id)))
    .join(message_table, message_table.c.message_id == responses.c.message_id)
    .where(message_table.c.plan_id == sa.bindparam("plan"))
    .group_by(responses.c.kind)
)
