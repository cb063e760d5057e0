"""JSON Schema of a segment file, made from the catalogue, the settings and the tables of the reader.

It is for editors: completion, hover texts, wrong words at once. `check` is the authority: units, purposes and
what stands in other files are known to it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from campaigns.catalogue.model import Catalogue
from campaigns.segments import schema_values as values
from campaigns.segments import schema_words as words
from campaigns.segments.conditions_of_scores import AGE
from campaigns.segments.model import NAME
from campaigns.segments.reading import KEYS, PREFER, REFRESH, REQUIRED
from campaigns.segments.schema_conditions import PERSON, Spot, definitions
from campaigns.segments.schema_values import Schema, choice, list_of, record
from campaigns.settings.model import Channel, Settings
from campaigns.settings.schemas import DRAFT

MEANINGS: Mapping[str, str] = {
    "title": "Who these people are, in one line.",
    "owner": "Who answers for this segment.",
    "goal": "What is to be reached.",
    "controller": "Whose register the people are chosen from.",
    "purpose": "Why we write to them: it decides whose consent is required and which data may be used.",
    "channels": "How they may be reached, in the order of preference.",
    "audience": "Whom the conditions choose from.",
    "who": "Conditions that must all hold.",
    "except": "Conditions that leave people out.",
    "one_per": "One person of each company.",
    "prefer": "Who of one company is taken.",
    "limit": "No more people than this, by lot or by a metric.",
    "control_group": "The share of people who get nothing, so that the effect can be measured.",
    "refresh": "How often a snapshot is taken.",
    "expect": "What the author expects: the size, its change, how old data may be.",
}


def segment_schema(catalogue: Catalogue, settings: Settings) -> Schema:
    """The document, for `.schema/segment.json`."""
    top = _top_level(catalogue, settings)
    return {
        "$schema": DRAFT,
        "title": "A segment",
        **record({key: {"description": MEANINGS[key], **top[key]} for key in KEYS}, required=REQUIRED),
        "dependencies": {"prefer": ["one_per"]},
        "definitions": _used(top, {**definitions(catalogue), "order": _order(catalogue)}),
    }


def _used(top: Schema, defined: Mapping[str, Schema]) -> dict[str, Schema]:
    """The definitions that something refers to, in their order."""
    found: set[str] = set()
    waiting = _references(top)
    while waiting:
        found |= waiting
        waiting = {name for known in waiting for name in _references(defined[known])} - found
    return {name: schema for name, schema in defined.items() if name in found}


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(_references, part.values()))
    return set().union(*map(_references, part)) if isinstance(part, list) else set()


def _top_level(catalogue: Catalogue, settings: Settings) -> dict[str, Schema]:
    conditions = Spot(catalogue, PERSON).list
    purposes = {name: " / ".join(one.title.values()) for name, one in settings.purposes.items()}
    controllers = {name: one.name for name, one in settings.controllers.items()}
    return {
        "title": values.TEXT,
        "owner": values.TEXT,
        "goal": values.TEXT,
        "controller": choice(controllers),
        "purpose": choice(purposes),
        "channels": {**list_of({"enum": list(get_args(Channel))}), "uniqueItems": True},
        "audience": words.choice_of(catalogue.audiences),
        "who": conditions,
        "except": conditions,
        "one_per": choice(("company",)),
        "prefer": choice(PREFER),
        "limit": _limit(),
        "control_group": _control_group(),
        "refresh": choice(REFRESH),
        "expect": _expect(),
    }


def _limit() -> Schema:
    order = values.shared("order")
    parts = record({"at_most": values.COUNT, "highest": order, "lowest": order}, required=("at_most",))
    return {"anyOf": [values.COUNT, parts]}


def _order(catalogue: Catalogue) -> Schema:
    """People in the order of a metric, such as `{metric: spot_paid, over: last 3 months}`, or of a score."""
    metrics = words.open_metrics(catalogue)
    by_metric = words.choosing("metric", metrics, {name: f"ordered_by_{name}" for name in metrics})
    parts = {"score": words.choice_of(catalogue.scores), AGE: values.WITHIN}
    return {
        "type": "object",
        "if": {"required": ["score"]},
        "then": record(parts, required=tuple(parts)),
        "else": by_metric,
    }


def _control_group() -> Schema:
    half: Schema = {"type": "string", "pattern": r"^([0-4]?\d(\.\d{1,4})?|50) ?%$", "examples": ["10%"]}
    parts = {
        "share": half,
        "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
        "keep_for": values.WITHIN,
    }
    return {"anyOf": [half, record(parts, required=("share",))]}


def _expect() -> Schema:
    size: Schema = {"type": "string", "pattern": r"^\d+ to \d+$", "examples": ["500 to 20000"]}
    return record({"size": size, "change_at_most": values.SHARE, "data_not_older_than": values.WITHIN})
