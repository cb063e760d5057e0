"""Vacuum: files go when neither the newest state nor a living reader needs them.

delta-rs can vacuum too, but it spares what a killed write left behind (`*.parquet#1`, with people's rows in
it) and follows links. Logs, manifests and leases name every file that is needed, so the rest is removed here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from campaigns.lake import leases, manifests
from campaigns.lake.delta import LOG, DeltaFolder, files_of
from campaigns.lake.files import walk
from campaigns.lake.schemas import TABLES

_KEPT_IN_LOG = (".json", ".parquet", ".crc", "_last_checkpoint")


@dataclass(frozen=True, kw_only=True, slots=True)
class Vacuumed:
    """What vacuum removed, and the process ids of readers for whom older files had to stay."""

    removed: int
    bytes: int
    waiting_for: tuple[int, ...]

    @property
    def pending(self) -> bool:
        """Whether older files are still there."""
        return bool(self.waiting_for)


def sweep(root: Path) -> Vacuumed:
    """Remove every file that is not needed. The caller holds the lake's lock.

    Raises:
        DataDamaged: LAK006 a symbolic link is in the lake (nothing was removed), LAK004 a log cannot be read.
    """
    present = {name: list(_present(root / name)) for name in TABLES}  # raises before anything is gone
    newest = manifests.newest(root)
    needed: defaultdict[str, set[str]] = defaultdict(set)
    _need(needed, {name: (file.path for file in files) for name, files in newest.files.items()})
    for name, table in TABLES.items():  # commits of a writer that died unpublished
        opened = DeltaFolder(root, table).open()
        _need(needed, {} if opened is None else {name: files_of(opened)})
    held = {lease.number for lease in leases.live(root)}
    for number in set(manifests.numbers(root)) - held - {newest.number}:
        manifests.path_of(root, number).unlink()
    # A reader takes its lease first and then looks whether its manifest is still there: whoever found it is
    # listed now, and whoever comes later opens the newest.
    older = [lease for lease in leases.live(root) if lease.number != newest.number]
    for lease in older:
        _need(needed, lease.files)
    gone = [
        (root / name / path, size)
        for name, files in present.items()
        for path, size in files
        if path not in needed[name]
    ]
    for path, _ in gone:
        path.unlink()
    for path in (*root.glob(".*.tmp"), *root.glob("_snapshots/.*.tmp")):  # of writers that died
        path.unlink()
    return Vacuumed(
        removed=len(gone),
        bytes=sum(size for _, size in gone),
        waiting_for=tuple(sorted({lease.pid for lease in older})),
    )


def _need(needed: defaultdict[str, set[str]], files: Mapping[str, Iterable[str]]) -> None:
    for name, paths in files.items():
        needed[name].update(paths)


def _present(folder: Path) -> Iterable[tuple[str, int]]:
    """Files of a table, relative to its folder, with their size; the log itself is left out."""
    for entry in walk(folder) if folder.exists() or folder.is_symlink() else ():
        path = Path(entry.path).relative_to(folder)
        if entry.is_dir(follow_symlinks=False) or (path.parts[0] == LOG and path.name.endswith(_KEPT_IN_LOG)):
            continue
        yield path.as_posix(), entry.stat(follow_symlinks=False).st_size
