"""Each column of each kind of file has a data category, the lake's where it becomes one of its columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.lake import categories as lake
from campaigns.register.categories import OF_WORD, brought
from campaigns.register.deliveries import Kind
from campaigns.settings.loading import load
from campaigns.workspace.kinds import all_kinds

SETTINGS = load(Path(__file__).parents[3] / "campaigns.yml")


@pytest.mark.parametrize("kind", all_kinds(), ids=lambda kind: kind.name)
def test_every_column_of_a_kind_has_a_category(kind: Kind) -> None:
    assert set(OF_WORD[kind.name]) == set(kind.columns.names)
    assert set(OF_WORD[kind.name].values()) - lake.OWN <= set(SETTINGS.categories)


@pytest.mark.parametrize("kind", ["companies", "persons", "sites", "contracts", "interactions"])
def test_a_column_is_of_one_category_in_the_file_and_in_the_lake(kind: str) -> None:
    for word, category in OF_WORD[kind].items():
        if word in lake.OF_COLUMN[kind]:
            assert lake.of(kind, word) == category or lake.of(kind, word) in lake.OWN, word


def test_a_file_brings_the_categories_of_the_columns_that_it_has() -> None:
    assert brought("persons", ["source_id", "email", "note", "unheard_of"]) == {"relationship", "contact"}
    assert brought("events", ["source_id", "page"]) == {"behaviour"}
    assert brought("datahub") == {"site", "consumption"}
    assert brought("spot_prices") == frozenset()
