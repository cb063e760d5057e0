"""E-mail addresses that we would hand to a mail server: one plain ASCII address, nothing clever.

email-validator knows the standards; this module refuses what they allow and mail systems or people are fooled
by: local parts outside ASCII (no SMTPUTF8), a leading `-` (an option to a program), `=?` (a coded word that
some libraries decode into header lines), and domains in letters that only look Latin.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from email_validator import EmailNotValidError, validate_email

from campaigns.identifiers import BadIdentifier

if TYPE_CHECKING:
    import polars as pl

MAX_LENGTH = 254
# Letters of .fi names and of our neighbours that do not decompose to an ASCII letter.
_OTHER_LATIN = frozenset("æøđŋŧǥʒǯßœðþł")
# Addresses that need no second look: `normalise` only lower-cases these (a property test holds it to that).
_PLAIN = (
    r"^[a-z0-9_][a-z0-9_+-]*(?:\.[a-z0-9_+-]+)*"
    r"@(?:[a-z0-9](?:[a-z0-9]|-[a-z0-9])*\.)+[a-z]{2,24}$"
)
_RESERVED = r"\.(?:arpa|invalid|local|localhost|onion|test|example)$"


def normalise(text: str) -> str:
    """The address in lower case, its domain in ASCII. Raises `BadIdentifier`."""
    address = text.strip(" \t")
    if any(unicodedata.category(sign) in {"Cc", "Cf", "Zl", "Zp"} for sign in address):
        raise BadIdentifier("EMAIL_CONTROL", "an e-mail address has no control or direction marks")
    if len(address) > MAX_LENGTH:
        raise BadIdentifier("EMAIL_LONG", f"an e-mail address has at most {MAX_LENGTH} characters")
    if address.startswith("-") or "=?" in address:
        raise BadIdentifier("EMAIL_UNSAFE", "an e-mail address does not start with - and holds no =?")
    try:
        found = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError:
        raise BadIdentifier(
            "EMAIL_FORM", "this is not one plain e-mail address, such as name@example.com"
        ) from None
    if found.ascii_email is None:
        raise BadIdentifier("EMAIL_ASCII", "the part before @ must be plain ASCII letters")
    if not all(_familiar(sign) for sign in found.domain):
        raise BadIdentifier("EMAIL_LOOKALIKE", "the domain has letters that only look Latin")
    return found.ascii_email.lower()


def normalise_series(texts: pl.Series) -> pl.DataFrame:
    """`value` (the address), or `code` and `message` (why not), one row a text; all NULL for NULL.

    Plain addresses are lower-cased at once; only the distinct others go through `normalise`.
    """
    import polars as pl

    lower = texts.str.strip_chars(" \t").str.to_lowercase()
    plain = (
        lower.str.contains(_PLAIN)
        & ~lower.str.contains(_RESERVED)
        & (lower.str.len_bytes() <= MAX_LENGTH)
        & (lower.str.find("@", literal=True) <= 64)
        & ~lower.str.contains(r"[a-z0-9-]{64}")
    )
    others = pl.DataFrame({"text": texts.filter(texts.is_not_null() & ~plain).unique()})
    found = pl.Struct({"value": pl.String, "code": pl.String, "message": pl.String})
    looked = others.with_columns(
        pl.col("text").map_elements(_looked, return_dtype=found).alias("found")
    ).unnest("found")
    return (
        pl.DataFrame({"text": texts, "plain": pl.select(pl.when(plain).then(lower)).to_series()})
        .join(looked, on="text", how="left", maintain_order="left")
        .select(pl.coalesce("plain", "value").alias("value"), "code", "message")
    )


def _looked(text: str) -> dict[str, str | None]:
    try:
        return {"value": normalise(text), "code": None, "message": None}
    except BadIdentifier as bad:
        return {"value": None, "code": bad.code, "message": bad.message}


def _familiar(sign: str) -> bool:
    """An ASCII sign, a letter that decomposes to one, or a letter of a Nordic or German alphabet."""
    return sign.isascii() or sign in _OTHER_LATIN or unicodedata.normalize("NFD", sign)[0].isascii()
