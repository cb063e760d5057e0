"""Who a row means: by customer number, e-mail address or telephone number. Never a guess.

An address that several people share names nobody, and neither does a row whose number and address disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from campaigns.identifiers import email, phone
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed, mapped

NOBODY = "REG140"
SEVERAL, DIFFERENT = "REG143", "REG144"
_CHANNELS = {"email": ("email",), "phone": ("sms", "phone")}


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """`ids` are the people of the rows, NULL where a row was refused; `lines` says the same by line."""

    ids: pl.Series
    lines: pl.DataFrame
    _job: Job
    _owners: dict[str, pl.DataFrame]

    def of_words(self, words: pl.Series) -> pl.Series:
        """The people that any of these words names, as a number or as an address in any spelling."""
        values = {
            "email": email.normalise_series(words)["value"],
            "phone": phone.normalise_series(words)["value"],
        }
        found = [
            self._job.person_ids(words),
            *(_owned(values[kind], self._owners[kind]) for kind in _CHANNELS),
        ]
        return pl.concat(ids.alias("person_id") for ids in found).drop_nulls().unique()


def named(frame: pl.DataFrame, typed: Typed, job: Job) -> Named:
    """The people of rows with `person`, `email` and `phone`, of which one is enough."""
    points = job.known("contact_points").filter(pl.col("valid_to").is_null())
    owners = {
        kind: _owners(points.filter(pl.col("channel").is_in(channels)))
        for kind, channels in _CHANNELS.items()
    }
    values = {"email": typed.email("email"), "phone": typed.phone("phone")["value"]}
    found = frame.select("_line", number="person").with_columns(
        job.person_ids(frame["person"]).alias("person"),
        *(_owned(values[kind], owners[kind]).alias(kind) for kind in _CHANNELS),
        *(values[kind].is_not_null().alias(f"{kind}_said") for kind in _CHANNELS),
        *(_shared(values[kind], owners[kind]).alias(f"{kind}_shared") for kind in _CHANNELS),
    )
    ids = found.select(pl.coalesce("person", "email", "phone").alias("person_id")).to_series()
    _refuse(found, ids, typed)
    lines = found.select(line="_line").with_columns(ids)
    return Named(ids=ids, lines=lines, _job=job, _owners=owners)


def _refuse(found: pl.DataFrame, ids: pl.Series, typed: Typed) -> None:
    number, mail, call = found["person"], found["email"], found["phone"]
    typed.known("person", number, NOBODY, "`person` is no customer number that we have.")
    said = found["number"].is_not_null() | found["email_said"] | found["phone_said"]
    typed.refuse("person", ~said, "REG120", "a row needs a `person`, an `email` or a `phone`.")
    without = found["number"].is_null() & ids.is_null()
    for name in _CHANNELS:
        shared = without & found[f"{name}_shared"]
        typed.refuse(
            name, shared, SEVERAL, f"`{name}` is an address of several people; name one by `person`."
        )
        unknown = without & found[f"{name}_said"] & ~shared
        typed.refuse(name, unknown, NOBODY, f"`{name}` is an address of nobody that we have.")
    differ = (number != mail).fill_null(value=False) | (number != call).fill_null(value=False)
    differ |= (mail != call).fill_null(value=False)
    typed.refuse(
        "person", differ, DIFFERENT, "the `person` and the addresses of the row are different people's."
    )


def _owners(points: pl.DataFrame) -> pl.DataFrame:
    """Whose each address is: `value`, `person_id` (NULL when several people have it)."""
    people = points.select("value", "person_id").unique()
    counted = people.group_by("value").agg(pl.col("person_id").first(), pl.len().alias("people"))
    return counted.select("value", person_id=pl.when(pl.col("people") == 1).then("person_id"))


def _owned(values: pl.Series, owners: pl.DataFrame) -> pl.Series:
    return mapped(values.alias("value"), owners)


def _shared(values: pl.Series, owners: pl.DataFrame) -> pl.Series:
    several = owners.filter(pl.col("person_id").is_null())["value"]
    return values.is_in(several.implode()).fill_null(value=False)
