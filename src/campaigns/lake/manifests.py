"""Snapshots as files: `_snapshots/N.json` says which version of each table belongs together.

A snapshot is published by the appearance of its file, so it is written last. It also lists the Parquet files
of each version with size, rows and checksum, so that a lost or changed file is noticed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from campaigns import errors
from campaigns.lake.files import make_private, refuse_link, write_whole, writing

_NAME = re.compile(r"(\d+)\.json")


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """One Parquet file of one version of a table; `path` is relative to the table's folder."""

    path: str
    bytes: int
    rows: int
    crc32: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """Which versions belong together, when each table last changed, and the last id given by each counter."""

    number: int
    taken_at: datetime
    versions: Mapping[str, int] = field(default_factory=dict)
    files: Mapping[str, tuple[DataFile, ...]] = field(default_factory=dict)
    changed: Mapping[str, datetime] = field(default_factory=dict)
    counters: Mapping[str, int] = field(default_factory=dict)

    def rows(self, table: str) -> int:
        """How many rows the table has."""
        return sum(file.rows for file in self.files.get(table, ()))


NOTHING = Manifest(number=0, taken_at=datetime.fromtimestamp(0, UTC))


def numbers(root: Path) -> list[int]:
    """The numbers of the snapshots that are kept, in order."""
    folder = root / "_snapshots"
    refuse_link(folder)
    if not folder.is_dir():
        return []
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted(int(match[1]) for match in found if match)


def path_of(root: Path, number: int) -> Path:
    """The file of that snapshot."""
    return root / "_snapshots" / f"{number}.json"


def newest(root: Path) -> Manifest:
    """The newest snapshot; number 0 without tables when nothing was ever written."""
    kept = numbers(root)
    return read(root, kept[-1]) if kept else NOTHING


def read(root: Path, number: int) -> Manifest:
    """The snapshot of that number.

    Raises:
        NotFound: LAK002, it was never taken or is no longer kept.
        DataDamaged: LAK003, its file cannot be read.
    """
    path = path_of(root, number)
    try:
        content = json.loads(path.read_bytes())
        return Manifest(
            number=content["number"],
            taken_at=datetime.fromisoformat(content["taken_at"]),
            versions=content["versions"],
            files={
                table: tuple(DataFile(**file) for file in files) for table, files in content["files"].items()
            },
            changed={table: datetime.fromisoformat(when) for table, when in content["changed"].items()},
            counters=content["counters"],
        )
    except FileNotFoundError:
        raise errors.NotFound(
            "LAK002",
            f"There is no snapshot {number}.",
            hint="Old snapshots are removed when the lake is cleaned; open the newest.",
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise errors.DataDamaged(
            "LAK003",
            f"Snapshot {number} cannot be read.",
            file=path,
            hint="Restore data/lake/_snapshots from a backup, or remove this file to go back one snapshot.",
        ) from None


def publish(root: Path, manifest: Manifest) -> None:
    """Make the snapshot visible, whole or not at all.

    Raises:
        LakeUnwritable: LAK008, the disk is full or read-only.
    """
    path = path_of(root, manifest.number)
    content = json.dumps(asdict(manifest), separators=(",", ":"), default=datetime.isoformat)
    refuse_link(path.parent)
    with writing(f"Snapshot {manifest.number}", path):
        make_private(path.parent)
        write_whole(path, content.encode())
