"""Kind `interactions`: that somebody called, chatted, wrote or came by, and when. Never what was said.

A file with a column that looks like content is refused whole, so that nothing of it is read; words about an
interaction are single words (`billing`, `solved`), in which no sentence and nobody's name fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl

from campaigns.errors import UserError
from campaigns.register import closed_columns
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.files import shown
from campaigns.register.headers import folded
from campaigns.register.ids import event_ids
from campaigns.register.jobs import Job
from campaigns.register.parsing import Typed
from campaigns.register.reading import Columns, header_of
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

CHANNELS = ("phone", "chat", "email", "visit", "form")
DIRECTIONS = ("inbound", "outbound")
COLUMNS = Columns(
    required=("source_id", "person", "channel", "started_at"),
    optional=("direction", "ended_at", "topic", "outcome", "handled_by"),
    keys=("source_id", "person"),
    person="person",
    words={"channel": CHANNELS, "direction": DIRECTIONS},
)
WORDS = ("topic", "outcome", "handled_by")
LONGEST = timedelta(days=31)
_AHEAD = timedelta(days=1)  # clocks of other systems
_WORD = r"^\p{L}[\p{L}\p{N}_-]{0,39}$"


class Interactions:
    """Rows of one system's calls, chats, mails, visits and forms."""

    name = "interactions"
    order = 52
    columns = COLUMNS

    def recognises(self, header: Sequence[str]) -> bool:
        """A person, a channel and a start."""
        return set(COLUMNS.required) <= {folded(name) for name in header}

    def load(
        self, delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, now: datetime
    ) -> Imported:
        """Read, check and write one file. Raises `UserError` REG017 for a column that may hold content."""
        _refuse_content(delivery)
        job = Job.start(delivery, settings=settings, lake=lake, ledger=ledger, now=now)
        job.rejects.hide_where(lambda _: True)  # a broken row may hold anything
        rows = job.read(COLUMNS, key=("source_id",))
        accepted = job.rejects.accepted(_typed(rows.frame, job))
        known = job.known("interactions", ["interaction_id", "received_at"])
        newest = job.newest(accepted, known, "interaction_id")
        job.write("interactions", newest)
        return job.finish(rows, accepted=len(newest))


def _refuse_content(delivery: Delivery) -> None:
    for name in header_of(delivery):
        if closed_columns.is_closed(name):
            raise UserError(
                "REG017",
                f"{delivery.name} has a column `{shown(name.strip(), longest=40)}`; of interactions only "
                "metadata are taken in, never what was said, recorded or typed.",
                hint="leave that column out of the extract",
            )


def _typed(frame: pl.DataFrame, job: Job) -> pl.DataFrame:
    typed = Typed(frame, job.rejects)
    typed.required(*COLUMNS.required)
    people = job.person_ids(frame["person"])
    typed.known("person", people, "REG140", "`person` is no customer number that we have.")
    start, end = typed.moment("started_at", job.settings.zone), typed.moment("ended_at", job.settings.zone)
    typed.refuse(
        "started_at",
        start > job.delivery.received + _AHEAD,
        "REG153",
        "`started_at` is after the file was received.",
    )
    typed.refuse("ended_at", end < start, "REG150", "`ended_at` is before `started_at`.")
    too_long = f"`ended_at` is more than {LONGEST.days} days after `started_at`."
    typed.refuse("ended_at", end - start > LONGEST, "REG150", too_long)
    for name in WORDS:
        wrong = ~frame[name].str.contains(_WORD)
        typed.refuse(name, wrong, "REG125", f"`{name}` is not one word such as billing: no text is kept.")
    return frame.select(
        "_line",
        event_ids(job.controller, job.delivery.source_name, frame["source_id"]).alias("interaction_id"),
        people.alias("person_id"),
        typed.word("channel", CHANNELS),
        typed.word("direction", DIRECTIONS),
        start,
        end,
        *(pl.col(name).str.to_lowercase() for name in WORDS),
    )
