"""Leases: how a reader says which snapshot it is reading, so that vacuum spares its files.

A lease is a small file that its reader keeps locked (flock). The operating system drops the lock when the
process dies, so a lease whose lock can be taken is dead, whatever its process id says.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import uuid
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from campaigns.lake.files import PRIVATE_FILE, make_private, refuse_link, writing
from campaigns.lake.manifests import Manifest

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class Lease:
    """One reader's hold on one snapshot, until `release` or the end of the process."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = (
            None if descriptor is None else weakref.finalize(self, _release, path, descriptor, os.getpid())
        )

    @classmethod
    def take(cls, root: Path, manifest: Manifest, clock: Callable[[], datetime]) -> Lease:
        """Write and lock a lease file; on a read-only disk nothing can vacuum, so none is needed."""
        path = root / "_leases" / f"{uuid.uuid4().hex}.json"
        note = {
            "pid": os.getpid(),
            "number": manifest.number,
            "since": clock().isoformat(),
            "files": {table: [file.path for file in files] for table, files in manifest.files.items()},
        }
        refuse_link(path.parent)
        try:
            make_private(path.parent)
            return cls(path, _write_locked(path, json.dumps(note).encode()))
        except OSError as error:
            if error.errno in _READ_ONLY:
                return cls(path, None)
            with writing("The note of a reader", path):
                raise

    @property
    def spill(self) -> Path:
        """Where this reader may put temporary files; they go with the lease."""
        return self.path.with_suffix(".spill")

    @property
    def revoked(self) -> bool:
        """Whether an erasure took the lease away."""
        return self._end is not None and self._end.alive and not self.path.exists()

    def release(self) -> None:
        """Give the snapshot up; doing it twice is harmless, forgetting it too."""
        if self._end is not None:
            self._end()


def _write_locked(path: Path, content: bytes) -> int:
    unlocked = path.with_suffix(".new")  # not seen by `live` before it is locked and whole
    descriptor = os.open(unlocked, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.write(descriptor, content)
        unlocked.rename(path)
    except OSError:
        unlocked.unlink(missing_ok=True)
        os.close(descriptor)
        raise
    return descriptor


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A live lease as vacuum sees it."""

    path: Path
    pid: int
    number: int
    since: datetime
    files: Mapping[str, list[str]]

    def revoke(self) -> None:
        """Take the lease away: its reader is told to open a new snapshot at its next read."""
        _remove(self.path)


def live(root: Path) -> list[Held]:
    """The leases of living readers; files of dead ones are removed on the way."""
    folder = root / "_leases"
    refuse_link(folder)
    if not folder.is_dir():
        return []
    found = (_held(path) for path in sorted(folder.glob("*.json")))
    return [held for held in found if held is not None]


def _held(path: Path) -> Held | None:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # released just now
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with os.fdopen(descriptor) as file:
            note = json.load(file)
        return Held(
            path=path,
            pid=note["pid"],
            number=note["number"],
            since=datetime.fromisoformat(note["since"]),
            files=note["files"],
        )
    _let_go(path, descriptor)  # its reader died
    return None


def _release(path: Path, descriptor: int, owner: int) -> None:
    if os.getpid() == owner:  # not a fork of it
        _let_go(path, descriptor)


def _let_go(path: Path, descriptor: int) -> None:
    _remove(path)
    os.close(descriptor)


def _remove(path: Path) -> None:
    shutil.rmtree(path.with_suffix(".spill"), ignore_errors=True)
    path.unlink(missing_ok=True)
