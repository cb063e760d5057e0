"""SIGTERM and SIGINT: the first finishes the messages in hand, the second stops at once."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

AT_ONCE = 130


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` on a signal while the block runs. Only the main thread may listen; others just run."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def listen(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            os._exit(AT_ONCE)  # what is in hand becomes unknown, as after a crash
        stop.set()

    before = {number: signal.signal(number, listen) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
