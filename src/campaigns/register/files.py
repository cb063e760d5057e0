"""Files as they lie in a folder: what may be opened, whether it is whole, its name and digest."""

from __future__ import annotations

import hashlib
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from campaigns.errors import UserError
from campaigns.identifiers import personal_codes

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp")


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """A file to import, as it lies in a folder or as it came out of an archive.

    `name` is fit to be shown. `names` are what the patterns of sources are held against, one after another.
    """

    path: Path
    name: str
    names: tuple[str, ...]

    @classmethod
    def of(cls, path: Path) -> Given:
        """A file in a folder."""
        return cls(path=path, name=shown_name(path), names=(path.name,))


def shown_name(path: Path) -> str:
    """The file's name for messages and the quarantine."""
    return shown(path.name)


def shown(name: str, *, longest: int = 120) -> str:
    """A name of theirs as it may be shown: printable, not endless, without identity codes."""
    printable = "".join(sign if sign.isprintable() else "\ufffd" for sign in name)
    bare = printable.replace("\ufffd", "")
    # Signs that are not shown could stand between any two of a code's.
    return personal_codes.mask(bare if personal_codes.find(bare) else printable)[:longest]


def refuse_strange(path: Path) -> None:
    """Let only a regular file through, and a link only to one in the same folder. Raises `UserError`."""
    name = shown_name(path)
    try:
        mode = path.lstat().st_mode
        if stat.S_ISLNK(mode):
            target = path.resolve(strict=True)
            if not target.is_relative_to(path.parent.resolve()):
                raise UserError("REG002", f"{name} is a link out of its folder.", hint="copy the file itself")
            mode = target.stat().st_mode
    except (OSError, RuntimeError, ValueError):
        raise UserError("REG001", f"there is no file {name} that can be read.") from None
    if not stat.S_ISREG(mode):
        raise UserError("REG001", f"{name} is no ordinary file.", hint="give CSV, Excel or Parquet files")
    if is_unfinished(path):
        raise UserError(
            "REG003", f"{name} has the name of an unfinished upload.", hint="import it when it is whole"
        )


def is_unfinished(path: Path) -> bool:
    """Whether its name is what programs give to a file that they still write."""
    return path.suffix.lower() in _UNFINISHED


def mark(path: Path) -> tuple[int, int]:
    """Size and time of change: what differs while somebody still writes."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def changing(paths: Iterable[Path], *, settle: float) -> set[Path]:
    """Which of the files change within `settle` seconds."""
    before = {path: mark(path) for path in paths}
    if before:
        time.sleep(settle)
    return {path for path, seen in before.items() if mark(path) != seen}


def still_written(name: str) -> UserError:
    """The refusal of a file that is not finished."""
    return UserError("REG003", f"{name} is still being written.", hint="import it again when it is whole")


def digest(path: Path) -> str:
    """SHA-256 of the content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def modified(path: Path, *, latest: datetime) -> datetime:
    """The file's own time; a clock that runs ahead does not make it newer than `latest`."""
    return min(datetime.fromtimestamp(path.stat().st_mtime, UTC), latest)
