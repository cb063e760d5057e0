"""Every column of the register is a word of the catalogue, or is left out for a reason that stands here."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns import catalogue
from campaigns.catalogue import sources
from campaigns.catalogue.model import Catalogue
from campaigns.lake import categories
from campaigns.settings.loading import load as load_settings

ROOT = Path(__file__).parents[3]
SETTINGS = load_settings(ROOT / "campaigns.yml")
SELF_EVIDENT = "the permission rules look at it in every segment"
OF_THE_ENGINE = "other conditions ask it: did, received, in_list, near, has, score"
FROM_METRICS = "metrics are made of it"
WHO_IT_IS = "it says who somebody is; a segment is about what many have in common"
# Table, columns (all when empty) and why no segment asks them by name.
LEFT_OUT = {
    "person_keys": {"*": WHO_IT_IS},
    "persons": {
        "first_name last_name": WHO_IT_IS,
        "deceased protected_address guardian_id estate_contact_id ended_on": SELF_EVIDENT,
        "business_id": WHO_IT_IS,
    },
    "contact_points": {"*": SELF_EVIDENT},
    "companies": {"business_id name": WHO_IT_IS, "ended_on": SELF_EVIDENT},
    "roles": {"end_date": "only running roles are looked at"},
    "sites": {"address": WHO_IT_IS},
    "metering_points": {"metering_point_id gsrn": WHO_IT_IS, "ended_on": SELF_EVIDENT},
    "contracts": {
        "price_c_kwh margin_c_kwh": "the metric spot_vs_fixed_eur says what they mean for a person"
    },
    "events": {"*": OF_THE_ENGINE},
    "interactions": {"*": "free words and staff; what came of them are events"},
    "list_members": {"*": OF_THE_ENGINE},
    "scores": {"*": OF_THE_ENGINE},
    "consumption_days": {"*": FROM_METRICS},
    "consumption_months": {"*": FROM_METRICS},
    "day_facts": {"*": FROM_METRICS},
    "month_facts": {"*": FROM_METRICS},
    "reading_flags": {"*": FROM_METRICS},
    "reading_twins": {"*": FROM_METRICS},
    "heat_registers": {"*": FROM_METRICS},
    "heat_days": {"*": FROM_METRICS},
    "metrics": {"metering_point_id": WHO_IT_IS},
    "metrics_history": {"*": "metrics of today are asked"},
    "rectifications": {"*": "the corrected value is asked"},
    "segment_members": {"*": OF_THE_ENGINE},
    "segment_snapshots": {"*": "counts of segments"},
}


@pytest.fixture(scope="module")
def words() -> Catalogue:
    return catalogue.load(SETTINGS)


def open_columns() -> set[tuple[str, str]]:
    """Those of a data category that segments may use."""
    return {
        (table, column)
        for table, columns in categories.OF_COLUMN.items()
        for column, category in columns.items()
        if category in SETTINGS.categories and SETTINGS.categories[category].segments
    }


def left_out(table: str, column: str) -> bool:
    reasons = LEFT_OUT.get(table, {})
    return "*" in reasons or any(column in columns.split() for columns in reasons)


def named(words: Catalogue) -> set[tuple[str, str]]:
    fields = {
        (field.table, column)
        for of in words.fields.values()
        for field in of.values()
        for column in (field.column, *field.where)
    }
    metrics = {("metrics", metric.column or name) for name, metric in words.metrics.items()}
    return fields | metrics


def test_every_open_column_has_a_word_or_a_reason(words: Catalogue) -> None:
    missing = {place for place in open_columns() - named(words) if not left_out(*place)}
    assert missing == set()


def test_no_reason_is_given_for_what_has_a_word(words: Catalogue) -> None:
    known = named(words)
    for table, reasons in LEFT_OUT.items():
        assert table in categories.OF_COLUMN or table == "scores"
        listed = {column for columns in reasons for column in columns.split() if column != "*"}
        assert listed <= set(categories.OF_COLUMN.get(table, {}))
        assert not {(table, column) for column in listed} & known


def test_every_column_that_fields_may_come_from_is_one(words: Catalogue) -> None:
    allowed = {
        (table, column)
        for table, columns in sources.ALLOWED.items()
        for column in columns
        if table in categories.OF_COLUMN
    }
    assert allowed <= named(words)


def test_labels_and_descriptions_are_there_in_both_languages(words: Catalogue) -> None:
    for entry in (*words.search(), *words.audiences.values()):
        for texts in (entry.label, entry.description):
            assert texts["fi"].strip() and texts["en"].strip(), entry.name
        assert entry.description["en"].rstrip().endswith("."), entry.name
    for metric in words.metrics.values():
        assert metric.description["fi"].rstrip(".").lower() != metric.label["fi"].lower(), metric.name
    for event in words.events.values():
        assert all(one.label["fi"] and one.label["en"] for one in event.properties.values())
