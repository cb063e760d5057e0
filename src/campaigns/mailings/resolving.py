"""Settling what is unknown: a person looks up what became of a message; it is never sent again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from campaigns.errors import Refused, UserError
from campaigns.ledger import audit, messages
from campaigns.settings.binding import suggestion

if TYPE_CHECKING:
    from campaigns.ledger import Ledger


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """What was settled."""

    message_id: int
    outcome: str

    def __str__(self) -> str:
        return f"message {self.message_id} is {self.outcome} now"


def resolve(
    ledger: Ledger, message_id: int, *, outcome: str, note: str, actor: str, now: datetime
) -> Resolved:
    """Say that an unknown message was `sent` or `failed`; `note` says how one knows.

    Raises `UserError` MAI003 for another outcome, `NotFound` LED021 without such a message, `Refused` MAI028
    when its outcome is known already.
    """
    if outcome not in messages.SETTLED:
        raise UserError("MAI003", f"`{outcome}` is no outcome.", hint=suggestion(outcome, messages.SETTLED))
    with ledger.write() as connection:
        row = messages.get(connection, message_id)
        if not messages.settle(connection, [message_id], outcome=outcome, code="RESOLVED", now=now):
            raise Refused("MAI028", f"message {message_id} is {row.state}, not unknown.")
        audit.record(
            connection,
            at=now,
            actor=actor,
            action="message_resolved",
            controller=row.controller,
            person_id=row.person_id,
            details={"message": message_id, "outcome": outcome, "note": note},
        )
    return Resolved(message_id=message_id, outcome=outcome)
