"""Phone numbers in their many spellings, as E.164, and what they can be used for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from campaigns.identifiers import BadIdentifier

if TYPE_CHECKING:
    import polars as pl

REGION = "FI"


@dataclass(frozen=True, kw_only=True, slots=True)
class Phone:
    """`e164` such as +358401234567; `mobile`: takes text messages; `callable`: may be on a phone list.

    Service numbers (010, 020, 029, 0600, 0800) are numbers, but neither: nobody's own phone rings there.
    """

    e164: str
    mobile: bool
    callable: bool


def normalise(text: str) -> Phone:
    """One number, read as in Finland unless it starts with + or 00. Raises `BadIdentifier`."""
    import phonenumbers
    from phonenumbers import PhoneNumberType as Type

    # The library reads letters as keys (0400-SAHKO) and cuts the text at a second number: both are guesses.
    if len(text) > 40 or any(sign.isalpha() for sign in text) or any(sign in text for sign in ",;/\x00\n"):
        raise BadIdentifier("PHONE_FORM", "this is not one phone number")
    try:
        number = phonenumbers.parse(text, REGION)
    except phonenumbers.NumberParseException:
        raise BadIdentifier("PHONE_FORM", "this is not one phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise BadIdentifier("PHONE_UNKNOWN", "no such phone number can exist")
    kind = phonenumbers.number_type(number)
    mobile = kind in (Type.MOBILE, Type.FIXED_LINE_OR_MOBILE)
    return Phone(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        mobile=mobile,
        callable=mobile or kind in (Type.FIXED_LINE, Type.VOIP),
    )


def normalise_series(texts: pl.Series) -> pl.DataFrame:
    """`value` (E.164), `mobile` and `callable`, or `code` and `message` (why not); all NULL for NULL.

    Finnish mobile numbers in their usual spellings are rewritten at once, by the pattern in the metadata of
    phonenumbers; only the distinct others are parsed by it, at 26 microseconds each.
    """
    import polars as pl

    digits = texts.str.replace_all(r"[ \-\u{a0}]", "")
    national = digits.str.extract(rf"^(?:(?:\+358|00358)(?:\(0\))?|\(0\)|0)({_mobile_pattern()})$", 1)
    plain = pl.select(pl.lit("+358") + national).to_series()
    others = pl.DataFrame({"text": texts.filter(texts.is_not_null() & plain.is_null()).unique()})
    found = pl.Struct(
        {
            "value": pl.String,
            "mobile": pl.Boolean,
            "callable": pl.Boolean,
            "code": pl.String,
            "message": pl.String,
        }
    )
    looked = others.with_columns(
        pl.col("text").map_elements(_looked, return_dtype=found).alias("found")
    ).unnest("found")
    is_plain = plain.is_not_null()
    return (
        pl.DataFrame({"text": texts, "plain": plain, "is_plain": is_plain})
        .join(looked, on="text", how="left", maintain_order="left")
        .select(
            pl.coalesce("plain", "value").alias("value"),
            *(
                pl.when("is_plain").then(pl.lit(value=True)).otherwise(pl.col(name)).alias(name)
                for name in ("mobile", "callable")
            ),
            "code",
            "message",
        )
    )


@lru_cache(maxsize=1)
def _mobile_pattern() -> str:
    from phonenumbers import PhoneMetadata

    pattern = PhoneMetadata.metadata_for_region(REGION, None).mobile.national_number_pattern  # type: ignore[union-attr]  # FI has one
    return str(pattern).replace(r"\d", "[0-9]")


def _looked(text: str) -> dict[str, str | bool | None]:
    nothing: dict[str, str | bool | None] = {"value": None, "mobile": None, "callable": None}
    try:
        phone = normalise(text)
    except BadIdentifier as bad:
        return {**nothing, "code": bad.code, "message": bad.message}
    return {
        "value": phone.e164,
        "mobile": phone.mobile,
        "callable": phone.callable,
        "code": None,
        "message": None,
    }
