"""Sequences: `did: EVENT` with `then_did:` or `then_did_not:`, and `within:` which time."""

from __future__ import annotations

from campaigns.catalogue.model import EventEntry
from campaigns.segments import conditions_of_events, values
from campaigns.segments.asking import is_nothing
from campaigns.segments.conditions import Conditions
from campaigns.segments.conditions_of_events import COUNTS, event_of, properties
from campaigns.segments.frame import Here
from campaigns.segments.model import Condition, Duration
from campaigns.segments.sequences import SequenceCondition
from campaigns.settings.binding import near
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Scalar

SECONDS = ("then_did", "then_did_not")
OF_FIRST = ("where", "within_last", "unknown")
KEYS = (*SECONDS, "then_where", "within", *OF_FIRST)


def did(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`did: EVENT` or `did_not: EVENT`, alone or with a second event."""
    seconds = [entry.key for entry in node.entries[1:] if _is_second(entry.key.text)]
    if not seconds:
        return conditions_of_events.did(reader, node, here)
    kind, name = node.entries[0].key.text, reader.name_of(node)
    if name is None or reader.only_of_people(name, kind, here):
        return None
    wrong = _wrong_start(kind, seconds)
    if wrong:
        reader.say(seconds[-1].mark.mistake("SEG012", *wrong))
        return None
    before = len(reader.found)
    found = _sequence(reader, node, here, name, seconds[0])
    return found if len(reader.found) == before else None


def _is_second(word: str) -> bool:
    """The key of a second event, rightly written or not."""
    others = (*KEYS, *COUNTS)
    return word in SECONDS or (word not in others and near(word, others) in SECONDS)


def _wrong_start(kind: str, seconds: list[Scalar]) -> tuple[str, str] | None:
    if kind != "did":
        hint = "start with `did`, or write two conditions"
        return f"`{kind}` has nothing that a second event could follow.", hint
    if len(seconds) > 1:
        return "a sequence has one second event, not two.", "write two conditions"
    return None


def _sequence(
    reader: Conditions, node: Node, here: Here, name: Scalar, key: Scalar
) -> SequenceCondition | None:
    """The condition, of which only mistakes may be used when there are some."""
    reader.refuse_keys(node, key.text if key.text in SECONDS else "did", KEYS)
    first, then = event_of(reader, name, here), _second(reader, node, here, key)
    negated, unknown = key.text == "then_did_not", reader.unknown(node, here)
    within, until = reader.value(node, "within_last", values.duration), _until(reader, node, key)
    if first is None or then is None:
        return None
    where, then_where = properties(reader, node, "where", first), properties(reader, node, "then_where", then)
    if until is None:
        return None
    if negated and within is not None and unknown is None:
        _refuse_undecided(reader, node, within, until)
    return SequenceCondition(
        place=reader.place(node),
        unknown=unknown,
        event=first,
        where=where,
        within=within,
        then=then,
        then_where=then_where,
        then_within=until,
        then_negated=negated,
    )


def _second(reader: Conditions, node: Node, here: Here, key: Scalar) -> EventEntry | None:
    value = node.get(key.text)
    if isinstance(value, Scalar) and not is_nothing(value):
        return event_of(reader, value, here) if key.text in SECONDS else None
    reader.say(key.mark.mistake("SEG004", f"`{key.text}` needs a name."))
    return None


def _until(reader: Conditions, node: Node, key: Scalar) -> Duration | None:
    if node.key("within") is not None:
        return reader.value(node, "within", values.duration)
    unknown = [entry.key.text for entry in node if entry.key.text not in KEYS]
    if any(near(word, KEYS) == "within" for word in unknown):
        return None  # the key that was meant is misspelt, which is said
    message = f"`{key.text}` needs the time in which it counts."
    reader.say(key.mark.mistake("SEG014", message, "add `within: 30 days`"))
    return None


def _refuse_undecided(reader: Conditions, node: Node, within: Duration, until: Duration) -> None:
    """Of events that are this new, each may still be followed: nobody can be found."""
    today, key = reader.frame.outside.today(), node.key("within_last")
    if key is not None and until.after(within.before(today)) >= today:
        message = "every such event still has time to be followed: nobody is found."
        hint = "make `within_last` longer than `within`"
        reader.say(key.mark.mistake("SEG041", message, hint))
