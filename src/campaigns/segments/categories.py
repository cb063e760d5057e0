"""Which data categories a segment touches, and by which words."""

from __future__ import annotations

from collections.abc import Iterator

from campaigns.catalogue.model import Catalogue
from campaigns.segments.model import (
    EventCondition,
    FieldCondition,
    ListCondition,
    MessageCondition,
    MetricCondition,
    MetricOrder,
    RelatedCondition,
    ScoreCondition,
    Segment,
)

# What the data of a condition is that no entry of the catalogue describes: what we sent, what people did.
CATEGORIES = {"received": "marketing", "clicked": "behaviour", "in_list": "marketing"}


def used(segment: Segment, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """Every word of the catalogue in its conditions, exceptions included, with its data category."""
    for condition in segment.every_condition():
        match condition:
            case FieldCondition():
                yield condition.field.name, condition.field.category
            case MetricCondition():
                yield condition.metric.name, condition.metric.category
            case ScoreCondition():
                yield condition.score.name, condition.score.category
            case EventCondition():
                yield from ((event.name, event.category) for event in condition.events)
            case MessageCondition(verb=verb):
                yield verb, CATEGORIES[verb]
            case ListCondition(name=name):
                yield name, CATEGORIES["in_list"]
            case RelatedCondition():
                yield condition.relation, catalogue.relations[condition.relation].category
    if segment.limit is not None and segment.limit.order is not None:
        order = segment.limit.order
        entry = order.metric if isinstance(order, MetricOrder) else order.score
        yield entry.name, entry.category
