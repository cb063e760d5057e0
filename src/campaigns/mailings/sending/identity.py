"""Who holds a claim, and whether they are still there.

A worker is named by process number, start time and process namespace, so that a number given to another
process later, or the same number in another container, is not taken for it.
"""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from campaigns.ledger.claims import Held, Holder, Lease

_PROC = Path("/proc")
_START_FIELD = 19  # of /proc/PID/stat, counted after the name in brackets: start time in ticks since boot
_GONE_STATES = "ZXx"


class Fate(Enum):
    """What became of the holder of a batch."""

    THERE = "there"  # or it cannot be told, and its lease still runs
    LOST = "lost"  # gone or overdue since the same boot: what it wrote before is in the ledger
    LOST_WITH_POWER = "lost with power"  # another boot, or unsure: late writes may be missing


def boot_id() -> str:
    """The kernel's random name of this boot; empty where there is none."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def boottime() -> int:
    """Milliseconds since boot, sleep included; the same clock for every process of the machine."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return int(time.clock_gettime(clock) * 1000)


def holder(nonce: str) -> Holder:
    """This process; `nonce` tells its connections apart."""
    pid = os.getpid()
    return Holder(worker=f"{pid}-{_started(pid)}-{_namespace()}-{nonce}"[:64], boot_id=boot_id())


def lease(now: datetime, length: timedelta) -> Lease:
    """A lease from now on."""
    return Lease(until=now + length, boottime=boottime() + int(length.total_seconds() * 1000))


def fate(held: Held, *, now: datetime, one_machine: bool) -> Fate:
    """What became of the holder.

    `one_machine`: the ledger is a file, so a holder of another boot cannot run any more. On a shared database
    another boot may be another machine, and only its lease tells.
    """
    here = boot_id()
    if not here or not held.holder.boot_id or held.holder.boot_id != here:
        over = one_machine or held.lease.until < now
        return Fate.LOST_WITH_POWER if over else Fate.THERE
    if _is_gone(held.holder.worker) or held.lease.boottime < boottime():
        return Fate.LOST
    return Fate.THERE


def _is_gone(worker: str) -> bool:
    """Certainly gone. A worker of another process namespace cannot be looked at, so it is not."""
    pid, started, namespace, *_ = (*worker.split("-"), "", "", "")
    if namespace != _namespace() or not pid.isdigit():
        return False
    return _started(int(pid)) != started


def _started(pid: int) -> str:
    """When the process started; empty when there is none, or only its remains."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("latin-1")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in _GONE_STATES else fields[_START_FIELD]


def _namespace() -> str:
    try:
        return "".join(part for part in str((_PROC / "self/ns/pid").readlink()) if part.isdigit())
    except OSError:
        return ""
