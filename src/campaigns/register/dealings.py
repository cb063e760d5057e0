"""What people did, made the reason why we know them: relationships that follow from events.

They are always computed from all events of a person, so that the order in which files arrive does not matter,
and carry the source `(events)`; what a register says of a relationship itself stands above them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from campaigns.register.relationships import KEY

SOURCE = "(events)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """From the event on there is this relationship, for so many months or until the event `ended_by`.

    `monthly`: of a month one row is kept, from its first event to the end that its last one gives.
    """

    relationship: str
    months: int = 0
    ended_by: str = ""
    monthly: bool = False


# Terms of the retention proposal: a prospect without contact 12 months, occasions and raffles 6 months after.
EFFECTS: Mapping[str, Effect] = {
    "quote_requested": Effect(relationship="quote_requester", months=12),
    "callback_requested": Effect(relationship="callback_requester", months=12),
    "event_registered": Effect(relationship="event_participant", months=6),
    "event_attended": Effect(relationship="event_participant", months=6),
    "raffle_entered": Effect(relationship="raffle_participant", months=6),
    "raffle_won": Effect(relationship="raffle_participant", months=6),
    "page_visited": Effect(relationship="website_visitor", months=12, monthly=True),
    "portal_registered": Effect(relationship="portal_user", ended_by="portal_closed"),
    "newsletter_subscribed": Effect(relationship="subscriber", ended_by="newsletter_unsubscribed"),
}
ENDINGS = {effect.ended_by: effect.relationship for effect in EFFECTS.values() if effect.ended_by}
NAMES = (*EFFECTS, *ENDINGS)
# Somebody who signs up for an occasion is known until some time after it, however early they did.
_LATER = pl.col("properties").str.json_path_match("$.occasion_date").str.to_date("%Y-%m-%d", strict=False)


def relationships(events: pl.DataFrame, zone: ZoneInfo) -> pl.DataFrame:
    """The relationships that these events make: person_id, kind, start_date, end_date, one a key.

    `events` has person_id, name, occurred_at and properties: all of the people concerned.
    """
    local = events.with_columns(
        day=pl.col("occurred_at").dt.convert_time_zone(str(zone)).dt.date(),
        kind=pl.col("name").replace_strict({**_kinds(), **ENDINGS}, default=None, return_dtype=pl.String),
    ).filter(pl.col("kind").is_not_null())
    rows = pl.concat([_for_months(local), _until_ended(local)])
    # An open end is the latest one.
    latest = rows.sort("end_date", nulls_last=True).unique(KEY, keep="last")
    return latest.sort(KEY)


def merged(made: pl.DataFrame, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What to upsert, and the known rows to take away; `known` are all relationships of these people."""
    theirs, mine = known.filter(pl.col("source") != SOURCE), known.filter(pl.col("source") == SOURCE)
    wanted = made.with_columns(source=pl.lit(SOURCE)).join(theirs, on=KEY, how="anti").select(mine.columns)
    changed = wanted.join(mine, on=mine.columns, how="anti", nulls_equal=True)
    return changed, mine.join(wanted, on=KEY, how="anti")


def _kinds() -> dict[str, str]:
    return {name: effect.relationship for name, effect in EFFECTS.items()}


def _for_months(events: pl.DataFrame) -> pl.DataFrame:
    timed = {name: effect for name, effect in EFFECTS.items() if effect.months}
    monthly = pl.col("name").is_in([name for name, effect in timed.items() if effect.monthly])
    terms = {name: f"{effect.months}mo" for name, effect in timed.items()}
    rows = events.filter(pl.col("name").is_in(list(timed))).with_columns(
        until=pl.max_horizontal("day", _LATER).dt.offset_by(
            pl.col("name").replace_strict(terms, default="0mo", return_dtype=pl.String)
        ),
        group=pl.when(monthly).then(pl.col("day").dt.truncate("1mo")).otherwise("day"),
    )
    grouped = rows.group_by("person_id", "kind", "group").agg(
        start_date=pl.col("day").min(), end_date=pl.col("until").max()
    )
    return grouped.select(*KEY, "end_date")


def _until_ended(events: pl.DataFrame) -> pl.DataFrame:
    """Each episode: its first beginning, and the first ending at or after it."""
    begins = [name for name, effect in EFFECTS.items() if effect.ended_by]
    ordered = events.sort("occurred_at")
    starts = ordered.filter(pl.col("name").is_in(begins)).select("person_id", "kind", "occurred_at", "day")
    ends = ordered.filter(pl.col("name").is_in(list(ENDINGS))).select(
        "person_id", "kind", "occurred_at", end_date="day", ended_at="occurred_at"
    )
    episodes = starts.join_asof(
        ends, on="occurred_at", by=["person_id", "kind"], strategy="forward", check_sortedness=False
    )
    first = episodes.group_by("person_id", "kind", "ended_at").agg(
        start_date=pl.col("day").min(), end_date=pl.col("end_date").first()
    )
    return first.select(*KEY, "end_date")
