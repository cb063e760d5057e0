"""What the ledger knows of earlier mailings, put before the engine for segments that ask about it.

    messages  controller, mailing, kind, person_id, handed_over_at   what people received
    clicks    controller, mailing, kind, person_id, clicked_at       links that they followed

Only the mailings that a segment names are read. Who was in a control group got nothing and has no row.
"""

from __future__ import annotations

from campaigns.engine import Engine
from campaigns.ledger import Ledger, outcomes
from campaigns.segments.model import ANY_NEWSLETTER, MessageCondition, Segment
from campaigns.segments.rows import CLICKS, MESSAGES

NEWSLETTER = "newsletter"  # the kind of message


def register(db: Engine, segment: Segment, ledger: Ledger) -> None:
    """Make the frames `messages` and `clicks` that the segment's SQL names."""
    for verb, name, read in (
        ("received", MESSAGES, outcomes.received),
        ("clicked", CLICKS, outcomes.clicked),
    ):
        if mailings := asked(segment, verb):
            with ledger.read() as connection:
                kinds = {NEWSLETTER} if ANY_NEWSLETTER in mailings else ()
                of = outcomes.plans_of(connection, segment.controller, mailings, kinds)
                db.register(name, read(connection, of))


def position(segment: Segment, ledger: Ledger) -> str:
    """How far the mailings have come that the segment asks about; empty when it asks about none."""
    mailings = asked(segment, "received") | asked(segment, "clicked")
    if not mailings:
        return ""
    with ledger.read() as connection:
        kinds = {NEWSLETTER} if ANY_NEWSLETTER in mailings else ()
        return outcomes.position(
            connection, outcomes.plans_of(connection, segment.controller, mailings, kinds)
        )


def asked(segment: Segment, verb: str) -> set[str]:
    """The mailings that conditions of this verb name, at any depth."""
    return {
        condition.mailing
        for condition in segment.every_condition()
        if isinstance(condition, MessageCondition) and condition.verb == verb
    }
