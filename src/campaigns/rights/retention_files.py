"""Retention of files that we wrote: exports, rendered messages, and what lies in local mailboxes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from campaigns.rights.retention import Due, Work

# Folders below data/, and the rule by which their files go.
FOLDERS = {"exports": "exports", "render": "exports", "outbox": "send_log"}


def exports(work: Work) -> Iterator[Due]:
    """Files from the day they were written; links are never followed, and folders left empty go too."""
    for folder, rule in FOLDERS.items():
        old = [path for path in _files(work.data / folder) if _written(path) < work.moment(rule)]
        if not work.dry:
            for path in old:
                path.unlink(missing_ok=True)
            _remove_empty(work.data / folder)
        yield Due(rule=rule, table=f"data/{folder}", controller="", rows=len(old))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below the folder. A link is a file here: it goes, what it points to stays."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                yield Path(entry.path)


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.lstat().st_mtime, UTC)


def _remove_empty(folder: Path) -> None:
    """Folders of exports that hold nothing any more; mailboxes keep theirs."""
    if folder.name == "outbox" or folder.is_symlink() or not folder.is_dir():
        return
    for inner in sorted(folder.iterdir()):
        if inner.is_dir() and not inner.is_symlink():
            _remove_empty(inner)
            if not any(inner.iterdir()):
                inner.rmdir()
