"""Read the tests of a condition: which there are, whether they fit, and their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from campaigns.catalogue.model import FieldEntry, MetricEntry, ScoreEntry
from campaigns.errors import Mistake
from campaigns.segments import predicates, values
from campaigns.segments.model import ShareOf, Test, Value
from campaigns.segments.possible import impossible
from campaigns.settings.documents import Entry, Node, Scalar, Sequence

MAX_ITEMS = 5_000
Read = TypeVar("Read")
# What other languages say, and what is near to a test that says the opposite.
_OTHER_WORDS = {
    "in": "one_of", "not_in": "not_one_of", "not": "is_not", "equals": "is", "greater_than": "more_than",
    "is_not_known": "is_known: no", "is_unknown": "is_known: no", "not_known": "is_known: no",
}  # fmt: skip
_TYPES = {"choice": "a choice", "text": "text", "number": "a number", "date": "a date", "yes_no": "yes or no"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the tests are asked of: a field or a metric, as far as tests care."""

    name: str
    type: str
    unit: str = ""
    values: tuple[str, ...] = ()
    compares_with: Mapping[str, MetricEntry] | None = None
    besides: tuple[str, ...] = ()  # keys that may stand beside the tests, for hints

    @classmethod
    def of_field(cls, field: FieldEntry) -> Asked:
        """A field."""
        return cls(name=field.name, type=field.type, unit=field.unit, values=field.values)

    @classmethod
    def of_metric(cls, metric: MetricEntry, metrics: Mapping[str, MetricEntry]) -> Asked:
        """A metric: a number that may be compared with others of the same place."""
        others = {name: metrics[name] for name in metric.compares_with}
        return cls(
            name=metric.name, type="number", unit=metric.unit, compares_with=others, besides=("top", "bottom")
        )

    @classmethod
    def of_change(cls) -> Asked:
        """How much a metric changed: a share of what it was."""
        return cls(name="change_from", type="number", unit="%", besides=("top", "bottom"))

    @classmethod
    def of_score(cls, score: ScoreEntry) -> Asked:
        """A score."""
        return cls(name=score.name, type="number", unit=score.unit, besides=("top", "bottom"))


def read_tests(
    asked: Asked, entries: Iterable[Entry], owner: Scalar, found: list[Mistake]
) -> tuple[Test, ...]:
    """The tests of one condition; mistakes are added to `found`, and a test that has one is left out."""
    entries = list(entries)
    tests = [test for entry in entries if (test := _read_test(asked, entry, found))]
    if not entries:
        fitting = predicates.fitting(asked.type)
        found.append(
            owner.mark.mistake(
                "SEG014",
                f"nothing is asked of `{asked.name}`.",
                f"add a test: {', '.join((*fitting, *asked.besides))}",
            )
        )
    elif len(tests) == len(entries):
        _refuse_senseless(asked, tests, entries, found)
    return tuple(tests)


def _read_test(asked: Asked, entry: Entry, found: list[Mistake]) -> Test | None:
    name = entry.key.text
    fitting = predicates.fitting(asked.type)
    operator = predicates.OPERATORS.get(name)
    if operator is None:
        meant = _OTHER_WORDS.get(name)
        hint = f"did you mean `{meant}`?" if meant else ""
        hint = hint or values.did_you_mean(name, (*fitting, *asked.besides))
        found.append(entry.key.mark.mistake("SEG013", f"`{values.short(name)}` is not a test.", hint))
        return None
    if asked.type not in operator.types:
        message = f"`{name}` does not fit `{asked.name}`, which is {_TYPES[asked.type]}."
        found.append(entry.key.mark.mistake("SEG015", message, f"choose from: {', '.join(fitting)}"))
        return None
    value = _read_value(asked, name, operator.shape, entry.value, found)
    return None if value is None else Test(name, value)


def _read_value(
    asked: Asked, test: str, shape: predicates.Shape, node: Node, found: list[Mistake]
) -> Value | None:
    reader = _reader(asked, shape)
    if isinstance(node, Sequence):
        if shape in ("list", "one_or_list"):
            return _read_list(reader, test, node, found)
        hint = "did you mean `one_of`?" if test == "is" else ""
        found.append(node.mark.mistake("SEG004", f"`{test}` takes one value, not a list.", hint))
        return None
    if not isinstance(node, Scalar) or is_nothing(node):
        found.append(node.mark.mistake("SEG004", f"`{test}` needs a value.", _value_hint(asked, shape)))
        return None
    if shape == "list":
        found.append(
            node.mark.mistake(
                "SEG004", f"`{test}` needs a list.", f"did you mean `[{values.short(node.text)}]`?"
            )
        )
        return None
    return read_scalar(node, reader, found)


