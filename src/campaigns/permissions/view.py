"""The view `permission_state`: what stands of all that people have said, for analysis.

Decisions do not read it: they fold the words themselves, for one purpose at a time (`facts.sql`).
"""

from __future__ import annotations

from datetime import datetime

import polars as pl

from campaigns.permissions.state import WORDS, Words

STATE = pl.Schema(
    {
        "controller": pl.String(),
        "person_id": pl.Int64(),
        "channel": pl.String(),  # NULL: all channels; a permission to profile has none
        "purpose": pl.String(),  # NULL: all purposes
        "state": pl.String(),  # of a consent as in the facts, of anything else its kind (`ban_all`, ...)
        "about": pl.String(),
        "occurred_at": WORDS["occurred_at"],
        "recorded_at": WORDS["recorded_at"],
        "valid_until": WORDS["valid_until"],
        "source": pl.String(),
        "position": pl.Int64(),
    }
)
_PAIR = ["controller", "person_id", "channel", "purpose"]


def permission_state(words: Words, *, at: datetime, attested: pl.Expr | None = None) -> pl.DataFrame:
    """One row a person, channel and purpose ever consented to, and one a refusal that stands (`STATE`).

    `attested` is true of words that the privacy officer has vouched for (`attesting.attested`). Sorted by
    controller, person, purpose, channel and state.
    """
    said = words.frame.filter(
        pl.col("person_id").is_not_null() & ((pl.col("occurred_at") <= at) | ~pl.col("widens"))
    ).with_columns(
        narrow=~pl.col("widens"),
        unproven=~(pl.col("has_evidence") | (pl.lit(value=False) if attested is None else attested)),
        channel=pl.when(pl.col("purpose").ne_missing("profiling")).then("channel"),
    )
    rows = pl.concat([_consents(said, at), _refusals(said)])
    return rows.sort("controller", "person_id", "purpose", "channel", "state", "about")


def _consents(said: pl.DataFrame, at: datetime) -> pl.DataFrame:
    typed = (
        (pl.col("kind") == "granted") & pl.col("by_form") & pl.col("purpose").eq_missing(pl.lit("newsletter"))
    )
    words = said.filter(family="consent").with_columns(is_request=typed | (pl.col("kind") == "requested"))
    is_named = pl.col("purpose").is_not_null() & (
        pl.col("channel").is_not_null() | (pl.col("purpose") == "profiling")
    )
    named = words.filter(is_named)
    about_each = pl.concat([named, _spread(words.filter(~is_named), named.select(_PAIR).unique())])
    decisive = _latest(about_each.filter(~pl.col("is_request")), _PAIR)
    requests = _latest(about_each.filter("is_request"), _PAIR)
    asked = requests.select(*_PAIR, asked_at="occurred_at")
    joined = decisive.join(asked, on=_PAIR, how="left", nulls_equal=True)
    only_asked = requests.join(decisive, on=_PAIR, how="anti", nulls_equal=True)
    return pl.concat(
        [
            joined.with_columns(state=_state(at)).select(_columns()),
            only_asked.with_columns(state=pl.lit("pending")).select(_columns()),
        ]
    )


def _spread(wide: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Words about all channels or purposes, once for each pair that they are about."""
    both = wide.join(pairs, on=["controller", "person_id"], suffix="_of_pair")
    about = (pl.col("channel").is_null() | (pl.col("channel") == pl.col("channel_of_pair"))) & (
        pl.col("purpose").is_null() | (pl.col("purpose") == pl.col("purpose_of_pair"))
    )
    matching = both.filter(about.fill_null(value=False))
    return matching.with_columns(channel="channel_of_pair", purpose="purpose_of_pair").select(wide.columns)


def _state(at: datetime) -> pl.Expr:
    permits = pl.col("widens")
    return (
        pl.when(permits & (pl.col("valid_until") <= at).fill_null(value=False))
        .then(pl.lit("expired"))
        .when((pl.col("kind") == "invalidated") | (permits & pl.col("flawed")))
        .then(pl.lit("invalid"))
        .when(permits & pl.col("unproven"))
        .then(pl.lit("unproven"))
        .when(permits)
        .then(pl.lit("granted"))
        .when(pl.col("asked_at") > pl.col("occurred_at"))
        .then(pl.lit("pending"))
        .otherwise(pl.lit("withdrawn"))
    )


def _refusals(said: pl.DataFrame) -> pl.DataFrame:
    """The latest word of each kind, but for those that a later word has lifted."""
    words = said.filter(pl.col("family") != "consent")
    mine = ["controller", "person_id"]
    lifted = [
        words.filter(kind=kind).group_by(mine).agg(pl.col("occurred_at").max().alias(kind))
        for kind in ("restriction_lifted", "robinson_removed")
    ]
    for each in lifted:
        words = words.join(each, on=mine, how="left")
    is_lifted = (
        (pl.col("family") == "restriction") & (pl.col("occurred_at") < pl.col("restriction_lifted"))
    ) | (pl.col("kind").str.starts_with("robinson_") & (pl.col("occurred_at") < pl.col("robinson_removed")))
    standing = words.filter(
        ~is_lifted.fill_null(value=False) & ~pl.col("kind").is_in(["restriction_lifted", "robinson_removed"])
    )
    latest = _latest(standing, [*_PAIR, "kind", "about"])
    return latest.with_columns(state="kind").select(_columns())


def _latest(words: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """The last word of each; at one instant the narrowing, the flawed, the unproven one."""
    return (
        words.sort("occurred_at", "narrow", "flawed", "unproven", "tie")
        .group_by(keys, maintain_order=True)
        .last()
    )


def _columns() -> list[pl.Expr]:
    return [pl.col(name).cast(kind) for name, kind in STATE.items()]
