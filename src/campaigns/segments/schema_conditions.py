"""JSON Schema of conditions: one definition a place, so that an editor offers only what may stand there.

A place is a path of relations such as person, site, contract. `SHAPES` has the kinds of `kinds.KINDS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from campaigns.catalogue.model import Catalogue, RelationEntry
from campaigns.segments import schema_values as values
from campaigns.segments import schema_words as words
from campaigns.segments.conditions_of_contacts import ANSWERED, OF_SURVEY
from campaigns.segments.conditions_of_places import FIELD
from campaigns.segments.model import ANY_NEWSLETTER
from campaigns.segments.schema_values import Schema, record

Path = tuple[str, ...]
Shape = Callable[["Spot", str], Schema | None]
PERSON: Path = ("person",)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a condition stands."""

    catalogue: Catalogue
    path: Path

    @property
    def scope(self) -> str:
        """What conditions here speak of."""
        return self.path[-1]

    @property
    def list(self) -> Schema:
        """A list of conditions of this place."""
        return values.list_of({"$ref": f"#/definitions/{name_of(self.path)}"})

    def reachable(self) -> dict[str, RelationEntry]:
        """The relations that `has:` may name here."""
        return {
            name: entry
            for name, entry in self.catalogue.relations.items()
            if self.scope in entry.within and name not in self.path
        }

    def into(self, relation: str) -> Spot:
        """Under `has: relation`."""
        return Spot(self.catalogue, (*self.path, relation))


def name_of(path: Path, kind: str = "condition") -> str:
    """The name of the definition of a condition at a place."""
    return "_of_".join((kind, *reversed(path)))


def _field(spot: Spot, kind: str) -> Schema:
    entries = spot.catalogue.fields[spot.scope]
    return words.choosing(kind, entries, {name: f"field_{name}_of_{spot.scope}" for name in entries})


def _metric(spot: Spot, kind: str) -> Schema | None:
    if spot.scope not in ("person", "site"):
        return None
    entries = words.open_metrics(spot.catalogue)
    return words.choosing(kind, entries, {name: f"metric_{name}" for name in entries})


def _score(spot: Spot, kind: str) -> Schema | None:
    entries = spot.catalogue.scores
    if spot.scope != "person" or not entries:
        return None
    return words.choosing(kind, entries, {name: f"score_{name}" for name in entries})


def _event(spot: Spot, kind: str) -> Schema | None:
    if spot.scope != "person":
        return None
    entries = spot.catalogue.events
    return words.choosing(kind, entries, {name: f"{kind}_{name}" for name in entries})


def _message(spot: Spot, kind: str) -> Schema | None:
    if spot.scope != "person":
        return None
    mailing = {**values.TEXT, "description": "The name of a mailing.", "examples": [ANY_NEWSLETTER]}
    known = {kind: mailing, "within_last": values.WITHIN, "unknown": values.UNKNOWN}
    return record(known | ({} if kind.startswith("not_") else values.COUNTS), required=(kind,))


def _answered(spot: Spot, kind: str) -> Schema | None:
    event = spot.catalogue.events.get(ANSWERED)
    if spot.scope != "person" or event is None:
        return None
    one_or_more: Schema = {"anyOf": [values.TEXT, values.list_of(values.TEXT)]}
    survey = {name: one_or_more for name in OF_SURVEY if name in event.properties}
    tests = {**values.tests("number"), **values.tests("text")}
    del tests["is_known"]
    asked = record({**survey, **tests}, required=("survey",))
    known = {kind: {"anyOf": [values.TEXT, asked]}, "within_last": values.WITHIN, "unknown": values.UNKNOWN}
    return record(known | ({} if kind.startswith("not_") else values.COUNTS), required=(kind,))


def _has(spot: Spot, kind: str) -> Schema | None:
    entries = spot.reachable()
    if not entries:
        return None
    definitions = {name: name_of(spot.into(name).path, f"{kind}_one") for name in entries}
    return words.choosing(kind, entries, definitions)


def _has_one(spot: Spot, relation: str, kind: str) -> Schema:
    known = {
        kind: words.one_word(spot.catalogue.relations[relation], relation),
        "where": {**spot.into(relation).list, "description": "All of it holds for one and the same row."},
        "unknown": values.UNKNOWN,
    }
    count = {"at_least": {**values.COUNT, "description": "How many such rows."}}
    return record(known | (count if kind == "has" else {}), required=(kind,))


def _named(spot: Spot, kind: str) -> Schema | None:
    """Another segment, or a list."""
    if spot.scope != "person":
        return None
    return record({kind: {"type": "string"}, "unknown": values.UNKNOWN}, required=(kind,))


def _near(spot: Spot, kind: str) -> Schema | None:
    if FIELD not in spot.catalogue.fields[spot.scope]:
        return None
    distance: Schema = {
        "type": "string",
        "pattern": r"^(?!0+(\.0+)? ?k?m)\d{1,7}(\.\d{1,3})? ?(km|m)$",
        "examples": ["15 km"],
    }
    centre = {**values.TEXT, "description": "A postal code in quotes, or a place of places.csv."}
    known = {kind: centre, "within": distance, "unknown": values.UNKNOWN}
    return record(known, required=(kind, "within"))


def _group(spot: Spot, kind: str) -> Schema:
    return record({kind: spot.list, "unknown": values.UNKNOWN}, required=(kind,))


def _sample(spot: Spot, kind: str) -> Schema | None:
    if spot.scope != "person":
        return None
    name = {**values.TEXT, "description": "Segments that use the same name draw the same people."}
    known = {kind: values.SHARE, "name": name, "unknown": values.UNKNOWN}
    return record(known, required=(kind,))


SHAPES: Mapping[str, Shape] = {
    "field": _field,
    "metric": _metric,
    "score": _score,
    "did": _event,
    "did_not": _event,
    "received": _message,
    "not_received": _message,
    "clicked": _message,
    "not_clicked": _message,
    "answered": _answered,
    "not_answered": _answered,
    "has": _has,
    "has_no": _has,
    "in_segment": _named,
    "not_in_segment": _named,
    "in_list": _named,
    "not_in_list": _named,
    "near": _near,
    "any": _group,
    "all": _group,
    "none": _group,
    "sample": _sample,
}
MEANINGS: Mapping[str, str] = {
    "field": "An attribute, with tests.",
    "metric": "A metric over a named period, with tests.",
    "score": "What a model says of the person, with tests.",
    "did": "Something that the person did, so many times, within so long.",
    "did_not": "Something that the person did not do.",
    "received": "A mailing that the person got.",
    "not_received": "A mailing that the person did not get.",
    "clicked": "A mailing in which the person clicked a link.",
    "not_clicked": "A mailing in which the person clicked no link.",
    "answered": "A survey that the person answered, and how.",
    "not_answered": "A survey that the person did not answer like that.",
    "has": "One related row for which all of `where` holds.",
    "has_no": "No related row for which all of `where` holds.",
    "in_segment": "The person is in another segment.",
    "not_in_segment": "The person is not in another segment.",
    "in_list": "The person is on an imported list.",
    "not_in_list": "The person is not on an imported list.",
    "near": "The postal code lies within so many kilometres of a place.",
    "any": "One of these conditions holds.",
    "all": "All of these conditions hold.",
    "none": "None of these conditions holds.",
    "sample": "A share of people, the same ones every time.",
}


def definitions(catalogue: Catalogue) -> dict[str, Schema]:
    """All definitions that conditions refer to."""
    found = values.definitions() | words.periods(catalogue)
    for spot in _places(Spot(catalogue, PERSON)):
        shapes = dict(_shapes(spot))
        found[name_of(spot.path)] = _condition({kind: name for kind, (name, _) in shapes.items()})
        found |= dict(shapes.values())
        for name in spot.reachable():
            for kind in ("has", "has_no"):
                found[name_of(spot.into(name).path, f"{kind}_one")] = _has_one(spot, name, kind)
    for relation, fields in catalogue.fields.items():
        for name, entry in fields.items():
            found[f"field_{name}_of_{relation}"] = words.field(entry)
    for name, metric in words.open_metrics(catalogue).items():
        found[f"metric_{name}"] = words.metric(metric, catalogue)
        found[f"ordered_by_{name}"] = words.ordering(metric, catalogue)
    found |= {f"score_{name}": words.score(score) for name, score in catalogue.scores.items()}
    found |= {"event": words.choice_of(catalogue.events), "sequence": words.sequence(catalogue)}
    found |= {f"said_by_{name}": words.said_by(event) for name, event in catalogue.events.items()}
    for name, event in catalogue.events.items():
        for kind in ("did", "did_not"):
            found[f"{kind}_{name}"] = words.event(event, kind)
    return found


def _places(spot: Spot) -> Iterator[Spot]:
    yield spot
    for relation in spot.reachable():
        yield from _places(spot.into(relation))


def _shapes(spot: Spot) -> Iterator[tuple[str, tuple[str, Schema]]]:
    """Each kind of this place with its definition, which is one for all places where it looks the same."""
    for kind, make in SHAPES.items():
        shape = make(spot, kind)
        if shape is not None:
            path = spot.path if kind in _BY_PATH else () if kind == "metric" else (spot.scope,)
            yield kind, (name_of(path, kind), shape)


_BY_PATH = ("has", "has_no", "any", "all", "none")  # they hold conditions


def _condition(shapes: Mapping[str, str]) -> Schema:
    """By the kind that stands there; where none does, the kinds. What is not written yet is no object."""
    cases = [
        {"if": {"type": "object", "required": [kind]}, "then": {"$ref": f"#/definitions/{name}"}}
        for kind, name in shapes.items()
    ]
    return {
        "type": "object",
        "minProperties": 1,
        "if": {"type": "object", "anyOf": [{"required": [kind]} for kind in shapes]},
        "then": {"allOf": cases},
        "else": {
            "properties": {kind: {"description": MEANINGS[kind]} for kind in shapes},
            "required": [next(iter(shapes))],
            "errorMessage": f"A condition starts with its kind: {', '.join(shapes)}.",
        },
    }
