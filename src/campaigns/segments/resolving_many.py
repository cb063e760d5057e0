"""Resolve many segments on one day: what they share is read, asked and decided once.

Segments that ask the same of the permission rules are decided about together. What the lake says of people is
looked up once for all members of all segments of a register.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

import polars as pl

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions.deciding import Decider
from campaigns.permissions.state import Words
from campaigns.segments.model import Segment
from campaigns.segments.resolving import Counted, Resolution, count, finish
from campaigns.settings.model import Settings


def resolve_many(
    segments: Sequence[Segment],
    *,
    db: Engine,
    ledger: Ledger,
    settings: Settings,
    as_of: date,
    at: datetime,
    words: Words,
) -> dict[str, Resolution]:
    """By name what `resolve` gives for each. Raises as it does."""
    made: dict[str, str] = {}
    counted = [
        count(segment, db=db, ledger=ledger, settings=settings, as_of=as_of, at=at, words=words, made=made)
        for segment in sorted(segments, key=lambda one: (one.controller, one.name))
    ]
    found: dict[str, Resolution] = {}
    for _, register in groupby(counted, key=lambda one: one.segment.controller):
        of_register = sorted(register, key=_alike)
        decider = Decider(db, of_register[0].request, settings=settings, ledger=ledger, words=words)
        decider.look_up(_persons(of_register).to_frame())
        for _, alike in groupby(of_register, key=lambda one: repr(one.request)):
            asked = list(alike)
            decider.ask(asked[0].request)
            answers = decider.decide(_persons(asked))
            for one in asked:
                own = answers.join(one.members, on="person_id", how="semi", maintain_order="left")
                found[one.segment.name] = finish(one, own, db=db, zone=settings.zone)
    return found


def _alike(counted: Counted) -> tuple[tuple[str, ...], str]:
    """Puts equal requests together, and those of the same channels: they rest on the same addresses."""
    return counted.request.channels, repr(counted.request)


def _persons(counted: Sequence[Counted]) -> pl.Series:
    return pl.concat([one.members["person_id"] for one in counted]).unique().sort()
