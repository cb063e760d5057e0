"""Presses of an unsubscribe button, from links to events of the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from campaigns.content.tokens import Claim
from campaigns.ledger import tokens
from campaigns.ledger.database import Ledger
from campaigns.permissions.recording import Unsubscribe, unsubscribe_all


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """One POST with a good token."""

    claim: Claim
    everything: bool
    at: datetime


def record(connection: Connection, presses: Sequence[Press]) -> None:
    """Record them; somebody who was erased since has nothing left that could be recorded."""
    found = [(press, tokens.person_of(connection, press.claim.token_key)) for press in presses]
    words = [_word(press, *owner) for press, owner in found if owner is not None]
    unsubscribe_all(Ledger.of(connection), connection, words)


def _word(press: Press, controller: str, person_id: int) -> Unsubscribe:
    return Unsubscribe(
        controller=controller,
        person_id=person_id,
        channel=press.claim.channel,
        purpose=press.claim.purpose,
        list_name=press.claim.list,
        everything=press.everything,
        now=press.at,
        source="web",
    )
