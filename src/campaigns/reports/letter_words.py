"""The sentences of the letter in the languages that people are written to in."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("fi", "sv", "en")


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language."""

    language: str
    _texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """A sentence with its values; a key that is not there is an error of the program."""
        return self._texts[key].format(**values)

    def of(self, group: str, word: str | None, **values: object) -> str:
        """What a word of ours means, as `channel` and `email`; `other` for one that nobody has told."""
        key = f"{group}.{word}"
        return self(key if key in self._texts else f"{group}.other", **values)


@cache
def words(language: str) -> Words:
    """The sentences of a language, of Finnish for one that has none."""
    rows = _rows()
    chosen = language if language in LANGUAGES else LANGUAGES[0]
    return Words(chosen, {row["key"]: row[chosen] for row in rows})


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = (files("campaigns.reports") / "letter.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))
