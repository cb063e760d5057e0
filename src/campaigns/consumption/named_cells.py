"""Cells of files with named columns as their source means them, and refusing rows of them.

What a source's `values:` and `defaults:` say is applied here, the same way for every kind of such files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from campaigns.register.deliveries import Delivery
from campaigns.register.quarantine import Rejects

NUMBER = r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?$"  # programs write floats as 1e-05


class NamedCells:
    """Makes the cells of one file ours."""

    def __init__(self, delivery: Delivery) -> None:
        self._defaults = delivery.source.defaults
        self._values = {name: _folded(words) for name, words in delivery.source.values.items()}

    def columns(self, cells: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
        """Our columns beside `_line` and `_text`: the source's words made ours, then its defaults."""
        return cells.select("_line", "_text", *(self._column(cells, name) for name in names))

    def _column(self, cells: pl.DataFrame, name: str) -> pl.Series:
        default = self._defaults.get(name, "")
        if name not in cells.columns:
            return pl.repeat(default, len(cells), dtype=pl.String, eager=True).alias(name)
        text = cells[name].fill_null("").str.strip_chars()
        if words := self._values.get(name):
            text = text.str.to_lowercase().replace_strict(words, default=text, return_dtype=pl.String)
        return pl.select(pl.when(text != "").then(text).otherwise(pl.lit(default)).alias(name)).to_series()


def refuse(rows: pl.DataFrame, code: str, message: str, column: str, rejects: Rejects) -> None:
    """Put rows (`_line`, `_text`) among the rejects; nothing for none."""
    if rows.is_empty():
        return
    rejects.add_frame(
        rows.select(
            line="_line", reason=pl.lit(code), message=pl.lit(message), column=pl.lit(column), text="_text"
        )
    )


def _folded(words: Mapping[str, str]) -> dict[str, str]:
    return {unicodedata.normalize("NFC", theirs).strip().lower(): ours for theirs, ours in words.items()}
