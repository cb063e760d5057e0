"""Conditions on values: `field` and `metric`."""

from __future__ import annotations

from typing import Literal

from campaigns.catalogue.model import FieldEntry, MetricEntry
from campaigns.segments import values
from campaigns.segments.asking import Asked, read_tests
from campaigns.segments.conditions import Conditions, node_without
from campaigns.segments.conditions_of_changes import (
    KEY,
    change_from,
    is_misspelt,
    known_period,
    periods_of,
)
from campaigns.segments.conditions_of_ranks import KEYS, is_ranked, rank
from campaigns.segments.frame import Here
from campaigns.segments.model import Condition, FieldCondition, MetricCondition
from campaigns.segments.predicates import OPERATORS
from campaigns.settings.binding import near
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Node as AnyNode
from campaigns.settings.documents import Scalar
from campaigns.settings.model import DataLevel


def field(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`field: NAME` with tests."""
    name = reader.name_of(node)
    entry = _field(reader, name, here) if name else None
    if name is None or entry is None:
        return None
    before = len(reader.found)
    reader.refuse_closed(name, entry)
    tests = read_tests(Asked.of_field(entry), node_without(node, "unknown"), name, reader.found)
    unknown = reader.unknown(node, here)
    if len(reader.found) > before:
        return None
    return FieldCondition(place=reader.place(node), unknown=unknown, field=entry, tests=tests)


def _field(reader: Conditions, name: Scalar, here: Here) -> FieldEntry | None:
    fields = reader.frame.catalogue.fields[here.scope]
    if name.text in fields:
        return fields[name.text]
    message = f"{reader.plural(here)} have no field called `{values.short(name.text)}`."
    reader.say(name.mark.mistake("SEG021", message, _field_hint(reader, name.text, here)))
    return None


def _field_hint(reader: Conditions, name: str, here: Here) -> str:
    catalogue = reader.frame.catalogue
    if name in catalogue.metrics:
        return f"`{name}` is a metric: write `metric: {name}` with `over:`"
    if name in catalogue.events:
        return f"`{name}` is an event: write `did: {name}`"
    for relation in catalogue.relations_with(name):
        if relation == "person" and len(here.path) > 1:
            return f"`{name}` belongs to the person: move this condition out of `has: {here.path[1]}`"
        if relation in reader.reachable(here):
            plural = catalogue.relations[relation].plural
            return f"`{name}` belongs to {plural}: put this condition under `- has: {relation}`"
    return values.did_you_mean(name, catalogue.fields[here.scope])


def metric(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`metric: NAME`, `over: PERIOD` with tests, of the number or of its `change_from: PERIOD`."""
    name = reader.name_of(node)
    entry = metric_entry(reader, name, here) if name else None
    if name is None or entry is None:
        return None
    before = len(reader.found)
    over = node.get("over")
    tests = list(node_without(node, "over", "unknown", KEY, *KEYS))
    no_period = over is None and any(near(pair.key.text, ["over"]) for pair in tests)
    period = "" if no_period else period_of(reader, entry, over, name)
    other = change_from(reader, node, entry, period)
    if not no_period and not is_misspelt(node):
        asked = Asked.of_metric(entry, reader.frame.catalogue.metrics)
        asked = Asked.of_change() if node.key(KEY) else asked
        told = is_ranked(node) or (node.key(KEY) is not None and not other)
        read = read_tests(asked, tests, name, reader.found) if tests or not told else ()
    else:
        reader.refuse_keys(node, "metric", ("over", KEY, "unknown", *KEYS, *OPERATORS))
        read = ()
    ranked = rank(reader, node, here)
    unknown = reader.unknown(node, here)
    if len(reader.found) > before:
        return None
    return MetricCondition(
        place=reader.place(node),
        unknown=unknown,
        metric=entry,
        period=period,
        tests=read,
        consent=needs_consent(reader, entry),
        change_from=other,
        rank=ranked,
    )


def metric_entry(reader: Conditions, name: Scalar, here: Here) -> MetricEntry | None:
    """The metric called so, when it may be used here."""
    metrics = reader.frame.catalogue.metrics
    entry = metrics.get(name.text)
    if entry is None:
        open_ones = [metric for metric, found in metrics.items() if found.level != "presence"]
        hint = (
            f"`{name.text}` is a field: write `field: {name.text}`"
            if name.text in reader.frame.catalogue.fields[here.scope]
            else values.did_you_mean(name.text, open_ones)
        )
        reader.say(
            name.mark.mistake("SEG022", f"there is no metric called `{values.short(name.text)}`.", hint)
        )
        return None
    if here.scope not in ("person", "site"):
        message = f"{reader.plural(here)} have no metrics: a metric belongs to a site or to the person."
        reader.say(name.mark.mistake("SEG018", message))
        return None
    return None if closed_level(reader, name, entry.level) or reader.refuse_closed(name, entry) else entry


def needs_consent(reader: Conditions, entry: MetricEntry) -> bool:
    """Whether the policy asks for a consent to profiling before this metric is known."""
    return level_needs_consent(reader, entry.level)


def level_needs_consent(reader: Conditions, level: DataLevel | Literal[""]) -> bool:
    """Whether the policy asks for that consent before meter data of this level is used."""
    return bool(level) and getattr(reader.frame.settings.policy.meter_data.value, level) == "consent"


def closed_level(reader: Conditions, name: Scalar, level: DataLevel) -> bool:
    """Whether the policy closes meter data of this level to segments; says so at the name."""
    policy = reader.frame.settings.policy.meter_data
    if getattr(policy.value, level) != "never":
        return False
    if level == "presence":
        message = f"`{name.text}` tells when people are at home: no segment may use it."
    else:
        message = f"the policy `meter_data` closes {level} meter data to segments."
    reader.say(name.mark.mistake("SEG028", message))
    return True


def period_of(reader: Conditions, entry: MetricEntry, over: AnyNode | None, name: Scalar) -> str:
    """The period that a metric is asked over, or nothing after a mistake."""
    if over is None:
        hint = f"add `over:` with one of: {', '.join(periods_of(reader, entry))}"
        reader.say(
            name.mark.mistake("SEG017", f"`{entry.name}` needs the period that it is taken over.", hint)
        )
        return ""
    return known_period(reader, entry, over)
