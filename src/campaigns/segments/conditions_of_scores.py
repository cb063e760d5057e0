"""Conditions on what models say of people: `score`, and a limit in the order of one."""

from __future__ import annotations

from campaigns.catalogue.model import ScoreEntry
from campaigns.segments import values
from campaigns.segments.asking import Asked, read_tests
from campaigns.segments.conditions import Conditions, node_without
from campaigns.segments.conditions_of_ranks import KEYS, is_ranked, rank
from campaigns.segments.conditions_of_values import closed_level, level_needs_consent
from campaigns.segments.frame import Here
from campaigns.segments.model import Condition, Duration, ScoreCondition, ScoreOrder, Test
from campaigns.segments.predicates import fitting
from campaigns.settings.binding import near
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Scalar

AGE = "not_older_than"


def score(reader: Conditions, node: Node, here: Here) -> Condition | None:
    """`score: NAME`, `not_older_than: 14 days` with tests, `top` or `bottom`."""
    name = reader.name_of(node)
    if name is None or reader.only_of_people(name, "score", here):
        return None
    entry = score_entry(reader, name)
    if entry is None:
        return None
    before = len(reader.found)
    tests = list(node_without(node, AGE, "unknown", *KEYS))
    misspelt = node.get(AGE) is None and any(near(pair.key.text, [AGE]) for pair in tests)
    age = None if misspelt else _age(reader, node, name, entry)
    if misspelt:
        reader.refuse_keys(node, "score", (AGE, "unknown", *KEYS, *fitting("number")))
    read: tuple[Test, ...] = ()
    if not misspelt and (tests or not is_ranked(node)):
        read = read_tests(Asked.of_score(entry), tests, name, reader.found)
    ranked = rank(reader, node, here)
    unknown = reader.unknown(node, here)
    if age is None or len(reader.found) > before:
        return None
    return ScoreCondition(
        place=reader.place(node),
        unknown=unknown,
        score=entry,
        tests=read,
        not_older_than=age,
        consent=level_needs_consent(reader, entry.level),
        rank=ranked,
    )


def order(reader: Conditions, node: Node, name: Scalar, *, highest: bool) -> ScoreOrder | None:
    """`highest: {score: NAME, not_older_than: 14 days}` of a limit."""
    entry = score_entry(reader, name)
    if entry is None:
        return None
    others = [pair.key for pair in node.entries if pair.key.text not in ("score", AGE)]
    for key in others:
        hint = values.did_you_mean(key.text, (AGE,))
        message = f"`{values.short(key.text)}` does not belong to `score`."
        reader.say(key.mark.mistake("SEG012", message, hint))
    misspelt = node.get(AGE) is None and any(near(key.text, [AGE]) for key in others)
    age = None if misspelt else _age(reader, node, name, entry)
    if age is None:
        return None
    consent = level_needs_consent(reader, entry.level)
    return ScoreOrder(score=entry, not_older_than=age, consent=consent, highest=highest)


def score_entry(reader: Conditions, name: Scalar) -> ScoreEntry | None:
    """The score called so, when it may be used; None after a mistake."""
    catalogue = reader.frame.catalogue
    entry = catalogue.scores.get(name.text)
    if entry is None:
        hint = (
            f"`{name.text}` is a metric: write `metric: {name.text}` with `over:`"
            if name.text in catalogue.metrics
            else values.did_you_mean(name.text, catalogue.scores)
        )
        message = f"there is no score called `{values.short(name.text)}`."
        reader.say(name.mark.mistake("SEG071", message, hint))
        return None
    closed = entry.level != "" and closed_level(reader, name, entry.level)
    return None if closed or reader.refuse_closed(name, entry) else entry


def _age(reader: Conditions, node: Node, name: Scalar, entry: ScoreEntry) -> Duration | None:
    if node.get(AGE) is None:
        message = f"`{entry.name}` needs `{AGE}`: what a model said long ago is not known today."
        reader.say(name.mark.mistake("SEG074", message, f"add `{AGE}: 14 days`"))
        return None
    return reader.value(node, AGE, values.duration)
