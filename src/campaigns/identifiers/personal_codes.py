"""Finnish personal identity codes: found so that they can be refused, never kept and never repeated.

Two tiers. *Certain*: the form, a real date and the right check character. *Suspect*: the form with a wrong
check (a mistyped code), a code without its sign, or a right one glued to other letters. Names of the rule:
Digital and Population Data Services Agency; check by python-stdnum with `allow_temporary`, since the agency's
test persons have numbers from 900.

The signs are `+`, `-`, Y X W V U and A to F; people also write longer dashes and put spaces around the sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from stdnum.fi import hetu

if TYPE_CHECKING:
    import polars as pl

Tier = Literal["certain", "suspect"]
MASK = "******-****"

_DASHES = "\u002d\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
# Spaces, and marks that nobody sees or that stand for what could not be read.
_GAP = "[\\s\\x00-\\x1f\\x7f-\\x9f\u200b-\u200f\u2060\ufeff\ufffd]{0,3}"
_DAY = rf"(?:[0-3\uff10-\uff13]\d{_GAP}[. ]?{_GAP}[01\uff10\uff11]\d{_GAP}[. ]?{_GAP}\d\d)"
_SIGN = f"[{_DASHES}+\uff0bA-FU-Ya-fu-y]"
_TAIL = rf"\d{{3}}{_GAP}[\dA-Za-z]"

# No look-around, so that the regex engine of polars takes it too.
PREFILTER = rf"{_DAY}{_GAP}{_SIGN}?{_GAP}{_TAIL}"
_CODE = re.compile(
    rf"(?<!\d)(?P<day>{_DAY})(?P<before>{_GAP})(?P<sign>{_SIGN}?)(?P<after>{_GAP})(?P<tail>{_TAIL})(?:(?<=\D)|(?!\d))"
)
_LENGTH = 11
_CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CHAIN = (*_DASHES, "+")  # a longer number with dashes is no code: 2024-010203-4567


def find(text: str) -> Tier | None:
    """The worst that the text holds."""
    tiers = {tier for tier, _, _ in _found(text)}
    return "certain" if "certain" in tiers else "suspect" if tiers else None


def contains_certain(text: str) -> bool:
    """Whether there is a code beyond doubt."""
    return find(text) == "certain"


def mask(text: str) -> str:
    """The text with every certain and suspect code replaced by `******-****`."""
    parts, end = [], 0
    for _, start, stop in _found(text):
        parts += [text[end:start], MASK]
        end = stop
    return "".join([*parts, text[end:]])


def flag_series(texts: pl.Series) -> pl.Series:
    """`certain`, `suspect` or NULL for each text."""
    return _by_candidate(texts, find, None)


def mask_series(texts: pl.Series) -> pl.Series:
    """Each text masked; texts without a candidate are not touched."""
    return _by_candidate(texts, mask, texts)


def _by_candidate(texts: pl.Series, look: object, otherwise: pl.Series | None) -> pl.Series:
    """`look` at the few distinct texts that the fast pattern lets through."""
    import polars as pl

    candidate = texts.str.contains(PREFILTER).fill_null(value=False)
    nothing = pl.Series(texts.name, [None], dtype=pl.String).new_from_index(0, len(texts))
    rest = nothing if otherwise is None else otherwise
    if not candidate.any():
        return rest
    distinct = texts.filter(candidate).unique()
    answers = pl.Series([look(text) for text in distinct], dtype=pl.String)  # type: ignore[operator]  # find or mask
    looked = texts.replace_strict(distinct, answers, default=None, return_dtype=pl.String)
    return pl.select(pl.when(candidate).then(looked).otherwise(rest).alias(texts.name)).to_series()


def _found(text: str) -> Iterator[tuple[Tier, int, int]]:
    """Every code with its tier and place, left to right, not overlapping."""
    position = 0
    while match := _CODE.search(text, position):
        tier = _tier(text, match)
        if tier:
            yield tier, match.start(), match.end()
        position = match.end() if tier else match.start() + 1


def _tier(text: str, match: re.Match[str]) -> Tier | None:
    day, tail = _plain(match["day"]), _plain(match["tail"])
    right = _check_is_right(day, match["sign"], tail)
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    glued = before.isalnum() or after.isalnum()
    if not match["sign"]:
        return "suspect" if right and not glued and not _could_be_mobile(match[0]) else None
    if right:
        return "suspect" if glued else "certain"
    spaced = len(match[0]) > _LENGTH
    in_a_chain = before in _CHAIN or after in _CHAIN
    possible = 1 <= int(day[:2]) <= 31 and 1 <= int(day[2:4]) <= 12
    return "suspect" if possible and not (glued or spaced or in_a_chain) else None


def _plain(text: str) -> str:
    """ASCII digits and capital letters only; full-width and other digits become ASCII ones."""
    return "".join(str(int(sign)) if sign.isdecimal() else sign.upper() for sign in text if sign.isalnum())


def _check_is_right(day: str, sign: str, tail: str) -> bool:
    if _CHECKS[int(day + tail[:3]) % len(_CHECKS)] != tail[3:]:
        return (
            False  # what the library would say too, thirty times of thirty-one, without its date arithmetic
        )
    century = "-" if sign in _DASHES or not sign else "+" if sign in "+\uff0b" else sign.upper()
    # Without its sign both centuries are tried: 29 February 1900 never was, that of 2000 was.
    signs = (century,) if sign else ("-", "A")
    return any(hetu.is_valid(f"{day}{one}{tail}", allow_temporary=True) for one in signs)


def _could_be_mobile(text: str) -> bool:
    """Ten digits without a gap may be a mobile number: 0401234567."""
    if not text.isdecimal():
        return False
    import phonenumbers

    number = phonenumbers.parse(text, "FI")
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE
