"""How a person can be reached: one row a channel and value, with its time. An old one is closed, not lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from campaigns.identifiers.personal_codes import MASK

KEY = ("person_id", "channel", "value")
_CHANNELS = {"email": ("email",), "phone": ("sms", "phone"), "address": ("letter",)}


def stated(persons: pl.DataFrame) -> pl.DataFrame:
    """The contact points that these rows state: the key, `from_sale` and `opt_out_offered`.

    A mobile number is both `sms` and `phone`. A letter's value is its address lines.
    """
    city = pl.col("city").str.to_uppercase()
    lines = pl.concat_str("address", pl.concat_str("postal_code", city, separator=" "), separator="\n")
    letter = pl.when(~pl.col("address").str.contains(MASK, literal=True)).then(lines)
    values = {
        "email": pl.col("email"),
        "sms": pl.when("mobile").then("phone"),
        "phone": pl.when("callable").then("phone"),
        "letter": letter,
    }
    return pl.concat(
        persons.select(
            "person_id",
            channel=pl.lit(channel),
            value=value,
            from_sale=pl.col("contact_from_sale").fill_null(value=False),
            opt_out_offered=pl.col("opt_out_offered").fill_null(value=False),
        ).filter(pl.col("value").is_not_null())
        for channel, value in values.items()
    )


def channels_of(columns: frozenset[str]) -> list[str]:
    """The channels that a file with these columns speaks about; it says nothing of the others."""
    return [channel for name, channels in _CHANNELS.items() if name in columns for channel in channels]


def merged(
    new: pl.DataFrame,
    known: pl.DataFrame,
    *,
    person_ids: pl.Series,
    channels: Sequence[str],
    source: str,
    day: date,
) -> pl.DataFrame:
    """What changes in the lake when the source states `new` about these persons, as rows to upsert.

    A value seen before keeps its `deliverable`, so that a refresh never revives an address that bounced; a
    closed one is opened again from `day`. What this source stated and no longer does is closed on `day` (that
    day no longer included).
    """
    mine = known.filter(pl.col("person_id").is_in(person_ids.implode()))
    now_open = _opened(new, mine, source=source, day=day)
    silent = (
        (pl.col("source") == source) & pl.col("valid_to").is_null() & pl.col("channel").is_in(list(channels))
    )
    gone = mine.filter(silent).join(new, on=KEY, how="anti")
    return pl.concat([now_open, closed(gone, day)])


def closed(points: pl.DataFrame, day: date) -> pl.DataFrame:
    """The points, no longer valid from `day` on."""
    return points.with_columns(valid_to=pl.max_horizontal("valid_from", pl.lit(day)))


def _opened(new: pl.DataFrame, mine: pl.DataFrame, *, source: str, day: date) -> pl.DataFrame:
    """The stated points that are new, closed, or known with other flags."""
    is_open = pl.col("valid_from").is_not_null() & pl.col("valid_to").is_null()
    same = [pl.col(flag).eq_missing(pl.col(f"{flag}_known")) for flag in ("from_sale", "opt_out_offered")]
    changed = new.join(mine, on=KEY, how="left", suffix="_known").filter(~pl.all_horizontal(is_open, *same))
    return changed.select(
        *KEY,
        pl.when(is_open).then("source").otherwise(pl.lit(source)).alias("source"),
        "from_sale",
        "opt_out_offered",
        pl.when(is_open).then("valid_from").otherwise(pl.lit(day)).alias("valid_from"),
        pl.lit(None, pl.Date).alias("valid_to"),
        pl.col("deliverable").fill_null(value=True),
    ).select(mine.columns)
