"""Answers as files: below `data/exports`, for their owner only, never through a link and never over another.

Only there: retention removes old copies from there, and erasure looks there.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from campaigns.errors import Refused, UserError

EXPORTS = Path("data/exports")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """The folder, and a digest over names and contents of what was written into it."""

    folder: Path
    files: tuple[str, ...]
    digest: str


def write(root: Path, folder: str, files: Mapping[str, bytes], *, usual: str, force: bool = False) -> Written:
    """Write the files into a folder of `data/exports` of the workspace at `root`.

    `folder` is what a person typed: a path below `data/exports`, or a name of a folder in it; `usual` is
    taken when it is empty. With `force` files of the same names are replaced.

    Raises `Refused` RGT001 for a place outside, RGT002 when there is something and no `force`, RGT003 for a
    link or a device on the way; `UserError` RGT004 when the disk refuses.
    """
    names = _inside(root, folder or usual)
    try:
        descriptor = _open_folder(root, names)
        try:
            for name in files:
                _refuse_existing(descriptor, name, force=force)
            for name, content in files.items():
                _write(descriptor, name, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise UserError("RGT004", f"the answer could not be written: {error.strerror}.") from None
    return Written(folder=root / EXPORTS / Path(*names), files=tuple(files), digest=digest_of(files))


def digest_of(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the names and the SHA-256 of each file."""
    lines = [f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(files.items())]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _inside(root: Path, folder: str) -> tuple[str, ...]:
    """The names of the folders below `data/exports`; nothing is looked up, so links cannot mislead."""
    exports, typed = root / EXPORTS, Path(folder)
    path = (root if typed.parts[:1] == EXPORTS.parts[:1] else exports) / typed
    if ".." not in path.parts and path != exports and path.is_relative_to(exports):
        return path.relative_to(exports).parts
    raise Refused(
        "RGT001",
        "answers are written below data/exports, and nowhere else.",
        hint="name a folder there, such as --to data/exports/desk7: old copies are removed from there",
    )


def _open_folder(root: Path, names: tuple[str, ...]) -> int:
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    for name in (*EXPORTS.parts, *names):
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, 0o700, dir_fd=descriptor)
            try:
                inner = os.open(name, _FOLDER, dir_fd=descriptor)
            except OSError:
                raise Refused("RGT003", f"`{name}` on the way there is a link or no folder.") from None
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _refuse_existing(descriptor: int, name: str, *, force: bool) -> None:
    try:
        os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not force:
        raise Refused("RGT002", f"there is a `{name}` already.", hint="name another folder, or add --force")


def _write(descriptor: int, name: str, content: bytes) -> None:
    """A new file, whole, that takes the place of an old one: a link there is replaced, never followed."""
    temporary = f".{name}.{os.getpid()}"
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(temporary, flags, 0o600, dir_fd=descriptor), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, name, src_dir_fd=descriptor, dst_dir_fd=descriptor)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=descriptor)
        raise
