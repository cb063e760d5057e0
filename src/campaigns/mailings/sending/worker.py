"""One connection's life: the windows of a plan, the batches of a window, until nothing waits."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from campaigns.errors import Busy, TransientFailure
from campaigns.ledger.claims import Holder
from campaigns.ledger.lanes import Lane
from campaigns.mailings.sending.batches import Batch, Overtaken
from campaigns.mailings.sending.desk import Counts, Job, Window

if TYPE_CHECKING:
    from campaigns.channels.protocol import Channel, Connection

BUSY_PAUSE = 0.2
MOST_PUT_OFF = 3


class Worker:
    """Sends with one connection of a channel."""

    def __init__(
        self,
        job: Job,
        channel: Channel,
        holder: Holder,
        next_window: Callable[[Window | None], Window | None],
    ) -> None:
        """`next_window` gives the window after one that is used up or no longer current; None at the end."""
        self._job = job
        self._channel = channel
        self._holder = holder
        self._next_window = next_window
        self._put_off = 0  # batches in a row of which everything was put off
        self.counts = Counts()

    def run(self) -> Counts:
        """Send until nothing waits, the plan is no longer approved, or `stop` is set.

        Raises `DeliveryError` when the channel cannot be reached or refuses us.
        """
        lane = Lane(self._job.ledger, self._job.plan.plan_id, self._job.plan.controller)
        try:
            connection = self._channel.connect()
            try:
                self._run(connection, lane)
            finally:
                connection.close()
        finally:
            lane.close()
        return self.counts

    def _run(self, connection: Connection, lane: Lane) -> None:
        window = self._next_window(None)
        while window is not None and not self._is_told_to_stop(lane):
            if not window.is_current() or not self._batch(connection, window, lane):
                window = self._next_window(window)

    def _is_told_to_stop(self, lane: Lane) -> bool:
        return self._job.stop.is_set() or lane.look().plan_state != "approved"

    def _batch(self, connection: Connection, window: Window, lane: Lane) -> bool:
        """Send one batch; False when nothing waits in the window any more."""
        batch = Batch(self._job, window, lane, self._holder, together=connection.batch)
        try:
            found = batch.claim()
        except Busy:
            time.sleep(BUSY_PAUSE)  # nothing was claimed
            return True
        try:
            if found:
                batch.hand_over(connection)
        except Overtaken:
            pass  # its messages are somebody else's now
        finally:
            self.counts.add(batch.counts)
        self._give_up_when_all_is_put_off(batch.counts)
        return found

    def _give_up_when_all_is_put_off(self, counts: Counts) -> None:
        """A server that is down or overloaded is left alone; the messages come again at their next time."""
        put_off = counts.deferred > 1 and counts.sent + counts.failed + counts.unknown == 0
        self._put_off = self._put_off + 1 if put_off else 0
        if self._put_off == MOST_PUT_OFF:
            raise TransientFailure("MAI030", "the channel puts every message off; the rest waits.")
