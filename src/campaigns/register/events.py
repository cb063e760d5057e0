"""Kind `events`: what people did or what happened to them, and the relationships that follow.

An event whose name nobody knows goes in and is told. Of one that the catalogue knows only its properties are
kept; passwords, traces of devices and what somebody wrote are properties of no event.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.register import dealings
from campaigns.register.closed_columns import is_closed
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.ids import event_ids
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns, Rows, header_of
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

COLUMNS = Columns(
    required=("source_id", "person", "name", "occurred_at"),
    keys=("source_id", "person"),
    person="person",
    others=True,
)
_NAME = r"^[a-z][a-z0-9_]{0,62}$"
_AHEAD = timedelta(days=1)  # clocks of other systems


class Events:
    """Rows of one system's events; the columns that we do not name become properties, as text.

    `vocabulary`: the properties of each event that the catalogue knows; without it all of them are kept.
    """

    name = "events"
    order = 50
    columns = COLUMNS

    def __init__(self, vocabulary: Mapping[str, Collection[str]] | None = None) -> None:
        self._vocabulary = vocabulary

    def recognises(self, header: Sequence[str]) -> bool:
        """A person, a name and a time."""
        return set(COLUMNS.required) <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file; an event that comes again is the one of the newest delivery."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        if any(map(is_closed, header_of(delivery))):
            job.rejects.hide_where(lambda _: True)  # raw lines hold what may not be kept
        rows = job.read(COLUMNS, key=("source_id",))
        frame = rows.frame if self._vocabulary is None else _in_words(rows, self._vocabulary, job)
        accepted = job.rejects.accepted(_typed(frame, rows.others, job))
        known = job.known("events", ["event_id", "person_id", "recorded_at"])
        newest = job.newest(accepted, known.rename({"recorded_at": "received_at"}), "event_id")
        told_before = known.filter(pl.col("event_id").is_in(newest["event_id"].implode()))["person_id"]
        job.write("events", newest.rename({"received_at": "recorded_at"}))
        _relate(job, pl.concat([newest["person_id"], told_before]).unique())
        return job.finish(rows, accepted=len(newest))


def _in_words(rows: Rows, vocabulary: Mapping[str, Collection[str]], job: Job) -> pl.DataFrame:
    """The rows without what is no property of their event; names that the catalogue lacks are noted."""
    frame = rows.frame
    lacking = frame.filter(~pl.col("name").is_in(list(vocabulary)) & pl.col("name").str.contains(_NAME))
    if not lacking.is_empty():
        names = ", ".join(f"`{name}`" for name in lacking["name"].unique().sort().head(8))
        job.note(
            len(lacking),
            f"1 row has an event name that the catalogue does not have: {names}",
            f"{len(lacking):,} rows have event names that the catalogue does not have: {names}",
        )
    dropped = []
    for column in rows.others:
        without = pl.col("name").is_in([name for name in vocabulary if column not in vocabulary[name]])
        if not frame.filter(without & pl.col(column).is_not_null()).is_empty():
            dropped.append(column)
            frame = frame.with_columns(pl.when(~without).then(column).alias(column))
    if dropped:
        columns = ", ".join(f"`{name}`" for name in dropped[:8])
        job.notes.append(f"not kept where they are no property of the event: {columns}")
    return frame


def _relate(job: Job, people: pl.Series) -> None:
    """Bring the relationships of these people in line with all their events."""
    mine = (pl.col("controller") == job.controller) & pl.col("person_id").is_in(people.implode())
    columns = ["person_id", "name", "occurred_at", "properties"]
    events = job.lake.frame("events", columns, where=mine & pl.col("name").is_in(dealings.NAMES))
    known = job.lake.frame("relationships", where=mine).drop("controller")
    changed, stale = dealings.merged(dealings.relationships(events, job.settings.zone), known)
    job.write("relationships", changed, without=stale)


def _typed(frame: pl.DataFrame, others: Sequence[str], job: Job) -> pl.DataFrame:
    typed = Typed(frame, job.rejects)
    typed.required(*COLUMNS.required)
    people = job.person_ids(frame["person"])
    typed.known("person", people, "REG140", "`person` is no customer number that we have.")
    names = frame["name"]
    typed.refuse(
        "name", ~names.str.contains(_NAME), "REG125", "`name` is not a word such as quote_requested."
    )
    times = typed.moment("occurred_at", job.settings.zone)
    ahead = times > job.delivery.received + _AHEAD
    typed.refuse("occurred_at", ahead, "REG153", "`occurred_at` is after the file was received.")
    return frame.select(
        "_line",
        event_ids(job.controller, job.delivery.source_name, frame["source_id"]).alias("event_id"),
        people.alias("person_id"),
        "name",
        times,
        _properties(others).alias("properties"),
    )


def _properties(names: Sequence[str]) -> pl.Expr:
    """A JSON object of the cells that are not empty."""
    pairs = [pl.concat_str(pl.lit(f"{_quoted(name)}:"), _json_text(pl.col(name))) for name in names]
    inside = pl.concat_str(pairs, separator=",", ignore_nulls=True) if pairs else pl.lit("")
    return pl.concat_str(pl.lit("{"), inside, pl.lit("}"))


def _json_text(cells: pl.Expr) -> pl.Expr:
    """A JSON string of each cell; cells hold no control characters any more."""
    escaped = cells.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    return pl.concat_str(pl.lit('"'), escaped, pl.lit('"'))


def _quoted(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)
