"""From what a channel answered to what the ledger keeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from campaigns.ledger.claims import Result

if TYPE_CHECKING:
    from campaigns.channels.protocol import Outcome

FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=4)
TRIED_FOR = timedelta(hours=24)
GAVE_UP = "GAVE_UP"


def wait(attempts: int, retry_after: float | None) -> timedelta:
    """How long until the next attempt after `attempts` of them: doubling, and never sooner than asked."""
    doubling = FIRST_WAIT * (1 << min(attempts - 1, 8))
    asked = timedelta(seconds=max(0.0, retry_after or 0.0))
    return max(min(doubling, LONGEST_WAIT), min(asked, TRIED_FOR))


def result(outcome: Outcome, *, attempts: int, handed_over_at: datetime, now: datetime) -> Result:
    """The outcome as the ledger keeps it; `attempts` counts this one.

    A message that was put off for about a day is given up.
    """
    state, code = outcome.state, outcome.code
    next_attempt_at = None
    if state == "deferred":
        if _waited(attempts) >= TRIED_FOR:
            state, code = "failed", GAVE_UP
        else:
            next_attempt_at = now + wait(attempts, outcome.retry_after)
    return Result(
        state=state,
        code=code,
        detail=outcome.detail[:500],
        provider_id=outcome.provider_id[:255] or None,
        next_attempt_at=next_attempt_at,
        handed_over_at=handed_over_at,
        finished_at=now,
    )


def _waited(attempts: int) -> timedelta:
    """The sum of the waits that `attempts` attempts have had, and the one that would come."""
    return sum((wait(number, None) for number in range(1, attempts + 1)), timedelta())
