"""The first text of a new segment, from a few answers: it is right as it stands, and shows where to go on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from campaigns.catalogue.model import (
    Catalogue,
    EventEntry,
    FieldEntry,
    MetricEntry,
    PeriodEntry,
    RelationEntry,
    ScoreEntry,
)
from campaigns.errors import UserError
from campaigns.segments.values import did_you_mean

MODELINE = "# yaml-language-server: $schema=../.schema/segment.json"
Word = FieldEntry | MetricEntry | EventEntry | ScoreEntry | PeriodEntry | RelationEntry
_SHOWN = 8  # values in a comment


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """What the author said; `about` is a word of the catalogue, or empty."""

    title: str
    purpose: str
    audience: str
    channels: Sequence[str]
    about: str = ""


def text_of(answers: Answers, catalogue: Catalogue) -> str:
    """The file. Raises `UserError` SEG021 for a word that the catalogue does not have."""
    lines = [
        MODELINE,
        f"title: {_quoted(answers.title)}",
        f"purpose: {answers.purpose}",
        f"audience: {answers.audience}",
        f"channels: [{', '.join(answers.channels)}]",
        "who:",
        *(_condition(answers.about, catalogue) if answers.about else _everybody()),
    ]
    return "\n".join(lines) + "\n"


def _condition(word: str, catalogue: Catalogue) -> list[str]:
    """The first condition, under its relation when it is not about the person."""
    named: list[Word] = [fields[word] for fields in catalogue.fields.values() if word in fields]
    named += [words[word] for words in (catalogue.metrics, catalogue.events) if word in words]
    for entry in named:
        if lines := example(entry, catalogue):
            return lines
    known = [
        *(name for of in catalogue.fields.values() for name in of),
        *catalogue.metrics,
        *catalogue.events,
    ]
    raise UserError(
        "SEG021",
        "the catalogue has no field, metric or event of that name.",
        hint=f"{did_you_mean(word, known)}\nsearch it: campaigns catalogue WORD",
    )


def example(entry: Word, catalogue: Catalogue) -> list[str]:
    """A condition of `who:` on a word of the catalogue; none for what no segment may use."""
    match entry:
        case FieldEntry():
            return _under(entry.relation, _of_field(entry))
        case MetricEntry() if entry.level != "presence":
            return _under("site", _of_metric(entry, catalogue))
        case EventEntry():
            return _under("person", _of_event(entry))
        case ScoreEntry():
            tests = f"at_least: {_number(entry.unit)}, not_older_than: 35 days"
            return _under("person", f"{{score: {entry.name}, {tests}}}")
        case RelationEntry(within=(outer, *_)):
            return _under(outer, f"{{has: {entry.name}}}")
        case PeriodEntry():
            metric = next(
                one for one in catalogue.metrics.values() if entry.name in (one.periods or catalogue.periods)
            )
            test = f"over: {entry.name}, at_least: {_number(metric.unit)}"
            return _under("site", f"{{metric: {metric.name}, {test}}}")
        case _:
            return []


def _under(relation: str, condition: str) -> list[str]:
    if relation == "person":
        return [f"  - {condition}"]
    return [f"  - has: {relation}", "    where:", f"      - {condition}"]


def _of_field(field: FieldEntry) -> str:
    test = {
        "choice": f"is: {field.values[0]}" if field.values else "is_known: yes",
        "number": f"at_least: {_number(field.unit)}",
        "date": "within_last: 12 months",
        "yes_no": "is: yes",
    }.get(field.type, "is_known: yes")
    more = [value for value in field.values[:_SHOWN] if value != field.values[0]]
    note = f"    # or {', '.join(more)}" if more else ""
    return f"{{field: {field.name}, {test}}}{note}"


def _of_metric(metric: MetricEntry, catalogue: Catalogue) -> str:
    periods = metric.periods or tuple(catalogue.periods)
    period = "last 12 months" if "last 12 months" in periods else periods[0]
    others = [other for other in periods if other != period]
    note = f"    # or over: {', '.join(others)}" if others else ""
    return f"{{metric: {metric.name}, over: {period}, at_least: {_number(metric.unit)}}}{note}"


def _of_event(event: EventEntry) -> str:
    note = (
        f"    # where: {{{', '.join(f'{name}: …' for name in event.properties)}}}" if event.properties else ""
    )
    return f"{{did: {event.name}, within_last: 12 months}}{note}"


def _number(unit: str) -> str:
    return {"": "1", "%": "1%"}.get(unit, f"1 {unit}")


def _everybody() -> list[str]:
    return ["  - {field: language, is_known: yes}    # what they have in common: campaigns catalogue WORD"]


def _quoted(text: str) -> str:
    """A title as YAML reads it back; quotes only where they are needed."""
    plain = (
        text and text == text.strip() and not set(text) & set("\"'#:{}[]&*!|>%@`,\\") and text[0] not in "-?="
    )
    return text if plain else "'" + text.replace("'", "''") + "'"
