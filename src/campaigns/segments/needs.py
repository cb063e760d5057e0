"""What a segment needs from its rows: metrics over periods, and fields of a place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from campaigns.catalogue.model import FieldEntry
from campaigns.segments.model import (
    Condition,
    FieldCondition,
    GroupCondition,
    MetricCondition,
    MetricOrder,
    RelatedCondition,
    Segment,
    ShareOf,
    children,
)
from campaigns.segments.rows import MAIN, Measured


def every_metric(segment: Segment) -> list[Measured]:
    """Every metric over every period, at any depth and in segments that it refers to."""
    return _unique([*_metrics(segment.every_condition()), *of_limit(segment)])


def metrics_here(conditions: Iterable[Condition], more: Iterable[Measured] = ()) -> list[Measured]:
    """The metrics that conditions about the same rows need."""
    return _unique([*_metrics(_same_rows(conditions)), *more])


def of_limit(segment: Segment) -> list[Measured]:
    """The metric that orders the limit."""
    order = segment.limit.order if segment.limit else None
    if not isinstance(order, MetricOrder):
        return []
    return [Measured(metric=order.metric, period=order.period, consent=order.consent, highest=order.highest)]


def fields_here(conditions: Iterable[Condition], relation: str) -> list[FieldEntry]:
    """The fields of the relation's own tables that conditions about the same rows need, each once."""
    found = {
        condition.field.name: condition.field
        for condition in _same_rows(conditions)
        if isinstance(condition, FieldCondition) and condition.field.table in MAIN[relation]
    }
    return list(found.values())


def in_order(segment: Segment) -> Iterator[Condition]:
    """The segment's own conditions at every depth, in the order of the file."""
    for condition in (*segment.who, *segment.exceptions):
        yield from _own(condition)


def _own(condition: Condition) -> Iterator[Condition]:
    yield condition
    if isinstance(condition, GroupCondition | RelatedCondition):
        for inner in children(condition):
            yield from _own(inner)


def _metrics(conditions: Iterable[Condition]) -> Iterator[Measured]:
    for condition in conditions:
        if isinstance(condition, MetricCondition):
            metrics = [condition.metric]
            metrics += [test.value.metric for test in condition.tests if isinstance(test.value, ShareOf)]
            over = [(metric, condition.period) for metric in metrics]
            if condition.change_from:
                over.append((condition.metric, condition.change_from))
            for metric, period in over:
                yield Measured(metric=metric, period=period, consent=condition.consent)


def _same_rows(conditions: Iterable[Condition]) -> Iterator[Condition]:
    """Into groups, but not into relations or other segments."""
    for condition in conditions:
        yield condition
        if isinstance(condition, GroupCondition):
            yield from _same_rows(condition.conditions)


def _unique(found: Iterable[Measured]) -> list[Measured]:
    return sorted({one.column: one for one in found}.values(), key=lambda one: one.column)
