"""In which segments a person is today, and the conditions that say so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from campaigns.errors import Mistakes
from campaigns.segments.explaining import why

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.ledger import Ledger
    from campaigns.permissions.state import Words
    from campaigns.segments.library import Library
    from campaigns.segments.model import Segment
    from campaigns.settings.model import Settings


def of_person(
    segments: Library,
    controller: str,
    person_id: int,
    *,
    db: Engine,
    ledger: Ledger,
    settings: Settings,
    words: Words,
    as_of: date,
    at: datetime,
) -> Iterator[dict[str, Any]]:
    """Every segment of this controller with the verdict of its conditions about the person.

    The conditions are told line by line of segments that the person is in. A file with mistakes makes no
    segment: nobody is chosen by it.
    """
    for segment in _segments(segments, controller):
        found = why(
            segment,
            person_id,
            db=db,
            ledger=ledger,
            settings=settings,
            as_of=as_of,
            at=at,
            words=words,
        )
        yield {
            "segment": segment.name,
            "title": segment.title,
            "purpose": segment.purpose,
            "profiled": segment.profiled,
            "member": found.member,
            "conditions": [node.as_json() for node in found.tree.conditions] if found.member else [],
            "permission": found.as_json()["permission"] if found.member else {},
        }


def _segments(library: Library, controller: str) -> Iterator[Segment]:
    for name in library.names():
        try:
            segment = library.load(name)
        except Mistakes:
            continue
        if segment.controller == controller:
            yield segment
