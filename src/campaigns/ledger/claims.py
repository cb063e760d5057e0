"""Claims: who is handing over which messages, what came of it, and what a dead sender left behind.

A claim is one batch of one connection: its messages are handed over in order of `message_id`, in groups (of
one by SMTP), the next group only after the outcomes of the one before are committed. Every statement here
names the batch and the epoch that the caller believes to hold, so a sender that was overtaken changes nothing
and learns of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from campaigns.ledger.tables import attempts, plans
from campaigns.ledger.tables import messages as table

HELD = "handing_over"
LOST = "SENDER_LOST"  # reason of a message whose sender died before its outcome was known


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who claims: a worker of a machine since its last boot. `boot_id` is empty when it cannot be told."""

    worker: str
    boot_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """How long a claim is good for: by the clock, and in milliseconds since boot."""

    until: datetime
    boottime: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """One message of a claim. `attempts` were made before."""

    message_id: int
    person_id: int
    subject: str
    channel: str
    language: str | None
    variant: str
    site_id: int | None
    epoch: int
    attempts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A batch that one connection holds, in the order in which it is handed over."""

    batch: int
    messages: tuple[Claimed, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What came of one hand-over."""

    state: str  # sent, deferred, failed, unknown
    code: str
    detail: str
    provider_id: str | None
    next_attempt_at: datetime | None
    handed_over_at: datetime
    finished_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A batch that somebody holds, as it stands in the ledger."""

    plan_id: int
    batch: int
    holder: Holder
    lease: Lease
    together: int
    messages: int


def claim(
    connection: sa.Connection,
    *,
    plan_id: int,
    low: int,
    high: int,
    count: int,
    batch: int,
    holder: Holder,
    lease: Lease,
    together: int,
) -> Claim:
    """Take up to `count` waiting messages numbered `low` to `high` of an approved plan, lowest numbers first.

    `batch` must be new. `together`: they are handed over in order in groups of so many, so that of a dead
    sender's batch only so many of the first without an outcome may have left. An empty claim means that
    nothing waits there.
    """
    values = {
        "plan": plan_id,
        "low": low,
        "high": high,
        "count": count,
        "new_batch": batch,
        "new_worker": holder.worker,
        "new_boot": holder.boot_id or None,
        "until": lease.until,
        "boottime": lease.boottime,
        "at_once": together,
    }
    rows = connection.execute(_CLAIM, values).all()
    found = sorted((Claimed(**dict(row._mapping)) for row in rows), key=lambda row: row.message_id)
    return Claim(batch=batch, messages=tuple(found))


def note_addresses(connection: sa.Connection, claim: Claim, digests: Mapping[int, str]) -> None:
    """Write down the address digest that each message of the claim goes to."""
    rows = [
        {"message": message.message_id, "batch_held": claim.batch, "digest": digests[message.message_id]}
        for message in claim.messages
        if message.message_id in digests
    ]
    if rows:
        connection.execute(_NOTE_ADDRESS, rows)


def addresses_used(
    connection: sa.Connection, *, mailing: str, occurrence: str, channel: str, digests: Iterable[str]
) -> set[str]:
    """Those of `digests` that another message of the same occurrence and channel went to, or is going to."""
    listed = list(digests)
    found: set[str] = set()
    for start in range(0, len(listed), 500):
        some = listed[start : start + 500]
        select = sa.select(table.c.address_digest).where(
            table.c.address_digest.in_(some),
            table.c.mailing == mailing,
            table.c.occurrence == occurrence,
            table.c.channel == channel,
        )
        found.update(connection.scalars(select))
    return found


def record(connection: sa.Connection, claim: Claim, message: Claimed, result: Result) -> bool:
    """Write the outcome of one message; False when the claim is no longer ours, and nothing was written."""
    if connection.execute(RECORD, recorded(claim, message, result)).rowcount != 1:
        return False
    connection.execute(ATTEMPT, attempted(message, result))
    return True


def recorded(claim: Claim, message: Claimed, result: Result) -> dict[str, Any]:
    """The values of `RECORD`."""
    return {
        "message": message.message_id,
        "batch_held": claim.batch,
        "epoch_held": message.epoch,
        "to": result.state,
        "why": None if result.state == "sent" else result.code,
        "provider": result.provider_id,
        "again_at": result.next_attempt_at,
        "handed_over": result.handed_over_at,
        "finished": result.finished_at,
    }


def attempted(message: Claimed, result: Result) -> dict[str, Any]:
    """The values of `ATTEMPT`."""
    return {
        "of_message": message.message_id,
        "in_epoch": message.epoch,
        "came": result.state,
        "answer": result.code[:64],
        "words": result.detail,
        "at": result.finished_at,
    }


def withhold(connection: sa.Connection, claim: Claim, reasons: Mapping[int, str], *, now: datetime) -> int:
    """Withhold messages of the claim whose first byte was not sent; how many were still ours."""
    return _change(
        connection,
        claim,
        {
            message_id: {"to": "withheld", "why": code, "finished": now}
            for message_id, code in reasons.items()
        },
    )


def postpone(connection: sa.Connection, claim: Claim, reasons: Mapping[int, str], *, until: datetime) -> int:
    """Put messages whose first byte was not sent off until `until`, with the reason; how many were ours."""
    return _change(
        connection,
        claim,
        {
            message_id: {"to": "deferred", "why": code, "again_at": until}
            for message_id, code in reasons.items()
        },
    )


def release(connection: sa.Connection, claim: Claim, message_ids: Iterable[int]) -> int:
    """Put messages whose first byte was not sent back into the queue; how many were still ours."""
    return _change(connection, claim, {message_id: {"to": "queued"} for message_id in message_ids})


def renew(connection: sa.Connection, claim: Claim, lease: Lease) -> bool:
    """Hold on for longer; False when the claim was taken away."""
    mine = (table.c.batch == claim.batch) & (table.c.state == HELD)
    first = claim.messages[0].message_id, claim.messages[-1].message_id
    statement = (
        sa.update(table)
        .where(mine, table.c.message_id.between(*first))
        .values(lease_until=lease.until, lease_boottime=lease.boottime)
    )
    return connection.execute(statement).rowcount > 0


def requeue_due(connection: sa.Connection, plan_id: int, *, now: datetime) -> int:
    """Queue the deferred messages whose next time has come; how many."""
    due = (table.c.plan_id == plan_id) & (table.c.state == "deferred") & (table.c.next_attempt_at <= now)
    return connection.execute(
        sa.update(table).where(due).values(state="queued", next_attempt_at=None, address_digest=None)
    ).rowcount


def held(connection: sa.Connection, plan_id: int) -> list[Held]:
    """The batches of a plan that somebody holds, or held when they died."""
    columns = (table.c.batch, table.c.worker, table.c.boot_id, table.c.lease_until, table.c.lease_boottime)
    select = (
        sa.select(*columns, table.c.together, sa.func.count().label("messages"))
        .where(table.c.plan_id == plan_id, table.c.state == HELD)
        .group_by(*columns, table.c.together)
    )
    return [
        Held(
            plan_id=plan_id,
            batch=row.batch,
            holder=Holder(worker=row.worker, boot_id=row.boot_id or ""),
            lease=Lease(until=row.lease_until, boottime=row.lease_boottime),
            together=row.together,
            messages=row.messages,
        )
        for row in connection.execute(select)
    ]


def take_over(connection: sa.Connection, held: Held, *, certain: bool, now: datetime) -> tuple[int, int]:
    """Settle what a lost sender left: (how many became unknown, how many went back to the queue).

    `certain`: no power was lost since, so every outcome is there, and only the first `held.together` messages
    without one can have left. A holder who has renewed the lease meanwhile keeps everything.
    """
    mine = (
        (table.c.plan_id == held.plan_id)
        & (table.c.state == HELD)
        & (table.c.batch == held.batch)
        & (table.c.lease_boottime == held.lease.boottime)
    )
    rows = connection.execute(sa.select(table.c.message_id, table.c.epoch).where(mine)).all()
    ids = sorted((row.message_id, row.epoch) for row in rows)
    lost, safe = (ids[: held.together], ids[held.together :]) if certain else (ids, [])
    for message_id, epoch in lost:
        _lose(connection, mine, message_id, epoch, now)
    if safe:
        _queue_again(connection, mine, [message_id for message_id, _ in safe])
    return len(lost), len(safe)


def _lose(
    connection: sa.Connection, mine: sa.ColumnElement[bool], message_id: int, epoch: int, now: datetime
) -> None:
    change = {"state": "unknown", "reason": LOST, "finished_at": now, "attempts": table.c.attempts + 1}
    connection.execute(
        sa.update(table).where(mine, table.c.message_id == message_id).values(**change, epoch=epoch + 1)
    )
    attempt = {"message_id": message_id, "epoch": epoch, "outcome": "unknown", "code": LOST}
    connection.execute(sa.insert(attempts).values(**attempt, finished_at=now))


def _queue_again(connection: sa.Connection, mine: sa.ColumnElement[bool], ids: list[int]) -> None:
    freed = {"state": "queued", "worker": None, "boot_id": None, "address_digest": None}
    for start in range(0, len(ids), 500):
        some = table.c.message_id.in_(ids[start : start + 500])
        connection.execute(sa.update(table).where(mine, some).values(**freed, epoch=table.c.epoch + 1))


def _change(connection: sa.Connection, claim: Claim, changes: Mapping[int, Mapping[str, Any]]) -> int:
    epochs = {message.message_id: message.epoch for message in claim.messages}
    changed = 0
    for message_id, change in changes.items():
        values = {"message": message_id, "batch_held": claim.batch, "epoch_held": epochs[message_id]}
        nothing = {"why": None, "finished": None, "again_at": None}
        changed += connection.execute(_GIVE_UP, {**nothing, **values, **change}).rowcount
    return changed


def _waiting(state: str) -> sa.Select[Any]:
    chosen = (
        sa.select(table.c.message_id)
        .where(
            table.c.plan_id == sa.bindparam("plan"),
            table.c.state == state,
            table.c.message_id.between(sa.bindparam("low"), sa.bindparam("high")),
        )
        .order_by(table.c.message_id)
        .limit(sa.bindparam("count"))
    )
    return sa.select(chosen.subquery().c.message_id)


# The waiting ones of either state, lowest numbers first. Two limited look-ups in the queue's index are quick
# where one look-up in both states would sort all that wait.
_BOTH = sa.union_all(_waiting("planned"), _waiting("queued")).subquery()
_CHOSEN = sa.select(_BOTH.c.message_id).order_by(_BOTH.c.message_id).limit(sa.bindparam("count"))
_APPROVED = sa.exists().where(plans.c.plan_id == sa.bindparam("plan"), plans.c.state == "approved")
_CLAIM = (
    sa.update(table)
    .where(table.c.message_id.in_(_CHOSEN), table.c.state.in_(("planned", "queued")), _APPROVED)
    .values(
        state=HELD,
        batch=sa.bindparam("new_batch"),
        worker=sa.bindparam("new_worker"),
        boot_id=sa.bindparam("new_boot"),
        lease_until=sa.bindparam("until"),
        lease_boottime=sa.bindparam("boottime"),
        together=sa.bindparam("at_once"),
        epoch=table.c.epoch + 1,
        reason=None,
        finished_at=None,
    )
    .returning(*(table.c[name] for name in Claimed.__dataclass_fields__))
)
_MINE = (
    (table.c.message_id == sa.bindparam("message"))
    & (table.c.batch == sa.bindparam("batch_held"))
    & (table.c.state == HELD)
)
_MINE_STILL = _MINE & (table.c.epoch == sa.bindparam("epoch_held"))
_NOTE_ADDRESS = sa.update(table).where(_MINE).values(address_digest=sa.bindparam("digest"))
RECORD = (
    sa.update(table)
    .where(_MINE_STILL)
    .values(
        state=sa.bindparam("to"),
        reason=sa.bindparam("why"),
        attempts=table.c.attempts + 1,
        provider_id=sa.bindparam("provider"),
        next_attempt_at=sa.bindparam("again_at"),
        handed_over_at=sa.bindparam("handed_over"),
        finished_at=sa.bindparam("finished"),
    )
)
ATTEMPT = sa.insert(attempts).values(
    message_id=sa.bindparam("of_message"),
    epoch=sa.bindparam("in_epoch"),
    outcome=sa.bindparam("came"),
    code=sa.bindparam("answer"),
    detail=sa.bindparam("words"),
    finished_at=sa.bindparam("at"),
)
_GIVE_UP = (
    sa.update(table)
    .where(_MINE_STILL)
    .values(
        state=sa.bindparam("to"),
        reason=sa.bindparam("why"),
        next_attempt_at=sa.bindparam("again_at"),
        finished_at=sa.bindparam("finished"),
        worker=None,
        boot_id=None,
        address_digest=None,
    )
)
