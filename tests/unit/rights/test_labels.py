"""The words of an answer: in three languages, for everything that the page names."""

from __future__ import annotations

import csv
import string
from importlib.resources import files

import pytest

from campaigns.ledger import rights_requests
from campaigns.rights import labels, page
from campaigns.rights.access import LANGUAGES
from campaigns.rights.circumstances import LEGAL_BASES
from campaigns.settings.retention import Retention
from support.rights_world import PERSONAL, WITH_PEOPLE

ROWS = list(
    csv.DictReader((files("campaigns.rights") / "labels.csv").read_text(encoding="utf-8").splitlines())
)


def test_every_label_is_there_in_every_language_once() -> None:
    assert len({row["key"] for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert all(row[language].strip() for language in LANGUAGES), row["key"]
        filled = [{name for _, name, _, _ in string.Formatter().parse(row[one])} for one in LANGUAGES]
        assert filled[0] == filled[1] == filled[2], row["key"]


ELSEWHERE = {"messages", "permission_events", "disclosed_people"}  # on the page under other headings


@pytest.mark.parametrize(
    "keys",
    [
        {f"section.{name}" for name in page.ORDER},
        {f"right.{name}" for name in page.RIGHTS},
        {f"keep.{name}" for name in Retention.model_fields},
        {f"basis.{basis}" for bases in LEGAL_BASES.values() for basis in bases},
        {f"value.{kind}" for kind in rights_requests.KINDS},
        {f"part.{name}" for name in PERSONAL},
        {f"part.{table.name}" for table in WITH_PEOPLE if table.name not in ELSEWHERE},
    ],
    ids=["sections", "rights", "retention", "bases", "requests", "lake", "ledger"],
)
def test_nothing_is_left_without_a_word(keys: set[str]) -> None:
    assert keys - labels.keys() == set()


def test_a_name_that_nobody_labelled_is_shown_in_plain_words() -> None:
    assert labels.labels("fi").of("column", "a_new_column") == "a new column"
