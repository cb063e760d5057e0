"""Ids that follow from what a source system calls a thing: the same name gives the same number, always."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

_SEPARATOR = "\x1f"  # cannot be typed into a source id by accident, so ("a", "bc") and ("ab", "c") differ
_POSITIVE = (1 << 63) - 1


def stable_id(*parts: str) -> int:
    """A number from 0 to 2**63 - 1 for these words, equal on every machine and in every version."""
    digest = hashlib.blake2b(_SEPARATOR.join(parts).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") & _POSITIVE


def stable_ids(frame: pl.DataFrame, parts: Sequence[str | pl.Expr]) -> pl.Series:
    """`stable_id` of every row; a `str` names a constant word, an expression a text column.

    NULL in any part gives NULL. The result is Int64, named `id`.
    """
    words = [pl.lit(part) if isinstance(part, str) else part.cast(pl.String) for part in parts]
    joined = frame.select(pl.concat_str(words, separator=_SEPARATOR).alias("id")).to_series()
    if len(joined) != len(frame):  # only constants were named
        joined = pl.select(pl.repeat(joined[0], len(frame)).alias("id")).to_series()
    blake2b = hashlib.blake2b
    numbers = [
        None
        if word is None
        else int.from_bytes(blake2b(word.encode(), digest_size=8).digest(), "big") & _POSITIVE
        for word in joined.to_list()
    ]
    return pl.Series("id", numbers, dtype=pl.Int64)
