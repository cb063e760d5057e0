"""Erased people whom a source sends again: their row goes in empty, and they are still not contacted.

The row must be there, since the source's contracts name it, and so that counts say why somebody is left out.
Of the person it has the number, kind and language, nothing else. Which rows these are is told by `erased`.
"""

from __future__ import annotations

import polars as pl

from campaigns.ledger import erasure, suppressions
from campaigns.register import contact_points
from campaigns.register.erased import KEY_CHANNEL, key_value
from campaigns.register.jobs import Job

_TELLING = (
    "birth_year",
    "first_name",
    "last_name",
    "email",
    "phone",
    "address",
    "postal_code",
    "city",
    "company_id",
    "role",
    "duties",
    "role_start",
    "business_id",
    "guardian_id",
    "estate_contact_id",
)


def emptied(job: Job, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The rows, those of erased people without a word about them, and the `person_id` of these.

    People whom the register has already are told by their number only: a namesake who was here before is
    somebody else.
    """
    back = _returned(job, rows)
    job.note(
        len(back),
        "1 row names an erased person; nothing about them was taken in",
        "{:,} rows name erased persons; nothing about them was taken in",
    )
    is_back = pl.col("person_id").is_in(back.implode())
    job.rejects.hide(rows.filter(is_back)["_line"])
    empty = [pl.when(~is_back).then(name).alias(name) for name in _TELLING]
    return rows.with_columns(empty), back


def _returned(job: Job, rows: pl.DataFrame) -> pl.Series:
    if not job.erased:
        return pl.Series("person_id", [], dtype=pl.Int64)
    new = rows.filter("is_new")
    by_number = rows.filter(job.erased.numbers(job.delivery.key_space, rows["source_id"]))["person_id"]
    return pl.concat([by_number, job.erased.people(new, contact_points.stated(new))]).unique().sort()


def record(job: Job, rows: pl.DataFrame, back: pl.Series) -> None:
    """Say of the people who came back, by whichever number, that they are erased.

    After their numbers are in the lake, so that no number is ever said to be erased and then given to
    somebody else.
    """
    if back.is_empty():
        return
    numbers = rows.filter(pl.col("person_id").is_in(back.implode()))["source_id"]
    with job.ledger.write() as connection:
        for number in numbers:
            value = key_value(job.delivery.key_space, number)
            suppressions.add(
                connection,
                controller=job.controller,
                channel=KEY_CHANNEL,
                address=value,
                reason="erased",
                now=job.now,
            )
        erasure.mark(connection, job.controller, back.to_list(), now=job.now, source="import")


def usable(job: Job, points: pl.DataFrame) -> pl.DataFrame:
    """Without the addresses that only an erased person had, whoever gives them."""
    if not job.erased:
        return points
    parts = [
        part.filter(~job.erased.holds(channel, part["value"]))
        for (channel,), part in points.partition_by("channel", as_dict=True, maintain_order=True).items()
    ]
    kept = pl.concat([points.clear(), *parts])
    people = points.join(kept, on=contact_points.KEY, how="anti")["person_id"].n_unique()
    job.note(
        people,
        "1 row has an address of an erased person; it was not taken in",
        "{:,} rows have addresses of erased persons; they were not taken in",
    )
    return kept
