"""What the keys of an answer are called, in the person's language (`labels.csv`)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


class Labels:
    """The labels of one language. A key without one is shown as a plain word."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __call__(self, key: str, **values: object) -> str:
        """The label of a key such as `section.you`, which must exist; `{name}` in it is filled."""
        return self._texts[key].format(**values)

    def of(self, space: str, name: str) -> str:
        """The label of a column, table or word; its own name, in words, where nobody gave it one."""
        return self._texts.get(f"{space}.{name}") or name.replace("_", " ")


@cache
def labels(language: str) -> Labels:
    """The labels in `fi`, `sv` or `en`."""
    return Labels({key: row[language] for key, row in _rows().items()})


def keys() -> frozenset[str]:
    """Every key that has a label."""
    return frozenset(_rows())


@cache
def _rows() -> Mapping[str, Mapping[str, str]]:
    text = (files("campaigns.rights") / "labels.csv").read_text(encoding="utf-8")
    return {row["key"]: row for row in csv.DictReader(text.splitlines())}
