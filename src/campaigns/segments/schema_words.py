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
    RelationEntry,
)
from campaigns.catalogue.units import UNITS
from campaigns.segments import schema_values as values
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
    """`metric: NAME`, `over: PERIOD` with tests of a number."""
    tests = values.tests("number", unit=entry.unit)
    if entry.compares_with:
        shares = [name for name in tests if OPERATORS[name].shape == "one"]
        tests |= {name: values.with_share(tests[name], entry.compares_with) for name in shares}
    known = {**ordering(entry, catalogue)["properties"], **tests, "unknown": values.UNKNOWN}
    return record(known, required=("metric", "over"), least=3)


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
    """`did: NAME` or `did_not: NAME`, with what the event says."""
    one_or_more = {
        name: {
            "description": f"{one.label['en']} ({one.label['fi']})",
            "anyOf": [item := values.choice(one.values) if one.values else values.TEXT, values.list_of(item)],
        }
        for name, one in entry.properties.items()
    }
    known = {kind: one_word(entry, entry.name), "within_last": values.WITHIN, "unknown": values.UNKNOWN}
    if one_or_more:
        known["where"] = record(one_or_more)
    return record(known | (values.COUNTS if kind == "did" else {}), required=(kind,))
