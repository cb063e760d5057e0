"""The words of the catalogue as people look them up: those that fit, or all there is to one of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from campaigns.catalogue.model import Entry, EventEntry, FieldEntry, MetricEntry, ScoreEntry
from campaigns.catalogue.units import UNITS
from campaigns.segments.predicates import fitting
from campaigns.segments.starting import Word, example
from campaigns.workspace.project import Workspace

_KINDS = {
    "FieldEntry": "field",
    "MetricEntry": "metric",
    "EventEntry": "event",
    "ScoreEntry": "score",
    "RelationEntry": "relation",
    "PeriodEntry": "period",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A word of the catalogue, with what a segment has to know of it."""

    entry: Word = field(repr=False)
    kind: str
    of: str
    tests: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    consent: bool = False
    example: str = ""

    @property
    def what(self) -> str:
        """Its unit, or else its type."""
        match self.entry:
            case FieldEntry(unit=unit, type=kind):
                return unit or kind
            case MetricEntry(unit=unit) | ScoreEntry(unit=unit):
                return unit or "number"
            case _:
                return ""

    def as_json(self) -> dict[str, Any]:
        """Stable keys; those that a word does not have are empty."""
        entry = self.entry
        deprecated = entry.deprecated if isinstance(entry, Entry) else None
        return {
            "kind": self.kind,
            "of": self.of,
            "name": entry.name,
            "label": dict(entry.label),
            "description": dict(entry.description),
            "type": entry.type if isinstance(entry, FieldEntry) else "number" if self.what else "",
            "unit": getattr(entry, "unit", ""),
            "values": list(getattr(entry, "values", ())),
            "periods": list(self.periods),
            "level": getattr(entry, "level", ""),
            "roll_up": getattr(entry, "roll_up", ""),
            "category": getattr(entry, "category", ""),
            "purposes": list(self.purposes),
            "needs_consent": self.consent,
            "properties": sorted(getattr(entry, "properties", {})),
            "source": getattr(entry, "source", ""),
            "deprecated": deprecated and {"use": deprecated.use, "until": deprecated.until.isoformat()},
            "example": self.example,
        }


def search(workspace: Workspace, word: str) -> list[Found]:
    """The words that are called so, else those whose name, label or description speaks of it; sorted."""
    entries = list(workspace.catalogue.search(word))
    named = [entry for entry in entries if word and entry.name.lower() == word.lower()]
    found = [_found(workspace, entry) for entry in named or entries]  # type: ignore[arg-type]  # Words
    return sorted(found, key=lambda one: (one.kind, one.of, one.entry.name))


def _found(workspace: Workspace, entry: Word) -> Found:
    policy, catalogue = workspace.settings.policy.meter_data.value, workspace.catalogue
    category, level = getattr(entry, "category", ""), getattr(entry, "level", "")
    purposes = workspace.settings.purposes.items()
    closed = level == "presence"
    return Found(
        entry=entry,
        kind=_KINDS[type(entry).__name__],
        of=_of(entry),
        tests=() if closed else _tests(entry),
        periods=() if closed else _periods(entry, tuple(catalogue.periods)),
        purposes=() if closed else tuple(name for name, one in purposes if category in one.categories),
        consent=bool(level) and getattr(policy, level) == "consent",
        example="\n".join(_example(entry, example(entry, catalogue))),
    )


def _of(entry: Word) -> str:
    match entry:
        case FieldEntry():
            return entry.relation
        case MetricEntry():
            return "site"
        case EventEntry() | ScoreEntry():
            return "person"
        case _:
            return ""


def _periods(entry: Word, every: tuple[str, ...]) -> tuple[str, ...]:
    return (entry.periods or every) if isinstance(entry, MetricEntry) else ()


def _tests(entry: Word) -> tuple[str, ...]:
    match entry:
        case FieldEntry():
            return tuple(fitting(entry.type))
        case MetricEntry() | ScoreEntry():
            return (*fitting("number"), "top", "bottom")
        case _:
            return ()


def _example(entry: Word, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield "except:" if isinstance(entry, EventEntry) and entry.exclude_only else "who:"
        yield from (line.partition("    #")[0] for line in lines)


def card(found: Found) -> list[tuple[str, str]]:
    """All there is to one word: what it is called and what that means, line by line."""
    entry = found.entry
    lines = [
        ("", f"{entry.label['en']}: {entry.description['en']}"),
        ("", f"{entry.label['fi']}: {entry.description['fi']}"),
        ("kind", f"{found.kind} of a {found.of}" if found.of else found.kind),
        ("type", entry.type.replace("yes_no", "yes or no") if isinstance(entry, FieldEntry) else ""),
        ("unit", ", ".join(UNITS[found.what]) if found.what in UNITS else ""),
        ("values", ", ".join(getattr(entry, "values", ()))),
        ("says", ", ".join(getattr(entry, "properties", ()))),
        ("tests", ", ".join(found.tests)),
        ("over", ", ".join(found.periods)),
        ("several", _several(entry)),
        ("data", _data(found)),
        ("for", ", ".join(found.purposes) or ("no segment" if getattr(entry, "category", "") else "")),
        ("from", getattr(entry, "source", "")),
        ("replaced", _replaced(entry)),
    ]
    return [(name, text) for name, text in lines if text]


def _several(entry: Word) -> str:
    return f"{entry.roll_up} of the metering points" if isinstance(entry, MetricEntry) else ""


def _data(found: Found) -> str:
    category, level = getattr(found.entry, "category", ""), getattr(found.entry, "level", "")
    consent = "unknown without a consent to profiling" if found.consent else ""
    return ", ".join(part for part in (category, level and f"{level} meter data", consent) if part)


def _replaced(entry: Word) -> str:
    if not isinstance(entry, Entry) or entry.deprecated is None:
        return ""
    return f"use {entry.deprecated.use}; this word may be used until {entry.deprecated.until.isoformat()}"
