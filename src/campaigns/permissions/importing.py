"""Kind `permissions`: what source systems know of consents, withdrawals, bans and objections.

Rows become permission events of the ledger, each once: a row that comes again changes nothing, and one that
comes again with other contents is refused, since what was said is never changed afterwards. Whether a row
without proof counts is not decided here but by the source's attestation, whenever it is asked about.

Doubt about a consent leaves it in the quarantine; doubt about a refusal does not keep it from holding: one by
somebody unknown is kept under the keyed digest of the customer number until the person appears, and one with
a time that has not come yet holds from now on.
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
from campaigns.register.erased import KEY_CHANNEL, key_value
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
        "flaw",  # why it is no valid consent, such as preticked or conditional
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
# What can only forbid. Asking for a confirmation forbids nothing, and is nobody's word yet.
_REFUSALS = tuple(word.kind for word in WORDS.values() if not word.widens and word.kind != "requested")
_PLAIN = r"^[\w+.-]{1,64}$"
# What makes a row the one that was recorded before; its owner besides, where both are known.
_SAME = (
    "kind",
    "channel",
    "purpose",
    "occurred_at",
    "valid_until",
    "evidence",
    "text_version",
    "about",
    "flaw",
)


class Permissions:
    """Rows of one system's permission history."""

    name = "permissions"
    columns = COLUMNS
    order = 60

    def recognises(self, header: Sequence[str]) -> bool:
        """A person, a kind and a time, and nothing that events have."""
        names = {folded(name) for name in header}
        return set(COLUMNS.required) <= names and "channel" in names

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and append one file; the ledger is written first, so that a rerun finds it done."""
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        # A row that stands twice is looked at below: of two different ones the last must not simply win.
        rows = job.read(COLUMNS, key=("source_id", "_line"))
        typed = _typed(rows.frame, job)
        _refuse_twice(typed, job)
        _refuse_changed(typed, job)
        accepted = job.rejects.accepted(typed)
        with ledger.write() as connection:
            new = permission_events.append(connection, _events(accepted, job))
        _note(accepted, new, job)
        return job.finish(rows, accepted=len(accepted))


KINDS: tuple[Kind, ...] = (Permissions(), Subscribers())


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    frame = frame.with_columns(pl.col("kind").str.to_lowercase().replace(dict(ALIASES)))
    typed = Typed(frame, job.rejects)
    typed.required(*COLUMNS.required)
    refuses = frame["kind"].is_in(_REFUSALS).fill_null(value=False)
    people = job.person_ids(frame["person"])
    unknown = frame["person"].is_not_null() & people.is_null()
    typed.refuse("person", unknown & ~refuses, "REG140", "`person` is no customer number that we have.")
    ids = [event_id(job.controller, job.delivery.source_name, text or "") for text in frame["source_id"]]
    checked = frame.select(
        "_line",
        "person",
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
        "flaw",
        refuses=refuses,
    )
    _refuse_incomplete(frame.with_columns(checked["kind"]), typed)
    _refuse_future(checked, typed, job)
    return _as_recorded(checked, job)


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
    for name in ("about", "flaw"):
        odd = rows[name].is_not_null() & ~rows[name].str.contains(_PLAIN)
        typed.refuse(name, odd, "PRM003", f"`{name}` is not a plain word.")


def _refuse_future(rows: pl.DataFrame, typed: Typed, job: Job) -> None:
    """Nobody can have consented yet; what forbids holds at once (`words.sql`), whatever its time says."""
    for name in ("occurred_at", "recorded_at"):
        future = (rows[name] > job.now) & ~rows["refuses"]
        typed.refuse(name, future, "PRM005", f"`{name}` is in the future.")
    ahead = rows.filter(pl.col("refuses") & (pl.col("occurred_at") > job.now))
    job.note(
        len(ahead),
        "1 refusal has a time in the future; it holds from now on",
        "{:,} refusals have times in the future; they hold from now on",
    )


def _as_recorded(rows: pl.DataFrame, job: Job) -> pl.DataFrame:
    """The rows as events have them: `ban_all` for e-mail only is still what it says, all."""
    learnt = pl.lit(min(job.delivery.received, job.now))
    told = pl.when(pl.col("recorded_at") <= job.now).then("recorded_at")
    happened = pl.when(pl.col("occurred_at") <= job.now).then("occurred_at")
    has = {
        name: [word.kind for word in WORDS.values() if name in (*word.needs, *word.may)]
        for name in ("channel", "purpose")
    }
    return rows.with_columns(
        recorded_at=pl.max_horizontal(happened, told.fill_null(learnt)),
        **{name: pl.when(pl.col("kind").is_in(kinds)).then(name) for name, kinds in has.items()},
    )


def _refuse_twice(rows: pl.DataFrame, job: Job) -> None:
    """Rows of one number that say different things: the refusal counts, else the first; others are aside."""
    mine = job.rejects.accepted(rows)
    ordered = mine.sort(pl.col("refuses").not_(), "_line")
    first = ordered.unique("event_id", keep="first")
    others = ordered.join(first.select("_line"), on="_line", how="anti")
    both = others.join(first, on="event_id", suffix="_before")
    same = both.filter(~_differs("person_id"))
    job.note(len(same), "1 row came twice", "{:,} rows came more than once")
    message = "another row of this file has the same number and says something else."
    job.rejects.add_lines(both.filter(_differs("person_id"))["_line"], "PRM013", message, "source_id")


def _refuse_changed(rows: pl.DataFrame, job: Job) -> None:
    """Rows that were recorded before with other contents."""
    columns = [table.c[name] for name in ("event_id", "person_id", "details", "erased_at", *_STORED)]
    before = sa.select(*columns).where(
        (table.c.controller == job.controller) & (table.c.source == job.delivery.source_name)
    )
    known = job.ledger.frame(None, before).filter(pl.col("erased_at").is_null())
    known = known.with_columns(
        pl.col("details").str.json_path_match(f"$.{name}").alias(name) for name in ("about", "flaw")
    )
    both = rows.join(known.drop("details", "erased_at"), on="event_id", suffix="_before")
    message = "this row was recorded before with other contents; what was said is never changed."
    changed = both.filter(_differs("person_id"))["_line"]
    job.rejects.add_lines(changed, "PRM012", f"{message} Send it as a new row.")


_STORED = tuple(name for name in _SAME if name not in ("about", "flaw"))


def _differs(owner: str) -> pl.Expr:
    """Whether two versions of a row (the other with `_before`) say different things."""
    same_owner = pl.col(owner) == pl.col(f"{owner}_before")
    return pl.any_horizontal(
        ~same_owner.fill_null(value=True),
        *(pl.col(name).ne_missing(pl.col(f"{name}_before")) for name in _SAME),
    )


def _events(rows: pl.DataFrame, job: Job) -> Iterator[PermissionEvent]:
    for row in rows.sort("occurred_at", "event_id").iter_rows(named=True):
        details = {name: value for name in ("about", "flaw") if (value := row.pop(name))}
        number = row.pop("person")
        del row["_line"], row["refuses"]
        yield PermissionEvent(
            **row,
            address_digest=_unknown(number, job) if row["person_id"] is None else None,
            controller=job.controller,
            source=job.delivery.source_name,
            details=details,
        )


def _unknown(number: str, job: Job) -> str:
    """By what a customer is recognised who is not in the register yet."""
    key = key_value(job.delivery.key_space, number)
    return job.ledger.address_digest(job.controller, KEY_CHANNEL, key)


def _note(accepted: pl.DataFrame, new: int, job: Job) -> None:
    distinct = accepted["event_id"].n_unique()
    job.note(distinct - new, "1 row was recorded before", "{:,} rows were recorded before")
    job.note(
        accepted["person_id"].null_count(),
        "1 refusal is of a customer number that nobody has; it holds when somebody comes who has it",
        "{:,} refusals are of customer numbers that nobody has; they hold when somebody comes who has them",
    )
