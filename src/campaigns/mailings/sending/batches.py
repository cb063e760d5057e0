"""One batch of one connection, from claim to outcome. The order of its steps is what the promises rest on.

1. Claim: `handing_over` is on the disk before the channel is called. In the same transaction the decisions
   that allow or withhold each message are written.
2. Write the whole batch: whoever cannot be written is withheld.
3. For each message, in order: look at the ledger (the gate); what was recorded before that look counts.
4. Hand over; the outcome is committed before the next message is begun.
5. What was claimed and not begun goes back to the queue.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl
import sqlalchemy as sa

from campaigns.errors import Busy, ChannelStopped
from campaigns.ledger import claims, messages
from campaigns.ledger.claims import Claim, Claimed, Holder, Result
from campaigns.ledger.lanes import Lane
from campaigns.mailings.sending import identity, outcomes
from campaigns.mailings.sending.desk import NOT_NOW, Counts, Job, Verdict, Window

if TYPE_CHECKING:
    from campaigns.channels.protocol import Connection, Outcome, Outgoing

NO_ADDRESS = "NO_ADDRESS"
DUPLICATE = "DUPLICATE"
BUSY_PAUSE = 0.05  # seconds between tries to write an outcome while somebody else holds the ledger


class Overtaken(Exception):
    """Another sender took the claim over: nothing more is handed over from it."""


class Batch:
    """The messages that one connection has claimed; those in `_open` are neither begun nor given up."""

    def __init__(self, job: Job, window: Window, lane: Lane, holder: Holder, *, together: int) -> None:
        self._job = job
        self._window = window
        self._lane = lane
        self._holder = holder
        self._together = together
        self._claim = Claim(batch=0, messages=())
        self._open: dict[int, Claimed] = {}
        self._begun: dict[int, tuple[Claimed, datetime]] = {}
        self._seen = 0  # the ledger position that the decisions about `_open` hold for
        self._noted: dict[int, Verdict] = {}  # by message, as written down
        self._lease_from = 0.0
        self._overtaken = False
        self.counts = Counts()

    def claim(self) -> bool:
        """Take the next messages of the window; False when none waits there."""
        self._seen = self._window.catch_up(self._lane)
        job, now = self._job, self._job.clock()
        with job.ledger.write() as connection:
            self._claim = claims.claim(
                connection,
                plan_id=job.plan.plan_id,
                low=self._window.low,
                high=self._window.high,
                count=max(job.batch, self._together),
                batch=job.new_batch(),
                holder=self._holder,
                lease=identity.lease(now, job.lease),
                together=self._together,
            )
            self._open = {message.message_id: message for message in self._claim.messages}
            verdicts = self._verdicts()
            barred = {key: found.code for key, found in verdicts.items() if not found.allowed}
            digests = self._digests(key for key in self._open if key not in barred)
            barred |= {key: NO_ADDRESS for key in self._open if key not in barred and key not in digests}
            if job.one_copy_an_address:
                barred |= self._duplicates(connection, digests)
            self._note_decisions(connection, verdicts, now)
            claims.note_addresses(connection, self._claim, digests)
            self._give_up(connection, barred, now)
        self._lease_from = time.monotonic()
        return bool(self._claim.messages)

    def hand_over(self, channel: Connection) -> None:
        """Write and hand over what was claimed; afterwards nothing of it is held any more.

        Raises `ChannelStopped` when the channel refuses us altogether, `Overtaken` when another sender took
        the claim over.
        """
        try:
            ready = self._write()
            self._drain(channel, ready)
        except ChannelStopped:
            # Refused as a whole: nothing of what was begun was accepted.
            self._open |= {key: message for key, (message, _) in self._begun.items()}
            self._begun.clear()
            raise
        finally:
            self._let_go()
        if self._overtaken:
            raise Overtaken

    def _drain(self, channel: Connection, ready: Sequence[Outgoing]) -> None:
        answered: list[tuple[int, Outcome]] = []
        try:
            for item in channel.hand_over(ready, before_first_byte=self._gate):
                answered.append(item)
                if len(answered) == len(self._begun):  # the group is complete
                    self._record(answered)
        finally:
            self._record(answered)

    # -- before a hand-over ------------------------------------------------------------------------------

    def _gate(self, about: Sequence[Outgoing]) -> Sequence[Outgoing]:
        """Called just before the first byte; which of these may still leave."""
        if self._overtaken or self._job.stop.is_set():
            return []
        look = self._lane.look()
        if look.plan_state != "approved" or not self._holds_on():
            return []
        if look.position != self._seen:
            self._decide_again()
        now = self._job.clock()
        leaving = [outgoing for outgoing in about if outgoing.message_id in self._open]
        for outgoing in leaving:
            self._begun[outgoing.message_id] = (self._open.pop(outgoing.message_id), now)
        return leaving

    def _decide_again(self) -> None:
        """Facts were recorded since: what is decided anew about people in hand is written down and obeyed."""
        self._seen = self._window.catch_up(self._lane)
        anew = {key: new for key, new in self._verdicts().items() if new is not self._noted.get(key)}
        if not anew:
            return
        now = self._job.clock()
        barred = {key: verdict.code for key, verdict in anew.items() if not verdict.allowed}
        with self._job.ledger.write_outcomes() as connection:
            self._note_decisions(connection, anew, now)
            self._give_up(connection, barred, now)

    def _verdicts(self) -> dict[int, Verdict]:
        found = self._window.verdicts([row.person_id for row in self._open.values()])
        return {key: found[row.person_id] for key, row in self._open.items()}

    def _holds_on(self) -> bool:
        """Whether the claim is still ours; renews the lease when a third of it is gone."""
        length = self._job.lease
        if time.monotonic() - self._lease_from < length.total_seconds() / 3:
            return True
        fresh = identity.lease(self._job.clock(), length)
        with self._job.ledger.write_outcomes() as connection:
            self._overtaken = not claims.renew(connection, self._claim, fresh)
        self._lease_from = time.monotonic()
        return not self._overtaken

    def _digests(self, keys: Iterable[int]) -> dict[int, str]:
        found = {key: self._window.address_digest(self._open[key].person_id) for key in keys}
        return {key: digest for key, digest in found.items() if digest is not None}

    def _duplicates(self, connection: sa.Connection, digests: Mapping[int, str]) -> dict[int, str]:
        """Those whose address another message of this occurrence has, or one earlier in this batch."""
        by_channel: dict[str, list[str]] = {}
        for key, digest in digests.items():
            by_channel.setdefault(self._open[key].channel, []).append(digest)
        plan = self._job.plan
        seen = {
            (channel, digest)
            for channel, listed in by_channel.items()
            for digest in claims.addresses_used(
                connection,
                mailing=plan.mailing,
                occurrence=plan.occurrence,
                channel=channel,
                digests=listed,
            )
        }
        found = {}
        for key in sorted(digests):
            address = (self._open[key].channel, digests[key])
            if address in seen:
                found[key] = DUPLICATE
            seen.add(address)
        return found

    def _write(self) -> list[Outgoing]:
        ready, unwritten = self._window.write(self._open.values())
        if unwritten:
            with self._job.ledger.write_outcomes() as connection:
                self._give_up(connection, unwritten, self._job.clock())
        return ready

    # -- writing down ------------------------------------------------------------------------------------

    def _record(self, answered: list[tuple[int, Outcome]]) -> None:
        """Commit outcomes; they are the newest facts there are, so a busy ledger is waited for."""
        if not answered:
            return
        now = self._job.clock()
        results = [(*self._begun[key], outcome) for key, outcome in answered]
        rows = [
            (message, outcomes.result(outcome, attempts=message.attempts + 1, handed_over_at=when, now=now))
            for message, when, outcome in results
        ]
        ours = self._patiently(lambda: self._lane.record(self._claim, rows))
        for message, result in rows:
            del self._begun[message.message_id]
            setattr(self.counts, result.state, getattr(self.counts, result.state) + 1)
        answered.clear()
        self._overtaken = self._overtaken or not ours
        self._job.tick(len(rows))

    def _let_go(self) -> None:
        """Whatever was begun and not answered is unknown; whatever was not begun goes back to the queue."""
        lost = [(message, _no_answer(when, self._job.clock())) for message, when in self._begun.values()]
        if lost:
            self._patiently(lambda: self._lane.record(self._claim, lost))
            self.counts.unknown += len(lost)
            self._begun.clear()
        if self._open:
            left = list(self._open)
            self._patiently(lambda: self._release(left))
            self._open.clear()

    def _release(self, left: list[int]) -> bool:
        with self._job.ledger.write_outcomes() as connection:
            return claims.release(connection, self._claim, left) == len(left)

    def _give_up(self, connection: sa.Connection, barred: Mapping[int, str], now: datetime) -> None:
        """Withhold these, or put them off when the code means "not now"."""
        later = {key: code for key, code in barred.items() if code in NOT_NOW}
        never = {key: code for key, code in barred.items() if code not in NOT_NOW}
        changed = claims.withhold(connection, self._claim, never, now=now)
        changed += claims.postpone(connection, self._claim, later, until=now + self._job.not_now)
        self._overtaken = self._overtaken or changed != len(barred)
        for key in barred:
            del self._open[key]
        self.counts.withheld.update(never.values())
        self.counts.deferred += len(later)
        if barred:
            self._job.tick(len(barred))

    def _note_decisions(
        self, connection: sa.Connection, verdicts: Mapping[int, Verdict], now: datetime
    ) -> None:
        if not verdicts:
            return
        shared = {"stage": "hand_over", "rule_version": self._job.plan.rule_version, "decided_at": now}
        listed = list(verdicts.values())
        rows = pl.DataFrame(
            {
                "message_id": list(verdicts),
                "person_id": [self._open[key].person_id for key in verdicts],
                "allowed": [verdict.allowed for verdict in listed],
                "code": [verdict.code for verdict in listed],
                "evidence": pl.Series([verdict.evidence for verdict in listed], dtype=pl.Int64),
                "facts": pl.Series([verdict.facts for verdict in listed], dtype=pl.String),
                "ledger_position": [verdict.position for verdict in listed],
                "lake_snapshot": [verdict.lake_snapshot for verdict in listed],
            }
        )
        messages.decide(connection, shared, rows)
        self._noted.update(verdicts)

    def _patiently(self, write: Callable[[], bool]) -> bool:
        while True:
            try:
                return write()
            except Busy:
                time.sleep(BUSY_PAUSE)


def _no_answer(handed_over_at: datetime, now: datetime) -> Result:
    return Result(
        state="unknown",
        code="NO_ANSWER",
        detail="",
        provider_id=None,
        next_attempt_at=None,
        handed_over_at=handed_over_at,
        finished_at=now,
    )
