"""Every value that a template may print is of the category of the column that it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.content.variables import CONSTANTS, known
from campaigns.lake import categories
from campaigns.settings.loading import load

SETTINGS = load(Path(__file__).parents[3] / "campaigns.yml")
TABLE_OF = {
    "person": "persons",
    "company": "companies",
    "site": "sites",
    "contract": "contracts",
    "metric": "metrics",
}


@pytest.mark.parametrize("name", known())
def test_a_variable_keeps_its_column_s_category(name: str) -> None:
    group, _, column = name.partition(".")
    assert known()[name].category == categories.of(TABLE_OF[group], column)
    assert SETTINGS.categories[known()[name].category].templates


def test_what_every_message_has_is_about_nobody() -> None:
    assert {name.partition(".")[0] for name in CONSTANTS} == {"sender", "links", "mailing"}
