"""JSON Schema of example persons, `tests/segments/*.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from campaigns.catalogue.model import Catalogue, FieldEntry, ScoreEntry
from campaigns.segments import schema_values as values
from campaigns.segments import schema_words as words
from campaigns.segments.example_contacts import VERBS
from campaigns.segments.example_rows import ANSWERS, BESIDES
from campaigns.segments.examples import EXPECTED, OF_FILE, OF_PERSON
from campaigns.segments.schema_values import Schema, record
from campaigns.settings.model import Channel
from campaigns.settings.schemas import DRAFT

_UNKNOWN: Schema = {"const": "unknown", "description": "Nobody knows it."}
_DAY: Schema = {
    "type": "string",
    "pattern": r"^(\d{4}-\d{2}-\d{2}|today|\d{1,5} (day|week|month|year)s? ago)$",
    "examples": ["today", "3 days ago", "2026-11-24"],
}
PLURAL: Mapping[str, str] = {"site": "sites", "contract": "contracts", "company": "companies"}
MEANINGS: Mapping[str, str] = {
    "name": "A few words that say who this is.",
    "copy": "Another person of this file, above, whom this one equals but for what stands here.",
    "audience": "`no`: somebody outside of the segment's audience.",
    "person": "Fields of the person.",
    "relationship": "Why we know the person.",
    "site": "A site with its metrics and contracts.",
    "sites": "Several sites.",
    "contract": "A contract without a site.",
    "contracts": "Several contracts without a site.",
    "company": "A company, and the person's role there.",
    "companies": "Several companies.",
    "did": "What the person did, and when.",
    "received": "Mailings that the person got, and when.",
    "clicked": "Mailings in which the person followed a link, and when.",
    "scores": "What models said of the person, today or on another day.",
    "in_list": "Imported lists that the person is on.",
    "drawn": "`no`: somebody whom `sample:` does not draw.",
    "permission": "What the person said about channels, profiling and cookies.",
    "expect": "In the segment, out of it, or in it and left out.",
    "because": "Why that is right.",
    "code": "The code of the decision that leaves the person out.",
}


def examples_schema(catalogue: Catalogue) -> Schema:
    """The document, for `.schema/examples.json`."""
    of = _of_person(catalogue)
    keys = {key: {"description": MEANINGS[key], **of.get(key, values.TEXT)} for key in OF_PERSON}
    top = {
        "segment": {**values.TEXT, "description": "The segment that these people are examples of."},
        "as_of": {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}$",
            "description": "The day they are about.",
        },
        "people": values.list_of(record(keys, required=("name",))),
    }
    return {
        "$schema": DRAFT,
        "title": "Example persons of a segment",
        **record({key: top[key] for key in OF_FILE}, required=OF_FILE),
        "definitions": _definitions(catalogue),
    }


def _of_person(catalogue: Catalogue) -> dict[str, Schema]:
    one = {name: values.shared(name) for name in PLURAL}
    mailings = {"type": "object", "additionalProperties": _DAY}
    permission = {name: values.choice(ANSWERS) for name in (*get_args(Channel), *BESIDES)}
    return {
        **one,
        **{many: {"type": "array", "items": one[name]} for name, many in PLURAL.items()},
        "person": record(_fields(catalogue, "person")),
        "relationship": {"anyOf": [{"type": "string"}, values.list_of({"type": "string"})]},
        "did": {"anyOf": [values.shared("did"), values.list_of(values.shared("did"))]},
        **{verb: {"anyOf": [mailings, values.list_of(mailings)]} for verb in VERBS},
        "scores": record({name: _score(entry) for name, entry in catalogue.scores.items()}),
        "in_list": {"anyOf": [values.TEXT, values.list_of(values.TEXT)]},
        "audience": values.YES_NO,
        "drawn": values.YES_NO,
        "permission": record(permission),
        "expect": values.choice(EXPECTED),
    }


def _definitions(catalogue: Catalogue) -> dict[str, Schema]:
    contract = values.shared("contract")
    contracts = {"contract": contract, "contracts": {"type": "array", "items": contract}}
    return {
        "site": record({**_fields(catalogue, "site"), **_metrics(catalogue), **contracts}),
        "contract": record(_fields(catalogue, "contract")),
        "company": record(_fields(catalogue, "company")),
        "did": _did(catalogue),
    }


def _fields(catalogue: Catalogue, relation: str) -> dict[str, Schema]:
    return {name: _field(entry) for name, entry in catalogue.fields[relation].items()}


def _field(entry: FieldEntry) -> Schema:
    value = _DAY if entry.type == "date" else values.value(entry.type, unit=entry.unit, values=entry.values)
    return {"description": words.told(entry), "anyOf": [value, _UNKNOWN]}


def _score(entry: ScoreEntry) -> Schema:
    value = {"anyOf": [values.number(entry.unit), _UNKNOWN]}
    dated = record({"value": value, "said": _DAY}, required=("value",))
    return {"description": words.told(entry), "anyOf": [*value["anyOf"], dated]}


def _metrics(catalogue: Catalogue) -> dict[str, Schema]:
    return {
        name: {
            "description": words.told(entry),
            **record(
                {
                    period: {"anyOf": [values.number(entry.unit), _UNKNOWN]}
                    for period in entry.periods or catalogue.periods
                }
            ),
        }
        for name, entry in words.open_metrics(catalogue).items()
    }


def _did(catalogue: Catalogue) -> Schema:
    said = sorted({name for event in catalogue.events.values() for name in event.properties})
    happened = {name: {"description": words.told(event), **_DAY} for name, event in catalogue.events.items()}
    return record({**happened, **dict.fromkeys(said, values.TEXT)})
