"""The one path by which what we know of a person leaves the ledger.

What stays: events emptied of their free fields (their chain still verifies), and keyed digests of the
addresses, so that the person is recognised when a source sends them again and is still not contacted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from campaigns.ledger import suppressions
from campaigns.ledger.database import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.permission_events import PermissionEvent, append
from campaigns.ledger.tables import messages, permission_events, person_tokens, responses

PENDING = ("planned", "queued", "deferred")


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Something that recognises a person: a normalised address, or `key` for a customer number."""

    channel: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """What an erasure did, in counts."""

    events: int
    tokens: int
    messages_withheld: int
    addresses: int


def erase(
    connection: sa.Connection,
    controller: str,
    person_ids: Sequence[int],
    addresses: Iterable[Address],
    *,
    now: datetime,
) -> Erased:
    """Erase persons of one register; safe to repeat.

    Pending messages are withheld with ERASED, token keys go, free fields are emptied, an `erased` event is
    appended for each person, and digests of `addresses` stay in suppressions.
    """
    kept = sum(
        suppressions.add(
            connection,
            controller=controller,
            channel=address.channel,
            address=address.value,
            reason="erased",
            now=now,
        )
        for address in addresses
    )
    return Erased(
        addresses=kept,
        messages_withheld=_withhold(connection, controller, person_ids, now),
        tokens=_drop_tokens(connection, controller, person_ids),
        events=_empty_events(connection, controller, person_ids, now),
    )


def _empty_events(
    connection: sa.Connection, controller: str, person_ids: Sequence[int], now: datetime
) -> int:
    _append_erased(connection, controller, person_ids, now)
    table = permission_events
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    empty: dict[str, object] = {
        "address_digest": None,
        "method": None,
        "evidence": None,
        "details": {},
        "erased_at": now,
    }
    result = connection.execute(sa.update(table).where(mine & table.c.erased_at.is_(None)).values(empty))
    _blank_responses(connection, controller, person_ids)
    return result.rowcount


def _append_erased(
    connection: sa.Connection, controller: str, person_ids: Sequence[int], now: datetime
) -> None:
    ledger = Ledger.of(connection)
    append(
        connection,
        [
            PermissionEvent(
                event_id=ledger.digest("erased", controller, person_id),
                controller=controller,
                person_id=person_id,
                kind="erased",
                occurred_at=now,
                recorded_at=now,
                source="rights",
            )
            for person_id in person_ids
        ],
    )


def _blank_responses(connection: sa.Connection, controller: str, person_ids: Sequence[int]) -> None:
    mine = (responses.c.controller == controller) & among(connection, responses.c.person_id, person_ids)
    connection.execute(sa.update(responses).where(mine).values(details={}))


def _drop_tokens(connection: sa.Connection, controller: str, person_ids: Sequence[int]) -> int:
    table = person_tokens
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    return connection.execute(sa.delete(table).where(mine)).rowcount


def _withhold(connection: sa.Connection, controller: str, person_ids: Sequence[int], now: datetime) -> int:
    mine = (messages.c.controller == controller) & among(connection, messages.c.person_id, person_ids)
    pending = messages.c.state.in_(PENDING)
    change = {"state": "withheld", "reason": "ERASED", "finished_at": now}
    return connection.execute(sa.update(messages).where(mine & pending).values(change)).rowcount
