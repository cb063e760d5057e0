"""Kind `list_members`: people put on a static list by hand, with where they came from and when they go.

A list that never ends is no list: every row says when it is deleted, at most 24 months ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.headers import folded
from campaigns.register.jobs import Job
from campaigns.register.naming import Named, named
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

LONGEST_MONTHS = 24
KEY = ("list_name", "person_id")
COLUMNS = Columns(
    required=("list", "delete_on"),
    optional=("person", "email", "phone", "added_on"),
    keys=("list", "person"),
    identity=("person", "email", "phone"),
    person="person",
)
_NAME = r"^[a-z][a-z0-9_]{0,62}$"


class ListMembers:
    """Rows of one list, or of several; a source with one list names it in `defaults: {list: NAME}`."""

    name = "list_members"
    order = 55
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """A deletion date, and a person or an address."""
        names = {folded(name) for name in header}
        return "delete_on" in names and bool(names & {"person", "email", "phone"})

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file; who is no longer in a full extract is off the list that day."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("list", "person", "email", "phone"))
        known = job.known("list_members")
        typed, people = _typed(rows.frame, job, known)
        accepted = job.rejects.accepted(typed)
        absent = _absent(job, rows.keys, people, known)
        newest = _newest(job, accepted, known)
        job.note(len(absent), "1 member is off the list", "{:,} members are off their lists")
        job.write("list_members", newest, absent)
        return job.finish(rows, accepted=len(newest), people=people.lines)


def _typed(frame: pl.DataFrame, job: Job, known: pl.DataFrame) -> tuple[pl.DataFrame, Named]:
    typed = Typed(frame, job.rejects)
    typed.required("list", "delete_on")
    lists = frame["list"]
    typed.refuse("list", ~lists.str.contains(_NAME), "REG125", "`list` is not a word such as fair_2026.")
    people = named(frame, typed, job)
    added, until = typed.day("added_on"), typed.day("delete_on")
    day = job.extract.day
    typed.refuse("added_on", added > day, "REG153", "`added_on` is after the file was received.")
    latest = pl.select(pl.lit(day).dt.offset_by(f"{LONGEST_MONTHS}mo")).item()
    far = f"`delete_on` is more than {LONGEST_MONTHS} months ahead; nobody is kept on a list for longer."
    typed.refuse("delete_on", until > latest, "REG155", far)
    rows = frame.select("_line", list_name="list").with_columns(
        people.ids.alias("person_id"), added.alias("added_on"), until.alias("delete_on")
    )
    _refuse_late(rows, typed, known, day)
    kept = known.select(*KEY, since="added_on")
    rows = rows.join(kept, on=KEY, how="left", maintain_order="left")
    return rows.with_columns(added_on=pl.coalesce("added_on", "since", pl.lit(day))).drop("since"), people


def _refuse_late(rows: pl.DataFrame, typed: Typed, known: pl.DataFrame, day: date) -> None:
    """A date that has passed takes a member off; it puts nobody on."""
    members = rows.join(
        known.select(*KEY, on_it=pl.lit(value=True)), on=KEY, how="left", maintain_order="left"
    )
    late = (rows["delete_on"] <= day) & members["on_it"].is_null()
    typed.refuse("delete_on", late, "REG156", "`delete_on` has passed: nobody is put on the list any more.")


def _absent(job: Job, present: pl.Series, people: Named, known: pl.DataFrame) -> pl.DataFrame:
    """The members whom a full extract no longer has, on none of its source's lists from that day on."""
    day = job.extract.day
    mine = known.filter((pl.col("source") == job.delivery.source_name) & (pl.col("delete_on") > day))
    gone = job.absent(mine["person_id"].unique(), people.of_words(present))
    rows = mine.filter(pl.col("person_id").is_in(gone.implode()))
    return rows.with_columns(delete_on=pl.lit(day))


def _newest(job: Job, rows: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """One row a member, the last one of the file; none that a later file has told otherwise."""
    last = rows.unique(KEY, keep="last", maintain_order=True)
    job.note(len(rows) - len(last), "1 row names a member again", "{:,} rows name members again")
    later = known.filter(pl.col("received_at") > job.delivery.received)
    newest = last.join(later, on=KEY, how="anti", maintain_order="left")
    job.note(
        len(last) - len(newest), "1 row is older than what is known", "{:,} rows are older than what is known"
    )
    return newest.with_columns(
        source=pl.lit(job.delivery.source_name),
        received_at=pl.lit(job.delivery.received).dt.cast_time_unit("us"),
    )
