"""JSON Schema of the catalogue's words: what each means as hover text, and the tests that it takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from campaigns.catalogue.model import (
    AudienceEntry,
    Catalogue,
    Entry,
    EventEntry,
    FieldEntry,
    MetricEntry,
    PeriodEntry,
    Property,
    RelationEntry,
    ScoreEntry,
)
from campaigns.catalogue.units import UNITS
from campaigns.segments import schema_values as values
from campaigns.segments.conditions_of_changes import KEY as CHANGE
from campaigns.segments.conditions_of_ranks import AMONG, RANKS
from campaigns.segments.conditions_of_scores import AGE
from campaigns.segments.conditions_of_sequences import SECONDS
from campaigns.segments.predicates import OPERATORS
from campaigns.segments.schema_values import Schema, record

Word = Entry | PeriodEntry | RelationEntry | AudienceEntry


def told(entry: Word) -> str:
    """Label and description in both languages, as hover text."""
    lines = [
        f"{entry.label['en']}: {entry.description['en']}",
        f"{entry.label['fi']}: {entry.description['fi']}",
    ]
    match entry:
        case MetricEntry():
            unit = f"in {' or '.join(UNITS[entry.unit])}" if entry.unit else "without a unit"
            lines.append(
                f"A number {unit}; {entry.level} data; of several metering points the {entry.roll_up}."
            )
        case FieldEntry(unit=unit) if unit:
            lines.append(f"A number in {' or '.join(UNITS[unit])}.")
        case EventEntry(exclude_only=True):
            lines.append("It may only leave people out, under `except:`.")
    if isinstance(entry, Entry) and entry.deprecated is not None:
        lines.append(f"Replaced: use `{entry.deprecated.use}`. Until {entry.deprecated.until}.")
    return "\n\n".join(lines)


def choice_of(entries: Mapping[str, Word]) -> Schema:
    """One of these words, each with what it means."""
    return values.choice({name: told(entry) for name, entry in entries.items()})


def one_word(entry: Word, name: str) -> Schema:
    """This word and no other, with what it means."""
    schema: Schema = {"const": name, "description": told(entry)}
    if isinstance(entry, Entry) and entry.deprecated is not None:
        schema["deprecationMessage"] = f"replaced until {entry.deprecated.until}: use {entry.deprecated.use}"
    return schema


def choosing(key: str, entries: Mapping[str, Word], then: Mapping[str, str]) -> Schema:
    """A mapping whose `key` names one of the words, and then looks as the definition of that word says."""
    cases = [
        {
            "if": {"properties": {key: {"const": name}}, "required": [key]},
            "then": {"$ref": f"#/definitions/{definition}"},
        }
        for name, definition in then.items()
    ]
    return {"properties": {key: choice_of(entries)}, "required": [key], "allOf": cases}


def open_metrics(catalogue: Catalogue) -> dict[str, MetricEntry]:
    """The metrics that some segment may use."""
    return {name: entry for name, entry in catalogue.metrics.items() if entry.level != "presence"}


def field(entry: FieldEntry) -> Schema:
    """`field: NAME` with the tests of its type."""
    tests = values.tests(entry.type, unit=entry.unit, values=entry.values)
    known = {"field": one_word(entry, entry.name), **tests, "unknown": values.UNKNOWN}
    return record(known, required=("field",), least=2)


def metric(entry: MetricEntry, catalogue: Catalogue) -> Schema:
    """`metric: NAME`, `over: PERIOD` with tests of a number, or of its change from another period."""
    known = ordering(entry, catalogue)["properties"]
    change = {"anyOf": [known["over"], record({"period": known["over"]}, required=("period",))]}
    tests = values.shared(values.tests_of(entry.unit))
    if entry.compares_with:
        of, other = values.tests("number", unit=entry.unit), values.share_of(entry.compares_with)
        either = {
            name: {"anyOf": [test, other]} for name, test in of.items() if OPERATORS[name].shape == "one"
        }
        tests = {"properties": of | either}
    return {
        **_tested(
            {**known, CHANGE: change},
            required=("metric", "over"),
        ),
        "if": {"required": [CHANGE]},
        "then": {"allOf": [values.shared(values.tests_of("%"))], "minProperties": 4},
        "else": tests,
    }


def score(entry: ScoreEntry) -> Schema:
    """`score: NAME`, `not_older_than: 14 days` with tests of a number."""
    known = {"score": one_word(entry, entry.name), AGE: values.WITHIN}
    tests = values.shared(values.tests_of(entry.unit))
    return {**_tested(known, required=tuple(known)), "allOf": [tests]}


def _tested(known: Mapping[str, Schema], *, required: tuple[str, ...]) -> Schema:
    """Keys of a number with a rank and tests, whose values are said elsewhere."""
    size = values.shared("rank")
    among: Schema = {"anyOf": [values.choice(AMONG), {"type": "string"}]}
    ranks = {**dict.fromkeys(RANKS, size), "among": among, "unknown": values.UNKNOWN}
    tests: dict[str, Schema] = {name: {} for name in values.tests("number")}
    return record({**known, **ranks, **tests}, required=required, least=len(required) + 1)


def ordering(entry: MetricEntry, catalogue: Catalogue) -> Schema:
    """`metric: NAME`, `over: PERIOD` alone."""
    over = values.shared(over_of(entry.periods or tuple(catalogue.periods)))
    return record({"metric": one_word(entry, entry.name), "over": over}, required=("metric", "over"))


def over_of(periods: Iterable[str]) -> str:
    """The name of the definition of `over:` with just these periods."""
    return f"over_{'_or_'.join(periods)}".replace(" ", "_")


def periods(catalogue: Catalogue) -> dict[str, Schema]:
    """Every choice of periods that some metric has."""
    sets = {entry.periods or tuple(catalogue.periods) for entry in open_metrics(catalogue).values()}
    return {
        over_of(names): choice_of({name: catalogue.periods[name] for name in names}) for names in sorted(sets)
    }


def event(entry: EventEntry, kind: str) -> Schema:
    """`did: NAME` or `did_not: NAME`, with what the event says, and what followed."""
    known = {kind: one_word(entry, entry.name), "within_last": values.WITHIN, "unknown": values.UNKNOWN}
    if entry.properties:
        known["where"] = values.shared(f"said_by_{entry.name}")
    if kind == "did_not":
        return record(known, required=(kind,))
    known |= {**values.COUNTS, **{name: values.shared("event") for name in SECONDS}}
    known |= {"then_where": {"type": "object"}, "within": values.WITHIN}
    return {**record(known, required=(kind,)), "allOf": [values.shared("sequence")]}


def said_by(entry: EventEntry) -> Schema:
    """What `where` may ask of an event: a word, or one of several."""
    return record({name: _said(one) for name, one in entry.properties.items()})


def _said(one: Property) -> Schema:
    word = values.choice(one.values) if one.values else values.TEXT
    return {
        "description": f"{one.label['en']} ({one.label['fi']})",
        "anyOf": [word, values.list_of(word)],
    }


def sequence(catalogue: Catalogue) -> Schema:
    """What belongs together when a second event follows the first one, and how often is asked otherwise."""
    second, counts = _one_of(SECONDS), _one_of(values.COUNTS)
    return {
        "dependencies": {
            "then_did": {"required": ["within"], "not": _one_of([*values.COUNTS, "then_did_not"])},
            "then_did_not": {"required": ["within"], "not": counts},
            "within": second,
            "then_where": second,
            "exactly": {"not": _one_of(["at_least", "at_most"])},
        },
        "allOf": [
            {
                "if": {"properties": {key: {"const": name}}, "required": [key]},
                "then": {"properties": {"then_where": values.shared(f"said_by_{name}")}},
            }
            for key in SECONDS
            for name in catalogue.events
        ],
    }


def _one_of(keys: Iterable[str]) -> Schema:
    return {"anyOf": [{"required": [key]} for key in keys]}
