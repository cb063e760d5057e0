"""After a crash: what a lost sender left half done is settled before anything else is sent.

Of a batch that was handed over in this same boot, only the first group without outcomes can have left (one
message by SMTP): it becomes `unknown`, the others go back to the queue. After another boot, or when unsure,
late writes may be missing, so all of them become `unknown`. Nothing here is ever sent again on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns.ledger import claims
from campaigns.ledger.database import Ledger
from campaigns.mailings.sending.identity import Fate, fate


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovered:
    """What was settled, and how many messages other senders still hold."""

    unknown: int
    queued: int
    held: int


def recover(ledger: Ledger, plan_id: int, *, now: datetime) -> Recovered:
    """Settle the batches of lost senders of a plan."""
    with ledger.read() as connection:
        if not claims.held(connection, plan_id):
            return Recovered(unknown=0, queued=0, held=0)
    unknown = queued = there = 0
    with ledger.write() as connection:
        for held in claims.held(connection, plan_id):
            what = fate(held, now=now, one_machine=ledger.is_sqlite)
            if what is Fate.THERE:
                there += held.messages
                continue
            lost, safe = claims.take_over(connection, held, certain=what is Fate.LOST, now=now)
            unknown, queued = unknown + lost, queued + safe
    return Recovered(unknown=unknown, queued=queued, held=there)
