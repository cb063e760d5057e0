"""Small files that must survive a power cut, and the guard against links that lead out of the lake."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from campaigns import errors

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
_CHUNK = 1 << 20


class LakeUnwritable(errors.UserError):
    """The disk does not take what should be written; nothing was published."""


@contextmanager
def writing(what: str, path: Path) -> Iterator[None]:
    """Whatever the disk says about a write becomes one sentence.

    Raises:
        LakeUnwritable: LAK008, the disk is full, read-only or refuses.
    """
    try:
        yield
    except OSError:
        raise LakeUnwritable(
            "LAK008",
            f"{what} cannot be written; what was published before stays as it is.",
            file=path,
            hint="Is the disk full, or the folder read-only? Run again when it is not.",
        ) from None


def make_private(folder: Path) -> None:
    """Make the folder (and its parents) so that only this user may look inside."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if folder.stat().st_mode & 0o777 != PRIVATE_FOLDER:
        folder.chmod(PRIVATE_FOLDER)


def sync(path: Path) -> None:
    """Wait until the file, or the names in the folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes) -> None:
    """Put the file there whole or not at all: temporary name, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def checksum(path: Path) -> int:
    """CRC-32 of the file's bytes."""
    value = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            value = zlib.crc32(chunk, value)
    return value


def settle(folder: Path) -> None:
    """Make the files of a folder private, and wait until they are on the disk: delta-rs does neither."""
    for entry in walk(folder):
        Path(entry.path).chmod(PRIVATE_FILE if entry.is_file(follow_symlinks=False) else PRIVATE_FOLDER)
        sync(Path(entry.path))
    folder.chmod(PRIVATE_FOLDER)
    sync(folder)
    sync(folder.parent)


def refuse_link(path: Path) -> None:
    """Nothing is read or changed through symbolic links.

    Raises:
        DataDamaged: LAK006, the path is one.
    """
    if path.is_symlink():
        raise errors.DataDamaged(
            "LAK006",
            "The lake holds a symbolic link, and nothing is read or changed through links.",
            file=path,
            hint="Remove the link, or restore the folder from a backup.",
        )


def walk(folder: Path) -> Iterator[os.DirEntry[str]]:
    """Everything below the folder, files and folders.

    Raises:
        DataDamaged: LAK006, the folder or something below it is a symbolic link.
    """
    refuse_link(folder)
    with os.scandir(folder) as entries:
        for entry in entries:
            refuse_link(Path(entry.path))
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from walk(Path(entry.path))
