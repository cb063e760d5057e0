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
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType

from campaigns.lake.files import PRIVATE_FILE, make_private
from campaigns.lake.manifests import Manifest

_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class Lease:
    """One reader's hold on one snapshot, until `release` or the end of the process."""

    def __init__(self, path: Path, descriptor: int | None) -> None:
        self.path = path
        self._descriptor = descriptor

    @classmethod
    def take(cls, root: Path, manifest: Manifest, clock: Callable[[], datetime]) -> Lease:
        """Write and lock a lease file; on a read-only disk nothing can vacuum, so none is needed."""
        path = root / "_leases" / f"{uuid.uuid4().hex}.json"
        try:
            make_private(path.parent)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
        except OSError as error:
            if error.errno in _READ_ONLY:
                return cls(path, None)
            raise
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        note = {"pid": os.getpid(), "number": manifest.number, "since": clock().isoformat()}
        os.write(descriptor, json.dumps(note | {"versions": dict(manifest.versions)}).encode())
        return cls(path, descriptor)

    @property
    def spill(self) -> Path:
        """Where this reader may put temporary files; they go with the lease."""
        return self.path.with_suffix(".spill")

    @property
    def revoked(self) -> bool:
        """Whether an erasure took the lease away."""
        return self._descriptor is not None and not self.path.exists()

    def release(self) -> None:
        """Give the snapshot up; doing it twice is harmless."""
        if self._descriptor is None:
            return
        _remove(self.path)
        os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Lease:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A live lease as vacuum sees it."""

    path: Path
    pid: int
    number: int
    since: datetime
    versions: Mapping[str, int]

    def revoke(self) -> None:
        """Take the lease away: its reader is told to open a new snapshot at its next read."""
        _remove(self.path)


def live(root: Path) -> list[Held]:
    """The leases of living readers; files of dead ones are removed on the way."""
    folder = root / "_leases"
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
            versions=note["versions"],
        )
    _remove(path)
    os.close(descriptor)
    return None


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    shutil.rmtree(path.with_suffix(".spill"), ignore_errors=True)
