"""Retention of rows of the lake that are old by themselves: events, interactions, lists, quarantine."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from campaigns.register import quarantine
from campaigns.rights.retention import Due, Work, by_controller

# Things somebody came to, and visits of pages. What belongs to a contract (signed, renewed, moved out,
# bought) goes with its customer, and what somebody asked of us is an interaction.
OCCASIONS = (
    "event_attended",
    "event_registered",
    "raffle_entered",
    "raffle_won",
    "page_visited",
    "survey_answered",
    "newsletter_clicked",
)
DEALINGS = (
    "quote_requested",
    "callback_requested",
    "meeting_held",
    "complaint_opened",
    "complaint_closed",
)


def events(work: Work) -> Iterator[Due]:
    """Occasions, raffles and page visits, from the day they happened."""
    old = pl.col("name").is_in(OCCASIONS) & (pl.col("occurred_at") < work.moment("events"))
    yield from _remove(work, "events", "events", ["name", "occurred_at"], old)


def interactions(work: Work) -> Iterator[Due]:
    """Calls, chats, visits, requests and complaints, from the day they happened."""
    before = work.moment("interactions")
    asked = pl.col("name").is_in(DEALINGS) & (pl.col("occurred_at") < before)
    yield from _remove(work, "interactions", "interactions", ["started_at"], pl.col("started_at") < before)
    yield from _remove(work, "interactions", "events", ["name", "occurred_at"], asked)


def lists(work: Work) -> Iterator[Due]:
    """Members of static lists, from the day that the list itself named."""
    yield from _remove(work, "lists", "list_members", ["delete_on"], pl.col("delete_on") <= work.today)


def segments(work: Work) -> Iterator[Due]:
    """Who was in which segment, from the day they left it, and the numbers of old snapshots."""
    before = work.moment("send_log")
    yield from _remove(work, "segments", "segment_members", ["left_at"], pl.col("left_at") < before)
    yield from _remove(work, "segments", "segment_snapshots", ["taken_at"], pl.col("taken_at") < before)


def quarantined(work: Work) -> Iterator[Due]:
    """Rows that could not be read, from the day they were received."""
    before = work.moment("quarantine")
    with work.rows() as (rows, writer):
        old = rows.frame("quarantine", ["controller", "received_at"]).filter(quarantine.outdated(before))
        if writer is not None and not old.is_empty():
            quarantine.retain(writer, before=before)
    yield from by_controller("quarantine", "quarantine", old)


def _remove(work: Work, rule: str, table: str, columns: list[str], old: pl.Expr) -> list[Due]:
    with work.rows() as (rows, writer):
        found = rows.frame(table, ["controller", *columns]).filter(old)
        if writer is not None and not found.is_empty():
            writer.remove(table, old)
    return by_controller(rule, table, found)
