"""Presses of an unsubscribe button, from links to events of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from campaigns.content.tokens import Claim
from campaigns.ledger import responses, tokens
from campaigns.ledger.database import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.responses import Response
from campaigns.ledger.tables import messages as table
from campaigns.permissions.recording import Unsubscribe, unsubscribe_all


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """One POST with a good token."""

    claim: Claim
    everything: bool
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class _Owned:
    press: Press
    controller: str
    person_id: int

    @property
    def key(self) -> tuple[str, int, str]:
        return self.controller, self.person_id, self.press.claim.channel


def record(connection: Connection, presses: Sequence[Press]) -> None:
    """Record them; somebody who was erased since has nothing left that could be recorded."""
    people = tokens.people_of(connection, {press.claim.token_key for press in presses})
    owned = [
        _Owned(press=press, controller=owner[0], person_id=owner[1])
        for press in presses
        if (owner := people.get(press.claim.token_key)) is not None
    ]
    unsubscribe_all(Ledger.of(connection), connection, [_word(one) for one in owned])
    responses.add(connection, _responses(connection, owned))


def _word(one: _Owned) -> Unsubscribe:
    claim = one.press.claim
    return Unsubscribe(
        controller=one.controller,
        person_id=one.person_id,
        channel=claim.channel,
        purpose=claim.purpose,
        list_name=claim.list,
        everything=one.press.everything,
        now=one.press.at,
        source="web",
    )


def _responses(connection: Connection, owned: Sequence[_Owned]) -> list[Response]:
    """A link names no message, so the report counts the press for the last one that reached the person."""
    last = _last_messages(connection, owned)
    return [
        Response(
            natural_key=f"unsubscribed:{message_id}",
            controller=one.controller,
            kind="unsubscribed",
            occurred_at=one.press.at,
            message_id=message_id,
            person_id=one.person_id,
            mailing=mailing,
        )
        for one in owned
        if one.key in last
        for message_id, mailing in (last[one.key],)
    ]


def _last_messages(
    connection: Connection, owned: Sequence[_Owned]
) -> dict[tuple[str, int, str], tuple[int, str]]:
    columns = (table.c.controller, table.c.person_id, table.c.channel, table.c.message_id, table.c.mailing)
    theirs = table.c.controller.in_({one.controller for one in owned}) & among(
        connection, table.c.person_id, {one.person_id for one in owned}
    )
    sent = select(*columns).where(theirs & table.c.handed_over_at.is_not(None))
    rows = connection.execute(sent.order_by(table.c.message_id))
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in rows}
