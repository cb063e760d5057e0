"""What people had corrected, against sources that still say the old.

A correction stands beside what sources deliver. A delivery that was received before it, or that still has
exactly the value that was wrong, does not undo it; one that says something newer does, and ends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from campaigns.register import contact_points
from campaigns.register.jobs import Job

FIELDS = ("first_name", "last_name", "language", "birth_year", "postal_code")
CHANNELS = ("email", "sms", "phone", "letter")
SOURCE = "rights"


def standing(job: Job) -> pl.DataFrame:
    """The corrections of this register that no source has overtaken, oldest first."""
    return job.known("rectifications").filter(pl.col("ended_at").is_null()).sort("rectified_at")


def fields(job: Job, rows: pl.DataFrame, present: Iterable[str]) -> pl.DataFrame:
    """The rows of persons, with corrected fields where the source still says the old."""
    known = standing(job)
    for name in FIELDS:
        mine = known.filter(field=name)
        if name not in present or mine.is_empty():
            continue
        stated = rows.select("person_id", said=pl.col(name).cast(pl.String))
        new = _corrected(job, stated, mine)
        rows = (
            rows.join(new, on="person_id", how="left", maintain_order="left")
            .with_columns(
                pl.when("is_corrected")
                .then(pl.col("corrected").cast(rows.schema[name]))
                .otherwise(name)
                .alias(name)
            )
            .drop("corrected", "is_corrected")
        )
    return rows


def points(job: Job, stated: pl.DataFrame, channels: Iterable[str]) -> pl.DataFrame:
    """The contact points that a source states, with corrected ones in place of the old.

    What was given with a correction came with no purchase, whatever the source says of the old address.
    """
    known = standing(job)
    parts = [stated.filter(~pl.col("channel").is_in(list(channels)))]
    for channel in channels:
        said = stated.filter(channel=channel)
        mine = known.filter(
            pl.col("field") == channel, pl.col("person_id").is_in(said["person_id"].implode())
        )
        if mine.is_empty():
            parts.append(said)
            continue
        new = _corrected(job, said.select("person_id", said="value"), mine)
        joined = said.join(new, on="person_id", how="left", maintain_order="left")
        replaced = pl.col("is_corrected").fill_null(value=False)
        parts.append(
            joined.with_columns(
                value=pl.when(replaced).then("corrected").otherwise("value"),
                from_sale=pl.when(replaced).then(pl.lit(value=False)).otherwise("from_sale"),
                opt_out_offered=pl.when(replaced).then(pl.lit(value=False)).otherwise("opt_out_offered"),
            )
            .filter(pl.col("value").is_not_null())
            .select(stated.columns)
        )
    return pl.concat(parts)


def end_overtaken(job: Job, rows: pl.DataFrame, present: Iterable[str]) -> None:
    """Corrections after which a source has said something newer are over: it may say the old again later."""
    known = standing(job).filter(pl.col("rectified_at") <= job.delivery.received)
    if known.is_empty():
        return
    told = [
        rows.select("person_id", field=pl.lit(name), said=pl.col(name).cast(pl.String))
        for name in FIELDS
        if name in present
    ]
    told.append(contact_points.stated(rows).select("person_id", field="channel", said="value"))
    corrected = ["person_id", "field"]
    values = pl.concat(
        [known.select(*corrected, said="old_value"), known.select(*corrected, said="new_value")]
    ).drop_nulls("said")
    newer = pl.concat(told).drop_nulls("said").join(values, on=[*corrected, "said"], how="anti")
    over = known.join(newer, on=corrected, how="semi")
    moment = pl.lit(job.delivery.received).dt.cast_time_unit("us")
    points = job.known("contact_points").filter(pl.col("valid_to").is_null(), source=SOURCE)
    given = over.select("person_id", channel="field").unique()
    gone = points.join(given, on=["person_id", "channel"], how="semi")
    job.write("contact_points", contact_points.closed(gone, job.extract.day))
    job.write("rectifications", over.with_columns(ended_at=moment))


def _corrected(job: Job, stated: pl.DataFrame, mine: pl.DataFrame) -> pl.DataFrame:
    """The people whose stated value is replaced: `person_id, corrected, is_corrected`."""
    by_person: dict[int, list[dict[str, Any]]] = {}
    for row in mine.iter_rows(named=True):
        by_person.setdefault(row["person_id"], []).append(row)
    found = []
    for person_id, said in stated.filter(pl.col("person_id").is_in(list(by_person))).iter_rows():
        value, changed = said, False
        for row in by_person[person_id]:
            older = job.delivery.received < row["rectified_at"]
            if older or (value is not None and value == row["old_value"]):
                value, changed = row["new_value"], True
        if changed:
            found.append((person_id, value, True))
    return pl.DataFrame(
        found,
        schema={"person_id": pl.Int64, "corrected": pl.String, "is_corrected": pl.Boolean},
        orient="row",
    ).unique("person_id", keep="last")
