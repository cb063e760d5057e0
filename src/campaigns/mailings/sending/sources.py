"""Where windows get their facts from: the newest lake snapshot, the rules, the template. One a process."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.engine import Engine
from campaigns.lake import manifests
from campaigns.ledger import messages
from campaigns.ledger.plans import PlanRow
from campaigns.mailings.recipients import sharers, values_of
from campaigns.mailings.sending.desk import Verdict, Window
from campaigns.mailings.sending.excepting import caught
from campaigns.mailings.sending.windows import LakeWindow
from campaigns.mailings.writing import Writer
from campaigns.permissions.deciding import Decider
from campaigns.permissions.state import Words
from campaigns.register.disclosing import hidden

if TYPE_CHECKING:
    from campaigns.lake import Snapshot
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

MEMORY = "200MB"
WINDOW = 8_000  # people at once: their values and decisions are in memory
LOOK_EVERY = 1.0  # seconds between looks for a new lake snapshot
NOT_IN_SEGMENT = "NOT_IN_SEGMENT"


class Source:
    """What one process knows. Make windows with `next_window`; close it at the end."""

    def __init__(self, parts: Parts, plan: PlanRow, mailing: Mailing, *, form: str, start: int = 0) -> None:
        """`start`: the message number to begin at, so that several processes begin at different places."""
        self.parts = parts
        self.plan = plan
        self.mailing = mailing
        self.writer = Writer(parts, mailing, form=form)
        self._turn = threading.RLock()
        self._window: LakeWindow | None = None
        self._after = start - 1
        self._snapshot: Snapshot | None = None
        self._engine: Engine | None = None
        self._hidden: dict[str, list[str]] = {}
        self._decider: Decider | None = None
        self._about: tuple[date, frozenset[int]] | None = None
        self._excepted: frozenset[int] = frozenset()
        self._newest = 0
        self._looked = 0.0

    def now(self) -> datetime:
        """The time."""
        return self.parts.clock()

    def day(self) -> date:
        """The local day."""
        return self.now().astimezone(self.parts.settings.zone).date()

    @property
    def lake_snapshot(self) -> int:
        """The newest snapshot's number, looked up about once a second."""
        if time.monotonic() - self._looked > LOOK_EVERY:
            self._newest = max(manifests.numbers(self.parts.lake.root), default=0)
            self._looked = time.monotonic()
        return self._newest

    def next_window(self, used: Window | None) -> Window | None:
        """The window after `used`; the same one for all threads that used up the same; None at the end.

        After the last message it begins once more with what came back to the queue meanwhile.
        """
        with self._turn:
            if self._window is not used:
                return self._window
            if used is not None:
                self._after = used.high if used.is_current() else used.low - 1
            rows = self._waiting(self._after)
            if rows.is_empty():
                rows = self._waiting(0)
            self._window = None if rows.is_empty() else LakeWindow(self, rows)
            return self._window

    def values(self, rows: pl.DataFrame, day: date) -> pl.DataFrame:
        """Values and addresses, a row a message."""
        return values_of(
            self._db(),
            rows,
            template=self.mailing.template,
            controller=self.plan.controller,
            channel=self.mailing.channel,
            day=day,
        )

    def sharers(self, rows: pl.DataFrame) -> dict[int, set[int]]:
        """Whose word concerns people of these rows because they share an address."""
        return sharers(self._db(), rows, controller=self.plan.controller)

    def decide(
        self, person_ids: Sequence[int], words: Words, *, among: Collection[int], position: int
    ) -> Mapping[int, Verdict]:
        """A fresh decision about each; whoever an exception of the segments has caught by now is denied.

        `among` are all people of the window: what the lake says about them is looked up once.
        """
        with self._turn:
            frame = self._decider_about(among, words).decide(person_ids)
            number = self._snapshot.number if self._snapshot else 0
            return {
                row["person_id"]: Verdict(
                    allowed=row["allowed"] and row["person_id"] not in self._excepted,
                    code=NOT_IN_SEGMENT
                    if row["allowed"] and row["person_id"] in self._excepted
                    else row["code"],
                    evidence=row["evidence"],
                    facts=None if row["person_id"] in self._excepted else row["facts"],
                    position=position,
                    lake_snapshot=number,
                )
                for row in frame.iter_rows(named=True)
            }

    def _decider_about(self, people: Collection[int], words: Words) -> Decider:
        """What decides about these people, with these words in its ear."""
        db, about = self._db(), (self.day(), frozenset(people))
        if self._decider is not None and self._about == about:
            self._decider.hear(words, at=self.now())
            return self._decider
        request = self.mailing.request(self.parts.settings, at=self.now())
        self._decider = Decider(
            db, request, settings=self.parts.settings, ledger=self.parts.ledger, words=words
        )
        self._decider.look_up(pl.DataFrame({"person_id": list(people)}, schema={"person_id": pl.Int64}))
        self._about = about
        return self._decider

    def close(self) -> None:
        """Free the engine and the snapshot."""
        with self._turn:
            if self._engine is not None:
                self._engine.close()
            if self._snapshot is not None:
                self._snapshot.close()
            self._engine = self._snapshot = self._decider = None

    def _waiting(self, after: int) -> pl.DataFrame:
        with self.parts.ledger.read() as connection:
            return messages.window(connection, self.plan.plan_id, after=after, count=WINDOW)

    def _db(self) -> Engine:
        """An engine over the newest snapshot."""
        with self._turn:
            newest = self.lake_snapshot
            closed = hidden(self.parts.settings, self.mailing.purpose, day=self.day())
            stale = self._snapshot is None or self._snapshot.number != newest or self._hidden != closed
            if self._engine is None or self._snapshot is None or stale:
                self.close()
                self._snapshot, self._hidden = self.parts.lake.snapshot(), closed
                self._engine = Engine(self._snapshot, hidden=closed, memory_limit=MEMORY, threads=1)
                if self._snapshot.number != self.plan.lake_snapshot:
                    self._excepted = caught(self.parts, self.mailing, at=self.now())
            return self._engine
