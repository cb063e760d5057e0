"""Folders below `data/staging` in which packed deliveries lie unpacked while they are imported.

Each is private, locked by the process that made it, and removed afterwards; what a killed import left behind
goes with the next one, or with an erasure.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from campaigns.lake.files import make_private

FOLDER = "staging"  # below data/


@contextmanager
def opened(data: Path) -> Iterator[Path]:
    """A place for this process alone; it is made when the first file is put there. Leftovers are removed."""
    sweep(data)
    place = data / FOLDER / uuid.uuid4().hex
    held: list[int] = []
    make_private(place.parent)
    with _locked(place.parent):  # nobody sweeps between the making of the folder and its lock
        place.mkdir(mode=0o700)
        held.append(_lock(place))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        os.close(held[0])
        _remove_empty(place.parent)


def sweep(data: Path) -> int:
    """Remove what no living process holds, and say how many folders that were."""
    root = data / FOLDER
    if root.is_symlink() or not root.is_dir():
        return 0
    gone = 0
    with _locked(root):
        for place in sorted(root.iterdir()):
            gone += _removed(place)
    _remove_empty(root)
    return gone


def _removed(place: Path) -> bool:
    if place.is_symlink() or not place.is_dir():
        place.unlink()
        return True
    try:
        held = _lock(place)
    except BlockingIOError:
        return False
    shutil.rmtree(place, ignore_errors=True)
    os.close(held)
    return True


def _lock(folder: Path) -> int:
    """A descriptor that holds the folder until it is closed; `BlockingIOError` when somebody else has it."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException:
        os.close(held)
        raise
    return held


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Nobody else makes or sweeps folders here meanwhile."""
    held = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _remove_empty(root: Path) -> None:
    try:
        root.rmdir()
    except OSError:  # others are at work there
        return
