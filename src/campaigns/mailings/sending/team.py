"""The connections of one process: a thread each, sharing the windows of the plan."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from campaigns.errors import ChannelStopped, DeliveryError
from campaigns.ledger.plans import PlanRow
from campaigns.mailings.sending import identity
from campaigns.mailings.sending.desk import Counts, Job
from campaigns.mailings.sending.sources import Source
from campaigns.mailings.sending.worker import Worker
from campaigns.settings.model import MARKETING_KINDS

if TYPE_CHECKING:
    from campaigns.channels.protocol import Channel
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts


class Team:
    """Sends with some connections of a channel until nothing waits or `stop` is set."""

    def __init__(
        self,
        parts: Parts,
        plan: PlanRow,
        mailing: Mailing,
        channel: Channel,
        *,
        connections: int,
        stop: threading.Event,
        tick: Callable[[int], None],
        start: int = 0,
    ) -> None:
        """`start`: the message number at which to begin; `tick` is told how many were handled since."""
        self._channel = channel
        self._source = Source(parts, plan, mailing, form=channel.form, start=start)
        self._connections = connections
        self._stop = stop
        self._job = Job(
            ledger=parts.ledger,
            plan=plan,
            clock=parts.clock,
            new_batch=lambda: secrets.randbits(62),
            stop=stop,
            one_copy_an_address=mailing.kind in MARKETING_KINDS,
            tick=tick,
        )
        self._turn = threading.Lock()
        self.counts = Counts()
        self.troubles: list[BaseException] = []

    def run(self) -> None:
        """Returns when every connection is done; what went wrong is in `troubles`."""
        if self._connections == 1:
            self._work()
        else:
            threads = [threading.Thread(target=self._work) for _ in range(self._connections)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        self._source.close()

    def _work(self) -> None:
        worker = Worker(
            self._job, self._channel, identity.holder(secrets.token_hex(4)), self._source.next_window
        )
        try:
            worker.run()
        except BaseException as error:  # noqa: BLE001 - a thread's error must reach whoever waits for it
            self._note(error)
        with self._turn:
            self.counts.add(worker.counts)

    def _note(self, error: BaseException) -> None:
        with self._turn:
            self.troubles.append(error)
        if isinstance(error, ChannelStopped) or not isinstance(error, DeliveryError):
            self._stop.set()  # nobody else tries a channel that refuses us, or goes on after a fault
