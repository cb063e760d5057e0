"""Messages: one row a person, its decisions and attempts. Who holds a row, and its outcome, is in `claims`.

    planned ─▶ queued ─▶ handing_over ─▶ sent | deferred | failed | unknown
       │          │           │
       └──────────┴───────────┴─▶ withheld (with a reason code)

A row stays `planned` until it is claimed: that its plan is approved is said once, in the plan's row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.errors import NotFound
from campaigns.ledger import bulk
from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import attempts, decisions, plans
from campaigns.ledger.tables import messages as table

if TYPE_CHECKING:
    import polars as pl

WAITING = ("planned", "queued")  # may be claimed once the plan is approved
PENDING = (*WAITING, "deferred", "handing_over")  # a plan with one of these is not done
SETTLED = ("sent", "failed")  # what a person may say of an unknown message


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """How many messages of a plan share state, reason, channel, variant and language."""

    plan_id: int
    plan_state: str
    state: str
    reason: str | None
    channel: str
    variant: str
    language: str | None
    messages: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """The waiting messages of a plan: how many, the lowest and the highest number."""

    first: int
    last: int
    messages: int


def add(connection: sa.Connection, shared: Mapping[str, Any], rows: pl.DataFrame) -> None:
    """Write messages of a plan; `shared` are the columns that are equal for all of them."""
    bulk.insert(connection, table, shared, rows)


def decide(connection: sa.Connection, shared: Mapping[str, Any], rows: pl.DataFrame) -> None:
    """Write decisions: columns of the table and `person_id`, those in `shared` equal for all of them.

    Each gets a keyed digest of itself and of whom it is about, so that one edited by hand is found.
    """
    import polars as pl

    if "facts" not in rows.columns:
        rows = rows.with_columns(facts=pl.lit(None, pl.String))
    whole = rows.with_columns(
        *(pl.lit(value).alias(name) for name, value in shared.items() if name != "decided_at"),
        decided_at=pl.lit(shared["decided_at"]).dt.cast_time_unit("us"),
    )
    sealed = rows.drop("person_id").with_columns(digest=decision_seals(Ledger.of(connection).key, whole))
    bulk.insert(connection, decisions, shared, sealed)


def decision_seals(key: bytes, rows: pl.DataFrame) -> pl.Series:
    """The keyed digest of each row of decisions with `person_id`; two microseconds a row."""
    import polars as pl

    columns = [pl.col(name).cast(pl.String).fill_null("") for name in _DECIDED]
    moment = pl.col("decided_at").dt.epoch("us").cast(pl.String)
    texts = rows.select(pl.concat_str(*columns, moment, separator="\x1f")).to_series().to_list()
    digests = [blake2b(text.encode(), key=key, digest_size=16).hexdigest() for text in texts]
    return pl.Series("digest", digests, pl.String)


def remove_unsent(connection: sa.Connection, plan_id: int, *, most: int) -> int:
    """Remove up to `most` messages that were never handed over, with their decisions; how many it were."""
    chosen = (
        sa.select(table.c.message_id)
        .where(table.c.plan_id == plan_id, table.c.attempts == 0, table.c.state.in_((*WAITING, "withheld")))
        .limit(most)
    )
    ids = list(connection.scalars(chosen))
    for start in range(0, len(ids), 500):
        some = ids[start : start + 500]
        connection.execute(sa.delete(decisions).where(decisions.c.message_id.in_(some)))
        connection.execute(sa.delete(table).where(table.c.message_id.in_(some)))
    return len(ids)


def handed_over(connection: sa.Connection, mailing: str, occurrence: str) -> pl.DataFrame:
    """People of an occurrence who have a message already: `controller, person_id, channel, state`."""
    select = sa.select(table.c.controller, table.c.person_id, table.c.channel, table.c.state).where(
        table.c.mailing == mailing, table.c.occurrence == occurrence
    )
    return Ledger.of(connection).frame(connection, select)


def window(connection: sa.Connection, plan_id: int, *, after: int, count: int) -> pl.DataFrame:
    """The next `count` waiting messages after a number, in order:

    `message_id, person_id, subject, channel, language, variant, site_id`.
    """
    halves = [
        _WINDOW.where(table.c.plan_id == plan_id, table.c.state == state, table.c.message_id > after)
        .order_by(table.c.message_id)
        .limit(count)
        .subquery()
        for state in WAITING
    ]
    both = sa.union_all(*(sa.select(half) for half in halves)).subquery()
    return Ledger.of(connection).frame(connection, sa.select(both).order_by(both.c.message_id).limit(count))


def pending(connection: sa.Connection, plan_id: int) -> int:
    """How many messages of the plan are neither finished nor withheld."""
    mine = (table.c.plan_id == plan_id) & table.c.state.in_(PENDING)
    return int(connection.execute(sa.select(sa.func.count()).where(mine)).scalar_one())


def span(connection: sa.Connection, plan_id: int) -> Span | None:
    """How many messages wait, and between which numbers; None when none does."""
    mine = (table.c.plan_id == plan_id) & table.c.state.in_(WAITING)
    first, last, number = sa.func.min(table.c.message_id), sa.func.max(table.c.message_id), sa.func.count()
    row = connection.execute(sa.select(first, last, number).where(mine)).one()
    return Span(first=row[0], last=row[1], messages=row[2]) if row[2] else None


def has_untried(connection: sa.Connection, plan_id: int) -> bool:
    """Whether a message waits that was never handed over."""
    return connection.execute(_untried(plan_id).limit(1)).first() is not None


def withhold_untried(
    connection: sa.Connection, plan_id: int, *, reason: str, most: int, now: datetime
) -> int:
    """Withhold up to `most` messages that were never handed over; how many it were."""
    chosen = _untried(plan_id).limit(most).subquery()
    return connection.execute(
        sa.update(table)
        .where(table.c.message_id.in_(sa.select(chosen.c.message_id)))
        .values(state="withheld", reason=reason, finished_at=now)
    ).rowcount


def _untried(plan_id: int) -> sa.Select[tuple[int]]:
    return sa.select(table.c.message_id).where(
        table.c.plan_id == plan_id, table.c.state.in_(WAITING), table.c.attempts == 0
    )


def next_attempt(connection: sa.Connection, plan_id: int) -> datetime | None:
    """When the first deferred message of the plan is due again."""
    select = sa.select(sa.func.min(table.c.next_attempt_at)).where(
        table.c.plan_id == plan_id, table.c.state == "deferred"
    )
    found: datetime | None = connection.execute(select).scalar_one()
    return found


def tally(
    connection: sa.Connection,
    *,
    mailing: str | None = None,
    occurrence: str | None = None,
    plan_id: int | None = None,
) -> list[Tally]:
    """Counts of messages, by plan and by what they share."""
    keys = [table.c.plan_id, plans.c.state.label("plan_state"), table.c.state, table.c.reason]
    keys += [table.c.channel, table.c.variant, table.c.language]
    select = sa.select(*keys, sa.func.count().label("messages")).join(
        plans, plans.c.plan_id == table.c.plan_id
    )
    for column, wanted in (
        (table.c.mailing, mailing),
        (table.c.occurrence, occurrence),
        (table.c.plan_id, plan_id),
    ):
        if wanted is not None:
            select = select.where(column == wanted)
    rows = connection.execute(select.group_by(*keys).order_by(*keys))
    return [Tally(**dict(row._mapping)) for row in rows]


def unknown(connection: sa.Connection, mailing: str | None = None) -> pl.DataFrame:
    """Messages whose outcome is not known, to be resolved by provider events or a person:

    `message_id, plan_id, mailing, occurrence, controller, person_id, channel, reason, finished_at`.
    """
    columns = (
        "message_id",
        "plan_id",
        "mailing",
        "occurrence",
        "controller",
        "person_id",
        "channel",
        "reason",
    )
    select = sa.select(*(table.c[name] for name in columns), table.c.finished_at)
    select = select.where(table.c.state == "unknown").order_by(table.c.message_id)
    if mailing is not None:
        select = select.where(table.c.mailing == mailing)
    return Ledger.of(connection).frame(connection, select)


def get(connection: sa.Connection, message_id: int) -> sa.Row[Any]:
    """One message, all columns. Raises `NotFound` LED021."""
    row = connection.execute(sa.select(table).where(table.c.message_id == message_id)).one_or_none()
    if row is None:
        raise NotFound("LED021", f"there is no message {message_id}.")
    return row


def decisions_of(connection: sa.Connection, message_id: int) -> Sequence[sa.Row[Any]]:
    """The decisions about a message, oldest first."""
    select = sa.select(decisions).where(decisions.c.message_id == message_id)
    return connection.execute(select.order_by(decisions.c.decision_id)).all()


def attempts_of(connection: sa.Connection, message_id: int) -> Sequence[sa.Row[Any]]:
    """The attempts to hand a message over, oldest first."""
    select = sa.select(attempts).where(attempts.c.message_id == message_id)
    return connection.execute(select.order_by(attempts.c.attempt_id)).all()


def settle(
    connection: sa.Connection, message_ids: Iterable[int], *, outcome: str, code: str, now: datetime
) -> list[int]:
    """Say of unknown messages that they were `sent` or `failed`; which of them were unknown.

    Only a person's or a provider's word comes here; nothing calls it on its own, and nothing sends again.
    """
    statement = (
        sa.update(table)
        .where(table.c.message_id.in_(list(message_ids)), table.c.state == "unknown")
        .values(state=outcome, reason=code, finished_at=now)
        .returning(table.c.message_id)
    )
    return sorted(connection.scalars(statement))


_DECIDED = (
    "message_id",
    "person_id",
    "stage",
    "allowed",
    "code",
    "evidence",
    "facts",
    "rule_version",
    "ledger_position",
    "lake_snapshot",
)
_WINDOW = sa.select(
    table.c.message_id,
    table.c.person_id,
    table.c.subject,
    table.c.channel,
    table.c.language,
    table.c.variant,
    table.c.site_id,
)
