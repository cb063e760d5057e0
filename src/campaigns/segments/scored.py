"""When the scores that a segment asks about were last published, for its preview."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from campaigns.engine import Engine
from campaigns.segments import choosing
from campaigns.segments.model import Duration, ScoreCondition, ScoreOrder, Segment
from campaigns.segments.sentences import said


def sentences(db: Engine, segment: Segment, as_of: date, zone: ZoneInfo) -> Iterator[str]:
    """One for each score and age: the day and version of what was said last, and whether it is too old."""
    until = datetime.combine(as_of + timedelta(days=1), time(), zone)
    asked = dict.fromkeys((one.score.name, one.not_older_than) for one in _asked(segment))
    for name, age in asked:
        shared = {"controller": segment.controller, "score": name, "until": until}
        at, version = db.query(choosing.SQL["last_score"], shared).row(0)
        if at is None:
            yield f"score {name}: no model has said anything yet"
            continue
        day = at.astimezone(zone).date()
        yield f"score {name}: last said on {day}, version {version}{_too_old(day, age, as_of)}"


def _too_old(day: date, age: Duration, as_of: date) -> str:
    return f", which is older than {said(age)}: unknown of everybody" if day < age.before(as_of) else ""


def _asked(segment: Segment) -> Iterator[ScoreCondition | ScoreOrder]:
    yield from (one for one in segment.every_condition() if isinstance(one, ScoreCondition))
    if segment.limit is not None and isinstance(segment.limit.order, ScoreOrder):
        yield segment.limit.order
