"""Conditions on earlier mailings, surveys and lists: `received`, `clicked`, `answered`, `in_list`."""

from __future__ import annotations

from campaigns.catalogue.model import EventEntry
from campaigns.segments import values
from campaigns.segments.asking import Asked, read_tests
from campaigns.segments.categories import CATEGORIES
from campaigns.segments.conditions import Conditions
from campaigns.segments.conditions_of_events import COUNTS, property_of, times
from campaigns.segments.frame import Here
from campaigns.segments.model import (
    ANY_NEWSLETTER,
    AnswerCondition,
    Condition,
    Duration,
    ListCondition,
    MessageCondition,
    Test,
)
from campaigns.segments.predicates import ORDERED, fitting
from campaigns.settings.documents import Entry as Pair
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Scalar

ANSWERED = "survey_answered"  # the event, with these properties and `answer`
OF_SURVEY = ("survey", "question")


def message(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`received: MAILING` or `clicked: MAILING`, with `within_last` and how many times; `not_` for never."""
    kind, name = node.entries[0].key.text, reader.name_of(node)
    if name is None or reader.only_of_people(name, kind, here):
        return None
    before = len(reader.found)
    verb = kind.removeprefix("not_")
    known = (*reader.frame.outside.mailings(), ANY_NEWSLETTER)
    if name.text not in known:
        hint = values.did_you_mean(name.text, known)
        wrong = f"there is no mailing called `{values.short(name.text)}`."
        reader.say(name.mark.mistake("SEG061", wrong, hint))
    reader.refuse_category(name, CATEGORIES[verb], kind)
    within, least, most = _how_often(reader, node, kind)
    if len(reader.found) > before:
        return None
    return MessageCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        verb="received" if verb == "received" else "clicked",
        mailing=name.text,
        within=within,
        least=least,
        most=most,
    )


def _how_often(reader: Conditions, node: Node, kind: str) -> tuple[Duration | None, int, int | None]:
    """Within which time, how many times at least and at most."""
    counts = () if kind.startswith("not_") else COUNTS
    reader.refuse_keys(node, kind, ("within_last", *counts, "unknown"))
    within = reader.value(node, "within_last", values.duration)
    least, most = times(reader, node) if counts else (0, 0)
    return within, least, most


def answered(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`answered: SURVEY`, or `answered: {survey: …, question: …, at_most: 6}` with tests of the answer."""
    key, value = node.entries[0].key, node.entries[0].value
    if reader.only_of_people(key, key.text, here):
        return None
    event = reader.frame.catalogue.events.get(ANSWERED)
    if event is None:
        reader.say(key.mark.mistake("SEG023", f"the catalogue has no event `{ANSWERED}` to look at."))
        return None
    before = len(reader.found)
    reader.refuse_closed(key, event)
    where, answers = _survey(reader, node, event)
    within, least, most = _how_often(reader, node, key.text)
    if len(reader.found) > before or not isinstance(value, Node | Scalar):
        return None
    return AnswerCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        event=event,
        where=where,
        answers=answers,
        within=within,
        least=least,
        most=most,
    )


def _survey(
    reader: Conditions, node: Node, event: EventEntry
) -> tuple[tuple[tuple[str, tuple[str, ...]], ...], tuple[Test, ...]]:
    """Which survey and question, and what the answer must be."""
    key, value = node.entries[0].key, node.entries[0].value
    known = [name for name in OF_SURVEY if name in event.properties]
    if not isinstance(value, Node):
        name = reader.name_of(node)
        return (
            (property_of(reader, Pair(Scalar("survey", key.mark), name), ANSWERED, known),) if name else ()
        ), ()
    if value.get("survey") is None:
        hint = "write it like `{survey: autumn, question: nps, at_most: 6}`"
        reader.say(value.mark.mistake("SEG004", f"`{key.text}` needs a survey.", hint))
    asked = [pair for pair in value if pair.key.text in OF_SURVEY]
    where = tuple(property_of(reader, pair, ANSWERED, known) for pair in asked)
    return where, _answers(reader, value, key)


def _answers(reader: Conditions, node: Node, owner: Scalar) -> tuple[Test, ...]:
    """The tests of an answer: bounds compare numbers, the others compare texts."""
    numbers = [name for name in fitting("number") if name not in fitting("text")]
    texts = ["is", "is_not", "one_of", "not_one_of", "starts_with"]
    read: list[Test] = []
    bounds, words = [], []
    for pair in node:
        name = pair.key.text
        if name in numbers:
            bounds.append(pair)
        elif name in texts:
            words.append(pair)
        elif name not in OF_SURVEY:
            hint = values.did_you_mean(name, [*OF_SURVEY, *numbers, *texts])
            reader.say(pair.key.mark.mistake("SEG013", f"`{values.short(name)}` is not a test.", hint))
    for kind, pairs in ((ORDERED[0], bounds), ("text", words)):
        if pairs:
            read += read_tests(Asked(name="answer", type=kind), pairs, owner, reader.found)
    return tuple(read)


def in_list(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`in_list: NAME` or `not_in_list: NAME`: a list that was imported and is still in use."""
    kind, name = node.entries[0].key.text, reader.name_of(node)
    if name is None or reader.only_of_people(name, kind, here):
        return None
    before = len(reader.found)
    reader.refuse_keys(node, kind, ("unknown",))
    reader.refuse_category(name, CATEGORIES["in_list"], kind)
    _refuse_list(reader, name)
    if len(reader.found) > before:
        return None
    return ListCondition(
        place=reader.place(node),
        unknown=reader.unknown(node, here),
        name=name.text,
        negated=kind == "not_in_list",
    )


def _refuse_list(reader: Conditions, name: Scalar) -> None:
    """A list that nobody imported, or that is over: an exception by it would leave nobody out any more."""
    lists = reader.frame.outside.lists(reader.frame.controller)
    if lists is None:
        return
    if name.text not in lists:
        wrong = f"there is no list called `{values.short(name.text)}`."
        hint = values.did_you_mean(name.text, lists) or "import one: a source of kind `list_members`"
        reader.say(name.mark.mistake("SEG062", wrong, hint))
        return
    last = lists[name.text]
    if last is not None and last <= reader.frame.outside.today():
        wrong = f"the list `{name.text}` is over: its last entry was to be deleted on {last.isoformat()}."
        hint = "take the condition out, or import the list with a later day of deletion"
        reader.say(name.mark.mistake("SEG063", wrong, hint))
