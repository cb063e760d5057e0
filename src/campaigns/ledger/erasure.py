"""The one path by which what we know of a person leaves the ledger.

What stays: events emptied of their free fields (their chain still verifies), that a message was sent and by
which decision, ids and times; and keyed digests of what recognises the person, so that a source may send them
again and they are still not contacted.
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
from campaigns.ledger.tables import (
    attempts,
    decisions,
    messages,
    permission_events,
    person_tokens,
    responses,
    rights_requests,
)

PENDING = ("planned", "queued", "deferred")
TOUCHED = (permission_events, person_tokens, responses, attempts, decisions, messages, rights_requests)


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Something that recognises a person: a normalised address, or what `register.erased` makes of more."""

    channel: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Erased:
    """What an erasure did, in counts. `leaving`: messages that are being handed over right now."""

    events: int
    tokens: int
    messages_withheld: int
    addresses: int
    leaving: int


def digests(ledger: Ledger, controller: str, addresses: Iterable[Address]) -> list[tuple[str, str]]:
    """The channel and keyed digest of each address, each once, in order."""
    return sorted(
        {
            (address.channel, ledger.address_digest(controller, address.channel, address.value))
            for address in addresses
        }
    )


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
    kept = remember(connection, controller, digests(Ledger.of(connection), controller, addresses), now=now)
    mine = (messages.c.controller == controller) & among(connection, messages.c.person_id, person_ids)
    done = Erased(
        addresses=kept,
        messages_withheld=_withhold(connection, mine, now),
        tokens=_drop_tokens(connection, controller, person_ids),
        events=_empty_events(connection, controller, person_ids, now),
        leaving=_leaving(connection, mine),
    )
    _blank_messages(connection, mine)
    _blank_responses(connection, controller, person_ids)
    _blank_requests(connection, controller, person_ids)
    return done


def remember(
    connection: sa.Connection, controller: str, found: Iterable[tuple[str, str]], *, now: datetime
) -> int:
    """Keep digests (channel, digest) of erased people; how many were new."""
    return sum(
        suppressions.add_digest(
            connection, controller=controller, channel=channel, digest=digest, reason="erased", now=now
        )
        for channel, digest in found
    )


def mark(
    connection: sa.Connection, controller: str, person_ids: Sequence[int], *, now: datetime, source: str
) -> None:
    """Append that these people are erased; once for each, however often it is said."""
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
                source=source,
            )
            for person_id in person_ids
        ],
    )


def _empty_events(
    connection: sa.Connection, controller: str, person_ids: Sequence[int], now: datetime
) -> int:
    mark(connection, controller, person_ids, now=now, source="rights")
    table = permission_events
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    empty: dict[str, object] = {
        "address_digest": None,
        "method": None,
        "evidence": None,
        "details": {},
        "erased_at": now,
    }
    full = mine & table.c.erased_at.is_(None)
    return connection.execute(sa.update(table).where(full).values(empty)).rowcount


def _blank_responses(connection: sa.Connection, controller: str, person_ids: Sequence[int]) -> None:
    mine = (responses.c.controller == controller) & among(connection, responses.c.person_id, person_ids)
    connection.execute(sa.update(responses).where(mine).values(details={}))


def _blank_requests(connection: sa.Connection, controller: str, person_ids: Sequence[int]) -> None:
    table = rights_requests
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    connection.execute(sa.update(table).where(mine).values(reason=None))


def _drop_tokens(connection: sa.Connection, controller: str, person_ids: Sequence[int]) -> int:
    table = person_tokens
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    return connection.execute(sa.delete(table).where(mine)).rowcount


def _withhold(connection: sa.Connection, mine: sa.ColumnElement[bool], now: datetime) -> int:
    pending = messages.c.state.in_(PENDING)
    change = {"state": "withheld", "reason": "ERASED", "finished_at": now}
    return connection.execute(sa.update(messages).where(mine & pending).values(change)).rowcount


def _leaving(connection: sa.Connection, mine: sa.ColumnElement[bool]) -> int:
    leaving = sa.select(sa.func.count()).where(mine & (messages.c.state == "handing_over"))
    return int(connection.execute(leaving.select_from(messages)).scalar_one())


def _blank_messages(connection: sa.Connection, mine: sa.ColumnElement[bool]) -> None:
    """What providers answered may quote the address. The digest of an address keeps one from getting two
    copies, which only matters while a message is on its way.
    """
    numbers = sa.select(messages.c.message_id).where(mine)
    connection.execute(sa.update(attempts).where(attempts.c.message_id.in_(numbers)).values(detail=None))
    settled = mine & (messages.c.state != "handing_over") & messages.c.address_digest.is_not(None)
    connection.execute(sa.update(messages).where(settled).values(address_digest=None))
