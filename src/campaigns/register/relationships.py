"""Why we know a person, with dates; and the roles of people in companies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

KINDS = (
    "customer",
    "former_customer",
    "prospect",
    "subscriber",
    "quote_requester",
    "callback_requester",
    "event_participant",
    "raffle_participant",
    "website_visitor",
    "portal_user",
    "partner",
)
KEY = ("person_id", "kind", "start_date")
ROLE_KEY = ("person_id", "company_id", "role")


def stated(persons: pl.DataFrame, day: date) -> pl.DataFrame:
    """The relationships that these rows state: person, kind, start (NULL = not told) and end.

    Without a word of its own a row with `customer_since` is a customer, another one a prospect. Somebody
    whose `customer_until` has passed was a customer until then and is a former customer since.
    """
    word = pl.coalesce(
        "relationship",
        pl.when(pl.col("customer_since").is_not_null())
        .then(pl.lit("customer"))
        .otherwise(pl.lit("prospect")),
    )
    until = pl.col("customer_until")
    over = (word == "former_customer") | ((word == "customer") & (until <= day))
    was_customer = (word == "customer") | (
        (word == "former_customer") & pl.col("customer_since").is_not_null()
    )
    parts = (
        persons.filter(~word.is_in(["customer", "former_customer"])).select(
            "person_id", kind=word, start_date="customer_since", end_date="customer_until"
        ),
        persons.filter(was_customer).select(
            "person_id", kind=pl.lit("customer"), start_date="customer_since", end_date="customer_until"
        ),
        persons.filter(over).select(
            "person_id", kind=pl.lit("former_customer"), start_date=until, end_date=pl.lit(None, pl.Date)
        ),
    )
    return pl.concat(parts)


def merged(
    new: pl.DataFrame, known: pl.DataFrame, *, person_ids: pl.Series, source: str, day: date
) -> pl.DataFrame:
    """The rows to upsert: a start that is not told is that of the open one, else `day`; what is gone ends."""
    mine = known.filter(pl.col("person_id").is_in(person_ids.implode()) & (pl.col("source") == source))
    still = mine.filter(pl.col("end_date").is_null())
    started = still.group_by("person_id", "kind").agg(pl.col("start_date").min().alias("began"))
    rows = (
        new.join(started, on=["person_id", "kind"], how="left")
        .with_columns(start_date=pl.coalesce("start_date", "began", pl.lit(day)), source=pl.lit(source))
        .unique(KEY, keep="last", maintain_order=True)
    )
    gone = still.join(rows, on=KEY, how="anti")
    before = mine.select(*KEY, known_end="end_date", is_known=pl.lit(value=True))
    same = pl.col("is_known").fill_null(value=False) & pl.col("end_date").eq_missing(pl.col("known_end"))
    changed = rows.join(before, on=KEY, how="left").filter(~same)
    return pl.concat([changed.select(mine.columns), ended(gone, day)])


def duty_words(cells: pl.Series, words: Mapping[str, str]) -> pl.Series:
    """The duties of each cell as our words, with commas between; `words` are the source's own for ours.

    A cell may hold several, however they are divided; one that is no word of ours stays and means nothing.
    """
    ours = {theirs.strip().lower(): word for theirs, word in words.items()}
    parts = cells.str.to_lowercase().str.split(",").list.eval(pl.element().str.strip_chars().replace(ours))
    told = parts.list.eval(pl.element().filter(pl.element() != "")).list.join(", ")
    return pl.select(pl.when(told != "").then(told).alias(cells.name)).to_series()


def roles_stated(persons: pl.DataFrame) -> pl.DataFrame:
    """The roles that these rows state; `contact` when the role has no name."""
    return persons.filter(pl.col("company_id").is_not_null()).select(
        "person_id",
        "company_id",
        pl.col("role").fill_null("contact"),
        "duties",
        start_date="role_start",
        end_date=pl.lit(None, pl.Date),
    )


def roles_merged(new: pl.DataFrame, known: pl.DataFrame, *, person_ids: pl.Series, day: date) -> pl.DataFrame:
    """The rows to upsert: a role keeps its start when the file tells none; one that is gone ends."""
    mine = known.filter(pl.col("person_id").is_in(person_ids.implode()))
    rows = (
        new.join(mine.select(*ROLE_KEY, began="start_date"), on=ROLE_KEY, how="left")
        .with_columns(start_date=pl.coalesce("start_date", "began", pl.lit(day)))
        .select(mine.columns)
    )
    gone = mine.filter(pl.col("end_date").is_null()).join(rows, on=ROLE_KEY, how="anti")
    changed = pl.concat([rows, ended(gone, day)])
    return changed.join(mine, on=mine.columns, how="anti", nulls_equal=True)


def ended(rows: pl.DataFrame, day: date) -> pl.DataFrame:
    """The rows, ended on `day`, or on their start when that is later."""
    return rows.with_columns(end_date=pl.max_horizontal("start_date", pl.lit(day)))
