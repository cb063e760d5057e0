"""Every word that a letter may need is there in all languages, with the same values."""

from __future__ import annotations

import csv
import string
from importlib.resources import files
from typing import get_args

import pytest

from campaigns.permissions.events import KINDS
from campaigns.permissions.rules import ALLOWING
from campaigns.reports.letter_words import LANGUAGES, words
from campaigns.settings.model import Channel, Language, PermissionPurpose

TEXT = (files("campaigns.reports") / "letter.csv").read_text(encoding="utf-8")
ROWS = list(csv.DictReader(TEXT.splitlines()))
NEEDED = {
    *(f"basis.{code}" for code in ALLOWING),
    *(f"said.{word.kind}" for word in KINDS.values() if word.widens),
    *(f"channel.{channel}" for channel in get_args(Channel)),
    *(f"by.{channel}" for channel in (*get_args(Channel), "all")),
    *(f"purpose.{purpose}" for purpose in (*get_args(PermissionPurpose), "all")),
    *(f"language.{language}" for language in get_args(Language)),
    *("said.other", "method.other", "source.other"),
}


def test_nothing_that_may_be_said_is_missing_or_said_twice() -> None:
    keys = [row["key"] for row in ROWS]
    assert len(keys) == len(set(keys))
    assert set(keys) >= NEEDED
    assert set(LANGUAGES) == set(get_args(Language))


@pytest.mark.parametrize("row", ROWS, ids=[row["key"] for row in ROWS])
def test_all_languages_say_it_with_the_same_values(row: dict[str, str]) -> None:
    values = {
        language: {name for _, name, _, _ in string.Formatter().parse(row[language]) if name}
        for language in LANGUAGES
    }
    assert all(row[language].strip() for language in LANGUAGES)
    assert values["fi"] == values["sv"] == values["en"]


def test_an_unknown_language_gets_finnish_and_an_unknown_word_is_told_as_it_is() -> None:
    assert words("de").language == "fi"
    assert words("en").of("method", "pigeon", method="pigeon") == "another way (pigeon)"
    assert words("en").of("source", None, source="old") == "old"
