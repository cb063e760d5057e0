"""Purpose limitation starts here: every column of the lake is of a category that campaigns.yml knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.lake import categories
from campaigns.lake.schemas import TABLES
from campaigns.settings.loading import load
from campaigns.settings.model import CLOSED_CATEGORIES

SETTINGS = load(Path(__file__).parents[3] / "campaigns.yml")


@pytest.mark.parametrize("table", TABLES)
def test_every_column_has_a_category_and_no_other_has(table: str) -> None:
    assert set(categories.OF_COLUMN[table]) == set(TABLES[table].schema)


def test_no_table_is_left_over() -> None:
    assert set(categories.OF_COLUMN) == set(TABLES)


def test_campaigns_yml_says_of_each_category_where_it_may_appear() -> None:
    used = {category for columns in categories.OF_COLUMN.values() for category in columns.values()}
    assert used - categories.OWN <= set(SETTINGS.categories)


def test_nothing_that_is_always_closed_has_a_column() -> None:
    used = {category for columns in categories.OF_COLUMN.values() for category in columns.values()}
    assert not used & CLOSED_CATEGORIES
    assert set(SETTINGS.categories) >= CLOSED_CATEGORIES


def test_no_category_of_campaigns_yml_may_have_the_name_of_our_own() -> None:
    assert not categories.OWN & set(SETTINGS.categories)


def test_a_category_gives_its_columns() -> None:
    assert ("sites", "heating") in set(categories.columns_of("site"))
    assert set(categories.columns_of("free_text")) == {("quarantine", "text")}
    assert categories.of("persons", "birth_year") == "identity"
    with pytest.raises(KeyError):
        categories.of("persons", "shoe_size")
