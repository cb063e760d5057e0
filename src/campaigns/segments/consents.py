"""Whose permission lets a segment use their hourly readings or web visits: the permission rules say."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime

import polars as pl

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions import notices
from campaigns.permissions.deciding import Decider, decide
from campaigns.permissions.requests import about_profiling
from campaigns.permissions.state import Words
from campaigns.segments import choosing, restricted
from campaigns.segments.model import EventCondition, FieldCondition, MetricCondition, ScoreCondition, Segment
from campaigns.segments.rows import BROWSING_CONSENTS, HOURLY_CONSENTS, NOT_PROFILED
from campaigns.settings.model import Settings


def register(
    db: Engine,
    segment: Segment,
    *,
    at: datetime,
    settings: Settings,
    ledger: Ledger,
    words: Words,
    made: MutableMapping[str, str] | None = None,
) -> None:
    """Make the frames of consents, and of notices seen, that the segment's SQL names.

    Of consents only people who ever spoke of it are decided about: nobody else can have consented.
    `made` says of which register a frame is that the engine has already, of these words and this time.
    """
    there = {} if made is None else made
    spoke = words.frame.filter(pl.col("controller") == segment.controller)
    about = {
        HOURLY_CONSENTS: (
            needs_hourly(segment),
            {"attribute": "hourly_load_pattern", "data_level": "hourly"},
            pl.col("purpose") == "profiling",
        ),
        BROWSING_CONSENTS: (
            needs_browsing(segment),
            {"attribute": "browsing"},
            pl.col("kind") == "cookie_consent",
        ),
    }
    asked = {
        name: (
            about_profiling(segment.controller, at, **attribute),
            spoke.filter(spoken)["person_id"].drop_nulls().unique().sort(),
        )
        for name, (needed, attribute, spoken) in about.items()
        if needed and there.get(name) != segment.controller
    }
    if asked:
        first, _ = next(iter(asked.values()))
        decider = Decider(db, first, settings=settings, ledger=ledger, words=words)
        decider.look_up(pl.concat([persons for _, persons in asked.values()]).unique().sort().to_frame())
        for name, (request, persons) in asked.items():
            decider.ask(request)
            db.register(name, decider.decide(persons).filter("allowed").select("person_id"))
            there[name] = segment.controller
    of_kind = f"{segment.controller} {segment.message_kind}"
    if segment.ranks and there.get(NOT_PROFILED) != of_kind:
        db.register(NOT_PROFILED, _not_profiled(db, segment, at, settings, ledger, words))
        there[NOT_PROFILED] = of_kind
    if needs_notices(segment) and there.get(notices.SEEN) != segment.controller:
        notices.make_seen(db, segment.controller, settings=settings, ledger=ledger, words=words)
        there[notices.SEEN] = segment.controller


def _not_profiled(
    db: Engine, segment: Segment, at: datetime, settings: Settings, ledger: Ledger, words: Words
) -> pl.DataFrame:
    """`person_id` of who may not be profiled: they object, are minors, or their data is only stored.

    Only people with a word on it, or whom the register marks, are decided about: nobody else can be refused.
    """
    marked = db.query(choosing.SQL["perhaps_not_profiled"], {"controller": segment.controller, "at": at.year})
    said = words.frame.filter(
        pl.col("controller") == segment.controller,
        pl.col("family").is_in(["objection", "restriction", "end"]),
    )
    stored_only = restricted.people(words, segment.controller, segment.message_kind).to_frame()
    persons = pl.concat([marked, said.select("person_id")]).drop_nulls().unique().sort("person_id")
    asked = about_profiling(segment.controller, at)
    answers = decide(db, asked, persons, settings=settings, ledger=ledger, words=words)
    return pl.concat([answers.filter(~pl.col("allowed")).select("person_id"), stored_only]).unique()


def needs_hourly(segment: Segment) -> bool:
    """Whether some metric or score is known only of people who agreed to it."""
    order = segment.limit.order if segment.limit else None
    return bool(order and order.consent) or any(
        condition.consent
        for condition in segment.every_condition()
        if isinstance(condition, MetricCondition | ScoreCondition)
    )


def needs_notices(segment: Segment) -> bool:
    """Whether it is asked which notice people have seen."""
    return any(
        condition.field.table == notices.SEEN
        for condition in segment.every_condition()
        if isinstance(condition, FieldCondition)
    )


def needs_browsing(segment: Segment) -> bool:
    """Whether web visits are asked about."""
    return any(
        event.needs_cookies
        for condition in segment.every_condition()
        if isinstance(condition, EventCondition)
        for event in condition.events
    )
