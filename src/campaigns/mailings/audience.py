"""The people of a mailing: its segments resolved and joined, one row a person, and why they get it or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns import segments

if TYPE_CHECKING:
    from campaigns.engine import Engine
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts
    from campaigns.segments.model import Segment

MESSAGE, CONTROL, WITHHELD = "message", "control", "withheld"
PEOPLE = pl.Schema(
    {
        "person_id": pl.Int64(),
        "site_id": pl.Int64(),
        "outcome": pl.String(),  # message, control, withheld
        "code": pl.String(),  # of the decision, or why they are left out
        "evidence": pl.Int64(),
        "facts": pl.String(),  # JSON of what the decision rested on
        "group": pl.String(),  # control group that they are in
    }
)
# A person who is in several segments: kept out to compare with wins over a message, a message over a denial.
_RANK = {CONTROL: 0, MESSAGE: 1, WITHHELD: 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """What segments are resolved with."""

    parts: Parts
    db: Engine
    as_of: date
    at: datetime


def people_of(mailing: Mailing, asking: Asking) -> pl.DataFrame:
    """Everybody in the mailing's segments (`PEOPLE`), ordered by person."""
    found = [_people(segment, mailing, asking) for segment in mailing.segments]
    people = pl.concat(found).with_columns(rank=pl.col("outcome").replace_strict(_RANK, return_dtype=pl.Int8))
    first = people.sort("person_id", "rank", maintain_order=True).unique(
        "person_id", keep="first", maintain_order=True
    )
    return _without(first.drop("rank"), _members(mailing.except_segments, mailing, asking))


def _people(segment: Segment, mailing: Mailing, asking: Asking) -> pl.DataFrame:
    people = _resolve(segment, mailing, asking)
    group = segment.control_group.name if segment.control_group else ""
    return people.select(
        "person_id",
        "site_id",
        outcome=pl.when(pl.col("control"))
        .then(pl.lit(CONTROL))
        .when(pl.col("step").is_null())
        .then(pl.lit(MESSAGE))
        .otherwise(pl.lit(WITHHELD)),
        code=pl.when(_by_choice()).then(pl.col("step").str.to_uppercase()).otherwise(pl.col("code")),
        evidence="evidence",
        facts=pl.when(~_by_choice()).then("facts"),
        group=pl.when(pl.col("control")).then(pl.lit(group)),
    ).cast(PEOPLE)


def _by_choice() -> pl.Expr:
    """Who is left out by the segment's own steps, whatever the permission."""
    return pl.col("step").is_in(["limit", "one_per"]).fill_null(value=False)


def _members(others: Sequence[Segment], mailing: Mailing, asking: Asking) -> set[int]:
    """Everybody to whom the conditions of these segments apply, whatever they permit."""
    found: set[int] = set()
    for segment in others:
        found.update(_resolve(segment, mailing, asking)["person_id"])
    return found


def _without(people: pl.DataFrame, others: set[int]) -> pl.DataFrame:
    if not others:
        return people
    left_out = pl.col("person_id").is_in(list(others)) & (pl.col("outcome") != WITHHELD)
    return people.with_columns(
        outcome=pl.when(left_out).then(pl.lit(WITHHELD)).otherwise(pl.col("outcome")),
        code=pl.when(left_out).then(pl.lit("OTHER_SEGMENT")).otherwise(pl.col("code")),
        evidence=pl.when(~left_out).then(pl.col("evidence")),
        facts=pl.when(~left_out).then(pl.col("facts")),
        group=pl.when(~left_out).then(pl.col("group")),
    )


def _resolve(segment: Segment, mailing: Mailing, asking: Asking) -> pl.DataFrame:
    resolution = segments.resolve(
        segment,
        db=asking.db,
        ledger=asking.parts.ledger,
        settings=asking.parts.settings,
        as_of=asking.as_of,
        at=asking.at,
        message_kind=mailing.kind,
        channels=(mailing.channel,),
    )
    return resolution.people
