"""Sequences: something that a person did, and what they did, or did not do, after it."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.catalogue.model import EventEntry
from campaigns.segments.model import Duration, EventCondition

Properties = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SequenceCondition(EventCondition):
    """One of the events was followed by one of another kind, or by none until the time for it was over.

    `within` and `where` are of the first event, `then_where` of the second. `then_within` is counted in whole
    days from the day of the first; the second comes after it by time. While the time for it runs, it is
    unknown whether a first event stays without a second.
    """

    then: EventEntry
    then_where: Properties = ()
    then_within: Duration
    then_negated: bool = False

    @property
    def events(self) -> tuple[EventEntry, ...]:
        """The kinds of events that it asks about."""
        return (self.event, self.then)
