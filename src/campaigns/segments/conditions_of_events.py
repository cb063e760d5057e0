"""Conditions on what people did: `did`, `did_not`, and what kinds of events share."""

from __future__ import annotations

from campaigns.catalogue.model import EventEntry
from campaigns.segments import values
from campaigns.segments.asking import read_item
from campaigns.segments.conditions import Conditions
from campaigns.segments.frame import Here
from campaigns.segments.model import Condition, EventCondition
from campaigns.settings.documents import Entry as Pair
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Scalar, Sequence

COUNTS = ("at_least", "at_most", "exactly")


def did(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`did: EVENT` or `did_not: EVENT`, with `where`, `within_last` and how many times."""
    kind, name = node.entries[0].key.text, reader.name_of(node)
    if name is None or reader.only_of_people(name, kind, here):
        return None
    before = len(reader.found)
    entry = event_of(reader, name, here)
    counts = () if kind == "did_not" else COUNTS
    reader.refuse_keys(node, kind, ("where", "within_last", *counts, "unknown"))
    where = properties(reader, node, "where", entry) if entry else ()
    within = reader.value(node, "within_last", values.duration)
    least, most = times(reader, node) if counts else (0, 0)
    unknown = reader.unknown(node, here)
    if entry is None or len(reader.found) > before:
        return None
    return EventCondition(
        place=reader.place(node),
        unknown=unknown,
        event=entry,
        where=where,
        within=within,
        least=least,
        most=most,
    )


def event_of(reader: Conditions, name: Scalar, here: Here) -> EventEntry | None:
    """The event called so; None when there is none. That it may not be used here is said too."""
    entry = reader.frame.catalogue.events.get(name.text)
    if entry is None:
        hint = values.did_you_mean(name.text, reader.frame.catalogue.events)
        reader.say(
            name.mark.mistake("SEG023", f"there is no event called `{values.short(name.text)}`.", hint)
        )
        return None
    reader.refuse_closed(name, entry)
    if entry.exclude_only and not here.exception:
        message = f"`{entry.name}` may leave people out, never bring them in."
        reader.say(name.mark.mistake("SEG029", message, "put this condition under `except:`"))
    return entry


def properties(
    reader: Conditions, node: Node, key: str, event: EventEntry
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What the event must say: each name under `key` with a word, or with one of several."""
    where = node.get(key)
    if where is None:
        return ()
    if not isinstance(where, Node):
        reader.say(where.mark.mistake("SEG004", f"`{key}` is written like `{{page: heat_pumps}}` here."))
        return ()
    return tuple(property_of(reader, pair, event.name, list(event.properties)) for pair in where)


def property_of(reader: Conditions, pair: Pair, event: str, known: list[str]) -> tuple[str, tuple[str, ...]]:
    """What an event must say under one name: a word, or one of several."""
    name = pair.key.text
    if name not in known:
        hint = values.did_you_mean(name, known) or f"`{event}` says nothing but its time"
        message = f"`{event}` has no property `{values.short(name)}`."
        reader.say(pair.key.mark.mistake("SEG023", message, hint))
        return name, ()
    choices = reader.frame.catalogue.events[event].properties[name].values
    items = pair.value.items if isinstance(pair.value, Sequence) else (pair.value,)
    if not items:
        reader.say(pair.value.mark.mistake("SEG004", f"the list of `{name}` is empty."))
    read = [
        read_item(
            item,
            lambda text: values.choice(text, name=name, values=choices) if choices else text,
            name,
            reader.found,
        )
        for item in items
    ]
    return name, tuple(value for value in read if value is not None)


def times(reader: Conditions, node: Node) -> tuple[int, int | None]:
    """How many times at least and at most; at least once by default."""
    exact, bound = node.key("exactly"), node.key("at_least") or node.key("at_most")
    if exact is not None and bound is not None:
        reader.say(bound.mark.mistake("SEG012", f"`{bound.text}` does not stand beside `exactly`."))
    exactly = reader.value(node, "exactly", values.times)
    least = reader.value(node, "at_least", values.times) if exactly is None else exactly
    most = reader.value(node, "at_most", values.times) if exactly is None else exactly
    key = node.key("at_least")
    if key is not None and least == 0:
        message = "everybody did it at least 0 times: the condition leaves nobody out."
        reader.say(key.mark.mistake("SEG042", message))
    if least is not None and most is not None and least > most:
        reader.say(node.entries[-1].key.mark.mistake("SEG041", "no number of times can be both."))
    if least is None:
        least = 1 if most is None else 0
    return least, most