def _value_hint(asked: Asked, shape: predicates.Shape) -> str:
    if asked.values and shape != "yes_no":
        return values.did_you_mean("", asked.values, list_all=True)
    return {"duration": "write it like `60 days` or `6 months`", "yes_no": "say `yes` or `no`"}.get(shape, "")


def _read_list(
    reader: Callable[[str], Value], test: str, node: Sequence, found: list[Mistake]
) -> Value | None:
    if not node.items:
        found.append(node.mark.mistake("SEG004", f"the list of `{test}` is empty."))
        return None
    if len(node.items) > MAX_ITEMS:
        message = f"`{test}` lists {len(node.items)} values; {MAX_ITEMS} are allowed."
        found.append(node.mark.mistake("SEG053", message))
        return None
    read = [read_item(item, reader, test, found) for item in node.items]
    return None if None in read else tuple(read)  # type: ignore[return-value]  # all of one reader


def read_item(item: Node, reader: Callable[[str], Read], test: str, found: list[Mistake]) -> Read | None:
    """One item of a list: a plain value."""
    if not isinstance(item, Scalar) or is_nothing(item):
        found.append(item.mark.mistake("SEG004", f"`{test}` lists plain values."))
        return None
    return read_scalar(item, reader, found)


def read_scalar(node: Scalar, reader: Callable[[str], Read], found: list[Mistake]) -> Read | None:
    """The value of a node, or a mistake at its place."""
    try:
        return reader(node.text)
    except values.Wrong as wrong:
        found.append(node.mark.mistake(wrong.code, wrong.message, wrong.hint))
        return None


def is_nothing(node: Scalar) -> bool:
    """No value was written, or one without a character."""
    return node.is_empty or not node.text


def _reader(asked: Asked, shape: predicates.Shape) -> Callable[[str], Value]:
    if shape == "duration":
        return values.duration
    if shape == "yes_no":
        return values.yes_no
    match asked.type, shape:
        case "number", "range":
            return lambda text: values.number_range(_no_share(text), name=asked.name, unit=asked.unit)
        case "number", "list":
            return lambda text: values.number(_no_share(text), name=asked.name, unit=asked.unit)
        case "number", _:
            return lambda text: _number_or_share(text, asked)
        case "date", "range":
            return values.day_range
        case "date", _:
            return values.day
        case "yes_no", _:
            return values.yes_no
        case "choice", "one" | "list":
            return lambda text: values.choice(text, name=asked.name, values=asked.values)
        case _:
            return str


def _no_share(text: str) -> str:
    """The text, unless it is a share of another metric: only tests with one bound take such."""
    bounds, found, name = text.partition(" of ")
    if not found:
        return text
    low, is_range, high = bounds.partition(" to ")
    two = f"`at_least: {low} of {name}` and `at_most: {high} of {name}`"
    what = "range" if is_range else "list"
    message = f"`{values.short(text)}` is a share of another metric, and a {what} holds numbers only."
    hint = f"write {two}" if is_range else "write one condition with `is` for each, under `any:`"
    raise values.Wrong("SEG015", message, hint if len(hint) < 120 else "")


def _number_or_share(text: str, asked: Asked) -> Value:
    share, found, name = text.partition(" of ")
    if not found:
        return values.number(text, name=asked.name, unit=asked.unit)
    others = asked.compares_with or {}
    if name not in others:
        hint = values.did_you_mean(name, others) or "write a number with its unit"
        raise values.Wrong("SEG022", f"`{asked.name}` is not compared with `{values.short(name)}`.", hint)
    return ShareOf(values.percent(share, most=1000), others[name])


def _refuse_senseless(asked: Asked, tests: list[Test], entries: list[Entry], found: list[Mistake]) -> None:
    """Bounds that leave nothing between them, and lists that hold every value."""
    if impossible(tests, asked.values):
        message = f"no `{asked.name}` can pass all of these tests."
        found.append(entries[-1].key.mark.mistake("SEG041", message))
    for test, entry in zip(tests, entries, strict=True):
        if test.name == "one_of" and asked.values and set(asked.values) == set(_as_tuple(test.value)):
            message = f"`{asked.name}` is always one of these: the condition leaves nobody out."
            found.append(entry.value.mark.mistake("SEG042", message))


def _as_tuple(value: Value) -> tuple[str | Decimal, ...]:
    return value if isinstance(value, tuple) else ()
