"""GSRN, the metering point id: 18 digits, the last one a GS1 check digit. Text at borders, BIGINT inside.

python-stdnum has no GSRN module; its EAN check digit over the first 17 digits is the same modulo 10.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from stdnum import ean

from campaigns.identifiers import BadIdentifier

if TYPE_CHECKING:
    import polars as pl

DIGITS = 18
_FORM = re.compile(r"[0-9]{18}", re.ASCII)


def parse(text: str) -> int:
    """The GSRN as a number. Raises `BadIdentifier`."""
    digits = text.strip()
    if not _FORM.fullmatch(digits):
        raise BadIdentifier("GSRN_FORM", "a metering point id (GSRN) has 18 digits")
    if ean.calc_check_digit(digits[:-1]) != digits[-1]:
        raise BadIdentifier("GSRN_CHECK", "the check digit of this metering point id (GSRN) is wrong")
    return int(digits)


def text(number: int) -> str:
    """The 18 digits of a GSRN that is kept as a number."""
    return f"{number:0{DIGITS}d}"


def parse_series(texts: pl.Series) -> pl.Series:
    """GSRNs as numbers (Int64), NULL where `parse` would refuse."""
    import polars as pl

    form = texts.str.strip_chars().str.contains(r"^[0-9]{18}$")
    numbers = pl.select(pl.when(form).then(texts.str.strip_chars())).to_series().cast(pl.Int64)
    return pl.select(pl.when(check_digit_is_right(numbers)).then(numbers).alias(texts.name)).to_series()


def valid_series(texts: pl.Series) -> pl.Series:
    """Which texts are GSRNs; False for NULL."""
    return parse_series(texts).is_not_null().alias(texts.name)


def check_digit_is_right(numbers: pl.Series) -> pl.Series:
    """GS1 modulo 10: the digits from the right, times 1, 3, 1, 3, ..., sum to a multiple of 10."""
    import polars as pl

    total = pl.Series([0], dtype=pl.Int64)
    rest = numbers
    for place in range(DIGITS):
        total = (rest % 10) * (1 if place % 2 == 0 else 3) + total
        rest = rest // 10
    return total % 10 == 0
