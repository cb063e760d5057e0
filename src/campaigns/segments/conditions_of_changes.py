"""`change_from:` in conditions on metrics: the same metric over another period."""

from __future__ import annotations

from campaigns.catalogue.model import MetricEntry
from campaigns.segments import values
from campaigns.segments.asking import is_nothing
from campaigns.segments.conditions import Conditions
from campaigns.segments.predicates import OPERATORS
from campaigns.settings.binding import near
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Node as AnyNode
from campaigns.settings.documents import Scalar

KEY = "change_from"


def is_misspelt(node: Node) -> bool:
    """Whether a key is no test, and nearest to `change_from`."""
    return node.key(KEY) is None and any(near(entry.key.text, [KEY, *OPERATORS]) == KEY for entry in node)


def change_from(reader: Conditions, node: Node, entry: MetricEntry, over: str) -> str:
    """The period that is compared with; empty when the condition has none, or after a mistake."""
    key, value = node.key(KEY), node.get(KEY)
    if key is None or value is None:
        return ""
    named = _named(reader, key, value)
    if named is None:
        return ""
    period = known_period(reader, entry, named)
    if period and period == over:
        message = f"over `{over}` nothing changes from `{over}`."
        others = [one for one in periods_of(reader, entry) if one != over]
        reader.say(named.mark.mistake("SEG046", message, values.did_you_mean("", others)))
    return period


def periods_of(reader: Conditions, entry: MetricEntry) -> tuple[str, ...]:
    """The periods that the metric is measured over."""
    return entry.periods or tuple(reader.frame.catalogue.periods)


def known_period(reader: Conditions, entry: MetricEntry, named: AnyNode) -> str:
    """The period that a value names; empty after a mistake."""
    periods = periods_of(reader, entry)
    word = named.text if isinstance(named, Scalar) else ""
    if word in periods:
        return word
    message = f"`{entry.name}` is not measured over `{values.short(word)}`."
    reader.say(named.mark.mistake("SEG016", message, values.did_you_mean(word, periods, list_all=True)))
    return ""


def _named(reader: Conditions, key: Scalar, value: AnyNode) -> Scalar | None:
    """The name of the period, in the short form or under `period:`."""
    named = value
    if isinstance(value, Node):
        if not _only_a_period(reader, value):
            return None
        named = value.get("period") or value
    if isinstance(named, Scalar) and not is_nothing(named):
        return named
    message = "`change_from` needs the period that is compared with."
    reader.say(key.mark.mistake("SEG017", message, "write it like `change_from: last full year`"))
    return None


def _only_a_period(reader: Conditions, value: Node) -> bool:
    wrong = [entry.key for entry in value if entry.key.text != "period"]
    for key in wrong:
        is_test = key.text in OPERATORS
        hint = "tests stand beside `change_from`" if is_test else values.did_you_mean(key.text, ["period"])
        message = f"`{values.short(key.text)}` does not belong to `change_from`."
        reader.say(key.mark.mistake("SEG012", message, hint))
    return not wrong
