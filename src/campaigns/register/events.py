"""Kind `events`: what people did or what happened to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.ids import event_ids
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns
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
    """Rows of one system's events; the columns that we do not name become properties, as text."""

    name = "events"
    order = 50

    def recognises(self, header: Sequence[str]) -> bool:
        """A person, a name and a time."""
        return set(COLUMNS.required) <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file; an event that comes again is the one of the newest delivery."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("source_id",))
        accepted = job.rejects.accepted(_typed(rows.frame, rows.others, job))
        known = job.known("events", ["event_id", "recorded_at"]).rename({"recorded_at": "received_at"})
        newest = job.newest(accepted, known, "event_id")
        job.write("events", newest.rename({"received_at": "recorded_at"}))
        return job.finish(rows, accepted=len(newest))


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
