"""Files of a backup: copied without following links, hashed on the way, and on the disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from campaigns.errors import DataDamaged, UserError

MANIFEST = "manifest.json"
FORM = 1
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """One file of a backup."""

    sha256: str
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """What a backup holds. `rows` are counts by table; `files` are relative to the backup's folder."""

    taken_at: datetime
    identity: str  # of the ledger
    backend: str  # sqlite, postgresql
    position: int  # of the ledger
    snapshot: int  # of the lake
    rows: Mapping[str, int]
    files: Mapping[str, Stored]
    seal: str = ""

    def sealed_text(self) -> str:
        """What the seal covers."""
        document: dict[str, Any] = {**asdict(self), "seal": "", "taken_at": self.taken_at.isoformat()}
        return json.dumps({"form": FORM, **document}, sort_keys=True)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, last of all files."""
    document = {**json.loads(manifest.sealed_text()), "seal": manifest.seal}
    descriptor = os.open(folder / MANIFEST, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(json.dumps(document, indent=1, sort_keys=True))
        file.flush()
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> Manifest:
    """Read it. Raises `UserError` BKP001 for a folder that is no backup, `DataDamaged` BKP002."""
    try:
        document = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(
            "BKP001", f"{folder} is no backup.", hint="`campaigns backup` prints where it put one"
        ) from None
    except (OSError, ValueError):
        raise damaged(folder / MANIFEST, "it cannot be read") from None
    try:
        if document.pop("form") != FORM:
            raise damaged(folder / MANIFEST, "another version of the program wrote it")
        document["taken_at"] = datetime.fromisoformat(document["taken_at"])
        document["files"] = {name: Stored(**file) for name, file in document["files"].items()}
        return Manifest(**document)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise damaged(folder / MANIFEST, "it cannot be read") from None


def check(folder: Path, manifest: Manifest) -> None:
    """Compare every file with what was written. Raises `DataDamaged` BKP002 for the first that differs."""
    for name, stored in manifest.files.items():
        path = folder / name
        if path.resolve() != folder.resolve() / name:
            raise damaged(path, "it leads out of the backup")
        try:
            found = hashed(path)
        except OSError:
            raise damaged(path, "it is missing") from None
        if found != stored:
            raise damaged(path, "it has other bytes than were written")


def copy(source: Path, target: Path) -> Stored:
    """Copy one file; on the disk when this returns. Raises `DataDamaged` BKP003 when it is a link."""
    make_folder(target.parent)
    digest, size = hashlib.sha256(), 0
    out = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(out, "wb") as writing, os.fdopen(_open(source), "rb") as reading:
        while chunk := reading.read(_CHUNK):
            writing.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        writing.flush()
        os.fsync(writing.fileno())
    return Stored(sha256=digest.hexdigest(), bytes=size)


def hashed(path: Path) -> Stored:
    """The hash and size of a file."""
    digest, size = hashlib.sha256(), 0
    with os.fdopen(_open(path), "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Stored(sha256=digest.hexdigest(), bytes=size)


def below(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order. Links are left out: what they point to is not ours."""
    if folder.is_symlink() or not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda one: one.name):
            if entry.is_dir(follow_symlinks=False):
                yield from below(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def make_folder(folder: Path) -> None:
    """Make a folder, and its parents, for this user only."""
    missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700)
        one.chmod(0o700)


def settle(folder: Path) -> None:
    """Wait until the names in every folder are on the disk."""
    for entry in [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]:
        sync(entry)


def sync(folder: Path) -> None:
    """Wait until the names in one folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def damaged(path: Path, what: str) -> DataDamaged:
    """The error for a file of a backup that is not as it was written."""
    return DataDamaged(
        "BKP002", f"the backup is damaged: {what}.", file=path, hint="use another backup; nothing was changed"
    )


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError:
        if path.is_symlink():
            raise DataDamaged(
                "BKP003", "a symbolic link lies among the data; nothing is followed.", file=path
            ) from None
        raise
