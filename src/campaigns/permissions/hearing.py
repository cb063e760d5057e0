"""Of all that was said, the words that can bear on one request: the others need not reach the engine."""

from __future__ import annotations

import polars as pl

from campaigns.permissions.requests import Request

# Words about one channel or purpose; all others hold for a person as a whole.
_ABOUT_A_CHANNEL = (pl.col("family") == "consent") | pl.col("kind").is_in(["ban_channel", "complaint"])


def relevant(frame: pl.DataFrame, request: Request) -> pl.DataFrame:
    """The words of the register that `facts.sql` may count for this request, in short form (`state.WORDS`).

    `of_channel` is true of those about this purpose on a channel asked about, `of_person` of those that hold
    for a person as a whole: permissions to profile, and taking back all consents, among them.

    A ban of telephone holds for automated calls. Consents to profiling matter in segments, and otherwise only
    to those who have objected to it.
    """
    here = (pl.col("purpose").is_null() | (pl.col("purpose") == request.purpose)) & (
        pl.col("channel").is_null()
        | pl.col("channel").is_in([*request.channels, "phone"])
        | (pl.col("purpose") == "profiling")
    )
    of_person = (
        ~_ABOUT_A_CHANNEL
        | _on_profiling(frame, request)
        | (pl.col("channel").is_null() & pl.col("purpose").is_null())
    )
    if not {"web_ad", "segment"} & set(request.channels):
        of_person &= pl.col("kind") != "cookie_consent"
    return (
        frame.filter(pl.col("controller") == request.controller)
        .with_columns(
            of_channel=(_ABOUT_A_CHANNEL & here).fill_null(value=False),
            of_person=of_person.fill_null(value=False),
        )
        .filter(pl.col("of_channel") | pl.col("of_person"))
    )


def _on_profiling(frame: pl.DataFrame, request: Request) -> pl.Expr:
    """The words on consent to profiling that count."""
    about = pl.col("purpose") == "profiling"
    if "segment" in request.channels or request.purpose == "profiling":
        return about
    objected = frame.filter(kind="profiling_objection")["person_id"]
    return about if objected.has_nulls() else about & pl.col("person_id").is_in(objected.unique().implode())
