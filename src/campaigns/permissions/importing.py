"""Kind `permissions`: what source systems know of consents, withdrawals, bans and objections.

Rows become permission events of the ledger, each once: a row that comes again changes nothing, and one that
comes again with other contents is refused, since what was said is never changed afterwards. Whether a row
without proof counts is not decided here but by the source's attestation, whenever it is asked about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, get_args

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import permission_events
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.tables import permission_events as table
from campaigns.permissions.events import ALIASES, event_id
from campaigns.permissions.events import KINDS as WORDS
from campaigns.permissions.subscribers import Subscribers
from campaigns.register.deliveries import Delivery, Imported, Kind
from campaigns.register.headers import folded
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns
from campaigns.settings.model import Channel, Language, PermissionPurpose, Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

# Nobody is erased by a file: erasing is more than a word.
_KINDS = tuple(kind for kind in WORDS if kind != "erased")
COLUMNS = Columns(
    required=("source_id", "person", "kind", "occurred_at"),
    optional=(
        "channel",
        "purpose",
        "recorded_at",
        "valid_until",
        "method",
        "text_version",
        "text_language",
        "notice_version",
        "evidence",
        "about",
    ),
    keys=("source_id", "person"),
    person="person",
    words={
        "kind": (*_KINDS, *ALIASES),
        "channel": get_args(Channel),
        "purpose": get_args(PermissionPurpose),
        "text_language": get_args(Language),
    },
)
_ABOUT = r"^[\w+.-]{1,64}$"
_SAME = ("kind", "channel", "purpose", "occurred_at")


class Permissions:
    """Rows of one system's permission history."""

    name = "permissions"
    order = 60
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """A person, a kind and a time, and nothing that events have."""
        names = {folded(name) for name in header}
        return set(COLUMNS.required) <= names and "channel" in names

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and append one file; the ledger is written first, so that a rerun finds it done."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        rows = job.read(COLUMNS, key=("source_id",))
        typed = _typed(rows.frame, job)
        _refuse_changed(typed, job)
        accepted = job.rejects.accepted(typed)
        with ledger.write() as connection:
            new = permission_events.append(connection, _events(accepted, job))
        known = len(accepted) - new
        job.note(known, "1 row was recorded before", "{:,} rows were recorded before")
        return job.finish(rows, accepted=len(accepted))


KINDS: tuple[Kind, ...] = (Permissions(), Subscribers())


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    frame = frame.with_columns(pl.col("kind").str.to_lowercase().replace(dict(ALIASES)))
    typed = Typed(frame, job.rejects)
    typed.required(*COLUMNS.required)
    people = job.person_ids(frame["person"])
    typed.known("person", people, "REG140", "`person` is no customer number that we have.")
    ids = [event_id(job.controller, job.delivery.source_name, text or "") for text in frame["source_id"]]
    checked = frame.select(
        "_line",
        people.alias("person_id"),
        pl.Series("event_id", ids, dtype=pl.String),
        typed.word("kind", _KINDS),
        typed.word("channel", get_args(Channel)),
        typed.word("purpose", get_args(PermissionPurpose)),
        typed.moment("occurred_at", job.settings.zone),
        typed.moment("recorded_at", job.settings.zone),
        _until(frame["valid_until"], typed, job),
        typed.text("method", longest=64),
        typed.text("text_version", longest=64),
        typed.word("text_language", get_args(Language)),
        typed.text("notice_version", longest=32),
        typed.text("evidence", longest=500),
        "about",
    )
    _refuse_incomplete(frame.with_columns(checked["kind"]), typed)
    _refuse_future(checked, typed, job)
    learnt = pl.max_horizontal("occurred_at", pl.col("recorded_at").fill_null(pl.lit(_learnt(job))))
    return checked.with_columns(recorded_at=learnt)


def _until(cells: pl.Series, typed: Typed, job: Job) -> pl.Series:
    """The moment at which a consent ends; a mere day still counts in full."""
    moments = typed.moment("valid_until", job.settings.zone)
    mere_day = ~cells.str.contains(":", literal=True)
    local = moments.dt.convert_time_zone(str(job.settings.zone))
    next_day = local.dt.offset_by("1d").dt.convert_time_zone("UTC")
    return pl.select(pl.when(mere_day).then(next_day).otherwise(moments).alias("valid_until")).to_series()


def _refuse_incomplete(rows: pl.DataFrame, typed: Typed) -> None:
    """A word must have what it needs; a permission to profile needs no channel."""
    for word in WORDS.values():
        is_kind = rows["kind"] == word.kind
        for name in word.needs:
            missing = is_kind & rows[name].is_null()
            if name == "channel":
                missing &= rows["purpose"].ne_missing("profiling")
            typed.refuse(name, missing, "PRM002", f"`{word.kind}` needs a {name}.")
    odd = rows["about"].is_not_null() & ~rows["about"].str.contains(_ABOUT)
    typed.refuse("about", odd, "PRM003", "`about` is not a plain word.")


def _refuse_future(rows: pl.DataFrame, typed: Typed, job: Job) -> None:
    for name in ("occurred_at", "recorded_at"):
        typed.refuse(name, rows[name] > job.now, "PRM005", f"`{name}` is in the future.")


def _learnt(job: Job) -> datetime:
    """When we learnt of rows that do not say it."""
    return min(job.delivery.received, job.now)


def _refuse_changed(rows: pl.DataFrame, job: Job) -> None:
    """Rows that were recorded before with other contents."""
    before = sa.select(table.c.event_id, *(table.c[name] for name in _SAME)).where(
        (table.c.controller == job.controller) & (table.c.source == job.delivery.source_name)
    )
    known = job.ledger.frame(None, before)
    both = rows.join(known, on="event_id", suffix="_before")
    changed = both.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in _SAME)
    )
    message = "this row was recorded before with other contents; what was said is never changed."
    job.rejects.add_lines(changed["_line"], "PRM012", f"{message} Send it as a new row.")


def _events(rows: pl.DataFrame, job: Job) -> Iterator[PermissionEvent]:
    for row in rows.sort("occurred_at", "event_id").iter_rows(named=True):
        about, kind = row.pop("about"), WORDS[row["kind"]]
        del row["_line"]
        for name in ("channel", "purpose"):
            if name not in (*kind.needs, *kind.may):
                row[name] = None  # `ban_all` for e-mail only is still what it says: all
        yield PermissionEvent(
            **row,
            controller=job.controller,
            source=job.delivery.source_name,
            details={"about": about} if about else {},
        )
