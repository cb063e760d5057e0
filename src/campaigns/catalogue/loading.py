"""Read the catalogue: the packaged default, then the workspace's own files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from campaigns.catalogue import sources
from campaigns.catalogue.model import (
    AUDIENCES,
    AudienceEntry,
    Catalogue,
    EventEntry,
    FieldEntry,
    File,
    MetricEntry,
    PeriodEntry,
    RelationEntry,
    ScoreEntry,
)
from campaigns.consumption.metrics import METRICS
from campaigns.errors import Mistake, Mistakes
from campaigns.settings.binding import bind, plain, suggestion
from campaigns.settings.documents import Mapping as MappingNode
from campaigns.settings.documents import Mark, Node, parse, read
from campaigns.settings.model import Settings

Named = TypeVar(
    "Named", FieldEntry, MetricEntry, EventEntry, ScoreEntry, PeriodEntry, RelationEntry, AudienceEntry
)


@dataclass(frozen=True, slots=True)
class _Part:
    """One file with its nodes, for the places of mistakes."""

    node: Node
    file: File


def load(settings: Settings, folder: Path | None = None) -> Catalogue:
    """The packaged catalogue, extended by `folder/*.yml` (a missing folder is an empty one).

    An entry of the workspace takes the place of a packaged one with the same name. Raises `Mistakes` with
    every mistake of every file: codes CAT001 to CAT003 of the form, CAT004 a name given twice, CAT005 a
    data category that `campaigns.yml` does not have or closes to segments, CAT006 a period, metric or
    audience that does not exist, CAT007 a table that the relation has no rows in, CAT008 data that is of
    another category than the entry says.
    """
    parts = [_bound(parse(_packaged("default.yml"), name="default.yml"))]
    found: list[Mistake] = []
    for path in sorted(folder.glob("*.yml")) if folder else []:
        try:
            parts.append(_bound(read(path, name=f"{folder.name}/{path.name}" if folder else path.name)))
        except Mistakes as wrong:
            found += wrong.mistakes
    found += _repeated(parts[1:])
    catalogue = _joined(parts)
    found += [mistake for part in parts for mistake in _checked(part, catalogue, settings)]
    if found:
        raise Mistakes(found)
    return catalogue


def _packaged(name: str) -> str:
    return files("campaigns.catalogue").joinpath(name).read_text(encoding="utf-8")


def _bound(node: Node) -> _Part:
    return _Part(node, bind(node, File, prefix="CAT"))


def _joined(parts: Sequence[_Part]) -> Catalogue:
    relations = ("person", "site", "contract", "company")
    return Catalogue(
        fields={
            relation: {
                name: entry.model_copy(update={"name": name, "relation": relation})
                for part in parts
                for name, entry in part.file.fields.get(relation, {}).items()  # type: ignore[call-overload]  # a Relation
            }
            for relation in relations
        },
        metrics={**_computed(), **_named(part.file.metrics for part in parts)},
        events=_named(part.file.events for part in parts),
        scores=_named(part.file.scores for part in parts),
        periods=_named(part.file.periods for part in parts),
        relations=_named(part.file.relations for part in parts),
        audiences=_named(part.file.audiences for part in parts),
    )


def _computed() -> dict[str, MetricEntry]:
    """Metrics of the consumption room. One that tells of presence has no column: no segment may use it."""
    in_finnish = plain(parse(_packaged("metrics_fi.yml"), name="metrics_fi.yml"))
    return {
        name: MetricEntry(
            name=name,
            label=metric.label,
            description={
                "fi": in_finnish[name],
                "en": f"{_sentence(metric.definition)}.",
            },
            category="consumption",
            unit=metric.unit,
            level=metric.level,
            roll_up=metric.roll_up,
            column="" if metric.level == "presence" else name,
            periods=metric.known_over if metric.periods != "all" else (),
            compares_with=metric.compares_with,
        )
        for name, metric in METRICS.items()
    }


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _named(maps: Iterable[Mapping[Any, Named]]) -> dict[str, Named]:
    return {
        name: entry.model_copy(update={"name": name}) for entries in maps for name, entry in entries.items()
    }


def _places(part: _Part) -> Iterator[tuple[tuple[str, ...], Mark]]:
    """Every entry of a file: its path of keys and the place of its name."""
    for section in part.node if isinstance(part.node, MappingNode) else ():
        for entry in section.value if isinstance(section.value, MappingNode) else ():
            if section.key.text == "fields" and isinstance(entry.value, MappingNode):
                for field in entry.value:
                    yield ("fields", entry.key.text, field.key.text), field.key.mark
            else:
                yield (section.key.text, entry.key.text), entry.key.mark


def _repeated(parts: Sequence[_Part]) -> Iterator[Mistake]:
    first: dict[tuple[str, ...], Mark] = {}
    for part in parts:
        for path, mark in _places(part):
            if path in first:
                other = first[path]
                yield mark.mistake(
                    "CAT004", f"`{path[-1]}` is defined twice (first in {other.source.name}:{other.line})."
                )
            first.setdefault(path, mark)


def _checked(part: _Part, catalogue: Catalogue, settings: Settings) -> Iterator[Mistake]:
    marks = dict(_places(part))
    for relation, fields in part.file.fields.items():
        for name, field in fields.items():
            mark = marks["fields", relation, name]
            if field.table not in sources.TABLES_OF[relation]:
                hint = f"choose from: {', '.join(sources.TABLES_OF[relation])}"
                yield mark.mistake("CAT007", f"a {relation} has nothing from `{field.table}`.", hint)
            else:
                yield from _category(mark, field.category, settings, of=field.source)
    for name, metric in part.file.metrics.items():
        mark = marks["metrics", name]
        yield from _category(mark, metric.category, settings, of=f"metrics.{metric.column or 'kwh_year'}")
        yield from _exists(mark, "period", metric.periods, catalogue.periods)
        yield from _exists(mark, "metric", metric.compares_with, catalogue.metrics)
    for name, event in part.file.events.items():
        yield from _category(marks["events", name], event.category, settings)
    for name, score in part.file.scores.items():
        yield from _category(marks["scores", name], score.category, settings)
    for relation, entry in part.file.relations.items():
        yield from _category(marks["relations", relation], entry.category, settings)
    for name in part.file.audiences:
        if name not in AUDIENCES:
            hint = suggestion(name, AUDIENCES)
            yield marks["audiences", name].mistake("CAT006", f"there is no audience `{name}`.", hint)


def _category(mark: Mark, name: str, settings: Settings, of: str = "") -> Iterator[Mistake]:
    """Data keeps its category, whatever an entry calls it: else a purpose could take what is closed to it."""
    category = settings.categories.get(name)
    if category is None:
        hint = suggestion(name, settings.categories)
        yield mark.mistake("CAT005", f"`campaigns.yml` has no data category `{name}`.", hint)
    elif not category.segments:
        yield mark.mistake("CAT005", f"data of the category `{name}` is closed to segments.")
    elif of and name != (its := sources.category_of(of)):
        yield mark.mistake("CAT008", f"`{of}` is {its} data, not {name}.", f"write `category: {its}`")


def _exists(mark: Mark, what: str, names: Iterable[str], known: Mapping[str, object]) -> Iterator[Mistake]:
    for name in names:
        if name not in known:
            yield mark.mistake("CAT006", f"there is no {what} `{name}`.", suggestion(name, known))
