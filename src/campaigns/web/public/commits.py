"""Group commit: everyone who waits shares one durable transaction.

One FULL commit a request gives about 1,000 a second with a long tail; all that wait in one transaction gives
several thousand (threat list, section 0 point 8). Nobody is answered before the commit is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from campaigns.errors import CampaignsError
from campaigns.ledger.database import Ledger

log = logging.getLogger("campaigns.web.public")
Item = TypeVar("Item")
_MOST = 512  # requests a transaction: bounds how long the first one waits


class NotRecorded(Exception):
    """The ledger could not be written (locked, full, gone); nothing of the request was kept."""


class GroupCommit(Generic[Item]):
    """Records items in the order they came, all that wait in one transaction."""

    def __init__(self, ledger: Ledger, record: Callable[[Connection, Sequence[Item]], None]) -> None:
        self._ledger = ledger
        self._record = record
        self._waiting: queue.SimpleQueue[tuple[Item, Future[None]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    async def add(self, item: Item) -> None:
        """Returns once the item is on disk. Raises `NotRecorded` when it is not."""
        done: Future[None] = Future()
        self._waiting.put((item, done))
        await asyncio.wrap_future(done)

    def close(self) -> None:
        """Record what waits, then stop."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            self._commit([first, *self._others()])

    def _others(self) -> Iterator[tuple[Item, Future[None]]]:
        for _ in range(_MOST - 1):
            try:
                item = self._waiting.get_nowait()
            except queue.Empty:
                return
            if item is None:
                self._waiting.put(None)
                return
            yield item

    def _commit(self, group: Sequence[tuple[Item, Future[None]]]) -> None:
        # A client that hung up has pressed all the same: its item is recorded, only nobody waits for it.
        waiting = [done for _, done in group if done.set_running_or_notify_cancel()]
        failed: NotRecorded | None = None
        try:
            with self._ledger.write() as connection:
                self._record(connection, [item for item, _ in group])
        except (CampaignsError, DBAPIError) as error:
            log.warning("%d requests could not be recorded (%s)", len(group), type(error).__name__)
            failed = NotRecorded()
        except Exception as error:  # noqa: BLE001  # the thread must live on, and nobody be told that it is done
            log.error("recording failed: %s", type(error).__name__)  # noqa: TRY400  # a trace could hold data
            failed = NotRecorded()
        for done in waiting:
            if failed:
                done.set_exception(failed)
            else:
                done.set_result(None)
