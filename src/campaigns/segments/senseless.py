"""Conditions that make no sense together: none can pass them all, they leave nobody out, or one stands twice.

What several conditions of one list ask of one field or metric is put together. Fields of which a row may have
several values are left alone: a person may well have two roles.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from pydantic import BaseModel

from campaigns.errors import Mistake
from campaigns.segments.model import (
    Condition,
    FieldCondition,
    MetricCondition,
    NearCondition,
    SampleCondition,
    Segment,
    Test,
)
from campaigns.segments.possible import accepted, impossible
from campaigns.settings.documents import Node

Read = Sequence[tuple[Node, Condition]]


def in_list(read: Read, *, of: str) -> Iterator[Mistake]:
    """What is senseless among the conditions of one list, such as that of `who`, `any` or `except`."""
    repeats = list(_repeated(read))
    yield from repeats
    if repeats:
        return
    yield from _every_value(read, of) if of in _EFFECT else _impossible(read)
    for node, condition in read:
        if isinstance(condition, SampleCondition) and condition.share == 1:
            yield node.mark.mistake("SEG042", "a sample of 100% leaves nobody out.", "take it out")


def taken_out_again(who: Read, exceptions: Read) -> Iterator[Mistake]:
    """A condition that everybody must pass, and that takes out everybody who passes it."""
    wanted = {alike(condition): condition for _, condition in who}
    for node, condition in exceptions:
        same = wanted.get(alike(condition))
        if same is not None:
            message = f"line {same.place.line} asks for the very people that this takes out: nobody is left."
            yield node.mark.mistake("SEG041", message)


def alike(value: Any) -> Any:
    """A key by which two conditions are equal when they say the same, wherever they stand."""
    if isinstance(value, Segment):
        return value.name
    if is_dataclass(value) and not isinstance(value, type):
        parts = ((one.name, alike(getattr(value, one.name))) for one in fields(value) if one.name != "place")
        return type(value).__name__, *parts
    if isinstance(value, tuple):
        return tuple(alike(part) for part in value)
    return getattr(value, "name", value) if isinstance(value, BaseModel) else value


def _repeated(read: Read) -> Iterator[Mistake]:
    first: dict[Any, Condition] = {}
    for node, condition in read:
        same = first.setdefault(alike(condition), condition)
        if same is not condition:
            message = f"the same condition stands on line {same.place.line}."
            yield node.mark.mistake("SEG047", message, "take one of them out")


def _asked(read: Read) -> Iterator[list[tuple[Node, FieldCondition | MetricCondition]]]:
    """Conditions that ask something of one and the same field or metric, together."""
    found: dict[Any, list[tuple[Node, FieldCondition | MetricCondition]]] = {}
    for node, condition in read:
        if isinstance(condition, FieldCondition) and not isinstance(condition, NearCondition):
            if condition.field.pick != "any" and condition.unknown is None:
                found.setdefault(condition.field.name, []).append((node, condition))
        elif isinstance(condition, MetricCondition) and condition.unknown is None:
            key = (condition.metric.name, condition.period, getattr(condition, "change_from", ""))
            found.setdefault(key, []).append((node, condition))
    yield from found.values()


def _impossible(read: Read) -> Iterator[Mistake]:
    for together in _asked(read):
        if len(together) < 2:
            continue
        tests = [test for _, condition in together for test in condition.tests]
        node, last = together[-1]
        if impossible(tests, _values(last)):
            name, line = _name(last), together[0][1].place.line
            message = f"no `{name}` can pass this and what line {line} asks of it."
            hint = "write one condition with `one_of`, or put them under `any:`"
            yield node.mark.mistake("SEG041", message, hint)


# What it means when some condition of the list holds for everybody; of the other lists all must hold.
_EFFECT = {
    "any": ("SEG042", "the conditions leave nobody out"),
    "none": ("SEG041", "nobody is left"),
    "except": ("SEG041", "nobody is left"),
}


def _every_value(read: Read, of: str) -> Iterator[Mistake]:
    for together in _asked(read):
        every = set(_values(together[0][1]))
        if len(together) < 2:
            continue
        passing = [accepted(condition.tests, every) for _, condition in together]
        node, last = together[-1]
        if (every and set().union(*passing) == every) or _opposite(together):
            code, effect = _EFFECT[of]
            message = f"one of these holds for every `{_name(last)}`: {effect}."
            hint = f"to ask whether it is known, write `is_known: {'yes' if of == 'any' else 'no'}`"
            yield node.mark.mistake(code, message, hint)


def _opposite(together: Iterable[tuple[Node, FieldCondition | MetricCondition]]) -> bool:
    """`is: x` beside `is_not: x`."""
    single = [condition.tests[0] for _, condition in together if len(condition.tests) == 1]
    return any(
        Test(_OPPOSITES[test.name], test.value) in single for test in single if test.name in _OPPOSITES
    )


_OPPOSITES = {"is": "is_not", "one_of": "not_one_of", "at_least": "less_than", "at_most": "more_than"}


def _values(condition: FieldCondition | MetricCondition) -> tuple[str, ...]:
    """All values there are, when the catalogue lists them."""
    return condition.field.values if isinstance(condition, FieldCondition) else ()


def _name(condition: FieldCondition | MetricCondition) -> str:
    entry = condition.field if isinstance(condition, FieldCondition) else condition.metric
    return entry.name
