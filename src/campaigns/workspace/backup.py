"""`campaigns backup`: one consistent copy of ledger, lake and keys, hashed, in a folder of its own.

The ledger is copied before the lake: what was refused in between stands in the folder apart as well
(`ledger.journal`), while a person whom the lake lacked could not be told from another.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import Refused, UserError
from campaigns.workspace import backup_files as files
from campaigns.workspace.backup_files import Manifest, Stored

if TYPE_CHECKING:
    from campaigns.lake import Snapshot
    from campaigns.workspace.project import Workspace

KEYS = "keys"  # the folder of a backup that must not lie with the others
# Below data/: made anew by whoever needs it, the sources' own, or copies that are out of date soon.
LEFT_OUT = ("cache", "inbox", "locks", "outbox", "render", "exports", "lake")
_KEY_FILES = ("ledger/digest.key", "keys/token.key")
_NAME = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """A finished backup, and those that were removed because their time was over."""

    folder: Path
    manifest: Manifest
    removed: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The keys that `backup --json` prints."""
        return {
            "backup": str(self.folder),
            "taken_at": self.manifest.taken_at.isoformat(),
            "position": self.manifest.position,
            "snapshot": self.manifest.snapshot,
            "files": len(self.manifest.files),
            "bytes": sum(file.bytes for file in self.manifest.files.values()),
            "removed": list(self.removed),
        }

    def __str__(self) -> str:
        size = sum(file.bytes for file in self.manifest.files.values())
        lines = [f"backup: {self.folder} ({len(self.manifest.files)} files, {size / 1e6:,.1f} MB)"]
        lines.append(f"  {KEYS}/ in it holds the secrets: whoever has it can tell whose address a digest is,")
        lines.append("  and without it banned addresses are not recognised. Keep a copy of it elsewhere.")
        lines += [f"  removed, as its time was over: {name}" for name in self.removed]
        return "\n".join(lines)


def make(workspace: Workspace, folder: Path | None = None) -> Backup:
    """Write a backup below `folder` (`backup.folder` by default), whole or not at all; remove outdated ones.

    Raises `Refused` BKP004 for a place inside data/, `UserError` BKP005 when the disk refuses, LED050 when
    the ledger is in PostgreSQL and `pg_dump` is missing.
    """
    home = (folder or workspace.root / workspace.settings.backup.folder).absolute()
    if home.resolve().is_relative_to(workspace.data.resolve()):
        raise Refused("BKP004", "a backup inside data/ would be lost with it.", hint="name another folder")
    now = workspace.now()
    target = home / now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    partial = home / f".{target.name}.partial"
    try:
        files.make_folder(home)
        _clear(home)
        if target.exists():
            raise Refused("BKP006", f"{target} is there already.", hint="wait a second")
        manifest = _write(workspace, partial, now)
        files.settle(partial)
        partial.rename(target)
        files.sync(home)
    except OSError as error:
        raise UserError(
            "BKP005",
            f"the backup could not be written: {error.strerror}.",
            file=home,
            hint="nothing was left behind that looks like a backup; free some space and run it again",
        ) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    removed = _remove_outdated(workspace, home, target)
    _record(workspace, target, removed)
    return Backup(folder=target, manifest=manifest, removed=removed)


def _write(workspace: Workspace, partial: Path, now: datetime) -> Manifest:
    from campaigns.ledger import copying

    ledger = workspace.ledger
    files.make_folder(partial)
    stored: dict[str, Stored] = {}
    dump = partial / ("ledger.sqlite" if ledger.is_sqlite else "ledger.dump")
    position = ledger.position()
    copying.copy(ledger, dump)
    stored[dump.name] = files.hashed(dump)
    with workspace.lake.snapshot() as snapshot:
        stored |= dict(_lake(snapshot, partial))
        rows = {name: snapshot.rows(name) for name in sorted(snapshot.versions)}
        number = snapshot.number
    for name, path in _others(workspace):
        stored[name] = files.copy(path, partial / name)
    manifest = Manifest(
        taken_at=now,
        identity=ledger.identity,
        backend=ledger.url.get_backend_name(),
        position=position,
        snapshot=number,
        rows=rows,
        files=dict(sorted(stored.items())),
    )
    manifest = replace(manifest, seal=ledger.digest("backup", manifest.sealed_text()))
    files.write_manifest(partial, manifest)
    return manifest


def _lake(snapshot: Snapshot, partial: Path) -> Iterator[tuple[str, Stored]]:
    """The files of one snapshot, its manifest, and the log entries that lead to it."""
    root = snapshot.root
    if snapshot.number == 0:
        return
    for name, version in snapshot.versions.items():
        log = root / name / "_delta_log"
        needed = [*snapshot.files(name), *(path for path in files.below(log) if _of_version(path, version))]
        for path in needed:
            yield _stored(root, path, partial)
    yield _stored(root, root / "_snapshots" / f"{snapshot.number}.json", partial)


def _stored(root: Path, path: Path, partial: Path) -> tuple[str, Stored]:
    name = f"data/lake/{path.relative_to(root).as_posix()}"
    return name, files.copy(path, partial / name)


def _of_version(path: Path, version: int) -> bool:
    """Whether a file of a log belongs to that version or one before."""
    number = path.name.partition(".")[0]
    return number.isdigit() and int(number) <= version


def _others(workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """Everything else: keys apart, then what lies below data/ and cannot be made anew, and the settings."""
    data = workspace.data
    database = workspace.root / workspace.settings.ledger.path
    for name in _KEY_FILES:
        if (data / name).exists():
            yield f"{KEYS}/{name}", data / name
    for path in files.below(data):
        name = path.relative_to(data).as_posix()
        is_ledger = path.name.startswith(database.name) and path.parent == database.parent
        if name.partition("/")[0] not in LEFT_OUT and name not in _KEY_FILES and not is_ledger:
            yield f"data/{name}", path
    yield "campaigns.yml", workspace.root / "campaigns.yml"


def existing(home: Path) -> list[Path]:
    """The backups in a folder, oldest first."""
    if not home.is_dir():
        return []
    return sorted(
        path
        for path in home.iterdir()
        if _NAME.fullmatch(path.name) and (path / files.MANIFEST).is_file() and not path.is_symlink()
    )


def _remove_outdated(workspace: Workspace, home: Path, newest: Path) -> tuple[str, ...]:
    """Backups older than `backup.keep` go: who was erased since still stands in them."""
    limit = workspace.settings.backup.keep.before(workspace.today())
    removed = []
    for path in existing(home):
        if (
            path != newest
            and datetime.strptime(path.name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).date() < limit
        ):
            shutil.rmtree(path)
            removed.append(path.name)
    return tuple(removed)


def _clear(home: Path) -> None:
    """What a backup that died has left."""
    for path in home.glob(".*.partial"):
        if not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)


def _record(workspace: Workspace, target: Path, removed: tuple[str, ...]) -> None:
    from campaigns.ledger import audit

    with workspace.ledger.write() as connection:
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action="backup_made",
            details={"backup": target.name, "removed": list(removed)},
        )
