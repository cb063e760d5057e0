"""The kinds of conditions: the first key of each, and what reads it."""

from __future__ import annotations

from collections.abc import Mapping

from campaigns.segments import (
    conditions_of_contacts,
    conditions_of_people,
    conditions_of_places,
    conditions_of_scores,
    conditions_of_sequences,
    conditions_of_values,
)
from campaigns.segments.conditions import Kind

KINDS: Mapping[str, Kind] = {
    "field": conditions_of_values.field,
    "metric": conditions_of_values.metric,
    "score": conditions_of_scores.score,
    "did": conditions_of_sequences.did,
    "did_not": conditions_of_sequences.did,
    "received": conditions_of_contacts.message,
    "not_received": conditions_of_contacts.message,
    "clicked": conditions_of_contacts.message,
    "not_clicked": conditions_of_contacts.message,
    "answered": conditions_of_contacts.answered,
    "not_answered": conditions_of_contacts.answered,
    "has": conditions_of_people.has,
    "has_no": conditions_of_people.has,
    "in_segment": conditions_of_people.in_segment,
    "not_in_segment": conditions_of_people.in_segment,
    "in_list": conditions_of_contacts.in_list,
    "not_in_list": conditions_of_contacts.in_list,
    "near": conditions_of_places.near,
    "any": conditions_of_people.group,
    "all": conditions_of_people.group,
    "none": conditions_of_people.group,
    "sample": conditions_of_people.sample,
}
