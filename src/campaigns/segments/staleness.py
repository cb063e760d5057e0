"""Data too old for a segment that says `expect: {data_not_older_than: …}`.

Judged by what its metrics rest on: the newest full day of the register's readings, and the day for which the
metrics were computed. Of the two the older one counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from campaigns.consumption import freshness
from campaigns.segments.model import Segment

if TYPE_CHECKING:
    from campaigns.engine import Engine


@dataclass(frozen=True, kw_only=True, slots=True)
class Stale:
    """Why a segment may not be used today, in one sentence, and what to do about it."""

    sentence: str
    hint: str


def stale(db: Engine, segment: Segment, *, as_of: date) -> Stale | None:
    """None when the data are young enough, or when the segment does not ask."""
    limit = segment.expect.data_not_older_than
    if limit is None:
        return None
    oldest = limit.before(as_of)
    fresh = freshness.of(db, today=as_of).get(segment.controller)
    full = None if fresh is None else fresh.newest_full_day
    if full is None or full < oldest:
        named = "readings have no full day" if full is None else f"the newest full day of readings is {full}"
        share = "" if fresh is None else f"; {fresh.of_yesterday}"
        return Stale(
            sentence=f"{named}, and data may not be older than {oldest}{share}.",
            hint="import the missing readings, then: campaigns metrics",
        )
    computed = freshness.computed_for(db).get(segment.controller)
    if computed is None or computed < oldest:
        named = "metrics were never computed" if computed is None else f"metrics were computed for {computed}"
        return Stale(
            sentence=f"{named}, and data may not be older than {oldest}; readings are full to {full}.",
            hint="campaigns metrics",
        )
    return None
