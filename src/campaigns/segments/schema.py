"""JSON Schema of a segment file, made from the catalogue, the settings and the tables of the reader.

It is for editors: completion, hover texts, wrong words at once. `check` is the authority: units, purposes and
what stands in other files are known to it alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from campaigns.catalogue.model import Catalogue
from campaigns.segments import schema_values as values
from campaigns.segments import schema_words as words
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
        "definitions": {**definitions(catalogue), "order": _order(catalogue)},
    }


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
    """People in the order of a metric, such as `{metric: spot_paid, over: last 3 months}`."""
    metrics = words.open_metrics(catalogue)
    by_name = {name: f"ordered_by_{name}" for name in metrics}
    return {"type": "object", **words.choosing("metric", metrics, by_name)}


def _control_group() -> Schema:
    parts = {"share": values.SHARE, "name": values.TEXT, "keep_for": values.DURATION}
    return {"anyOf": [values.SHARE, record(parts, required=("share",))]}


def _expect() -> Schema:
    size: Schema = {"type": "string", "pattern": r"^\d+ to \d+$", "examples": ["500 to 20000"]}
    return record({"size": size, "change_at_most": values.SHARE, "data_not_older_than": values.DURATION})
