"""The one lock of the lake: import, metrics, erasure and vacuum take turns."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import filelock

from campaigns import errors
from campaigns.lake.files import make_private, write_whole, writing


@contextmanager
def held(root: Path, *, purpose: str, wait: float, clock: Callable[[], datetime]) -> Iterator[None]:
    """Hold the lake's lock; the operating system lets go of it when the process dies.

    Raises:
        Busy: LAK001, somebody held it for longer than `wait` seconds; the message names them.
        LakeUnwritable: LAK008, the disk is full or read-only.
    """
    holder = root / "_holder.json"
    lock = filelock.FileLock(root / "_lock", mode=0o600)
    with writing("The lake", root):
        make_private(root)
        try:
            lock.acquire(timeout=wait)
        except filelock.Timeout:
            raise _busy(holder, wait) from None
    try:
        note = {"pid": os.getpid(), "purpose": purpose, "since": clock().isoformat(timespec="seconds")}
        with writing("The lake", root):
            write_whole(holder, json.dumps(note).encode())
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _busy(holder: Path, wait: float) -> errors.Busy:
    try:
        note = json.loads(holder.read_text())
        who = f"process {note['pid']} ({note['purpose']}) since {note['since']}"
    except (OSError, ValueError, KeyError):  # it let go, or died, just now
        who = "another process"
    return errors.Busy(
        "LAK001",
        f"The lake is being changed by {who}; waited {wait:.0f} s.",
        hint="Try again when it is done.",
    )
