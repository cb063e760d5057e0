"""`campaigns restore`: a backup checked, put in place of the data, and made safe before anything opens it.

The backup is unpacked beside the data and made safe there: everybody erased since is erased again, refusals
since are heard again, and no plan is left that would send by itself what may have left already. Then two
renames put it in place; the data that was there is moved aside, never deleted.
"""

from __future__ import annotations

import hmac
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaigns.errors import Refused, UserError
from campaigns.workspace import backup_files as files
from campaigns.workspace.backup import KEYS
from campaigns.workspace.backup_files import Manifest
from campaigns.workspace.project import Workspace

if TYPE_CHECKING:
    from campaigns.ledger.restoring import Held, Recalled

STAGE = ".restoring"


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """A backup that is whole: its files, its ledger's chains, its lake.

    `events` is None when the ledger is an archive of PostgreSQL, whose chains can only be checked once it is
    put back; `restore` does.
    """

    manifest: Manifest
    events: int | None

    def as_json(self) -> dict[str, Any]:
        """The keys that `restore --verify --json` prints."""
        manifest = self.manifest
        return {
            "taken_at": manifest.taken_at.isoformat(),
            "position": manifest.position,
            "snapshot": manifest.snapshot,
            "rows": dict(manifest.rows),
            "events": self.events,
        }

    def __str__(self) -> str:
        manifest = self.manifest
        told = "its ledger's chains are checked when it is put back"
        if self.events is not None:
            told = f"{self.events:,} permission events"
        return (
            f"the backup of {manifest.taken_at:%Y-%m-%d %H:%M} UTC is whole: {len(manifest.files)} files, "
            f"{sum(manifest.rows.values()):,} rows, {told}"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """What a restore, or a replay on data put back by hand, did."""

    recalled: Recalled
    erased: Mapping[str, list[int]]
    held: Held
    moved_aside: Path | None

    def as_json(self) -> dict[str, Any]:
        """The keys that `restore --json` prints."""
        return {
            "recalled": asdict(self.recalled),
            "erased_again": {controller: len(ids) for controller, ids in self.erased.items()},
            "plans_ended": list(self.held.sent_since),
            "plans_to_approve": list(self.held.to_approve),
            "unknown": self.held.unknown,
            "moved_aside": str(self.moved_aside) if self.moved_aside else None,
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        recalled, held = self.recalled, self.held
        yield f"heard again: {recalled.refusals:,} refusals, {recalled.suppressions:,} suppressed addresses"
        yield f"erased again: {sum(map(len, self.erased.values())):,} people"
        if recalled.unattached:
            yield (
                f"{recalled.unattached:,} refusals are of people who came after the backup and have no known "
                "address: import their source files again, and then the lists of bans"
            )
        if held.sent_since:
            yield f"plans that were being sent after the backup are over: {_listed(held.sent_since)}"
        if held.unknown:
            yield f"  {held.unknown:,} messages may have left: `campaigns report` lists them, to be resolved"
        if held.to_approve:
            yield f"plans to look at and approve again: {_listed(held.to_approve)}"
        if self.moved_aside:
            yield f"the data that was here lies in {self.moved_aside}; delete it when you are sure"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def verify(workspace: Workspace, backup: Path) -> Checked:
    """Check a backup without touching any data: hashes, the ledger's chains, the lake, numbers of rows.

    Raises `UserError` BKP001, `DataDamaged` BKP002, `Refused` BKP007 when a chain in it is broken.
    """
    from campaigns.ledger import keys

    manifest = files.read_manifest(backup)
    files.check(backup, manifest)
    with tempfile.TemporaryDirectory(prefix="campaigns-verify-") as name:
        stage = Path(name)
        _unpack(backup, manifest, stage, with_ledger=manifest.backend == "sqlite")
        staged = _staged(workspace, stage)
        if manifest.backend == "postgresql":
            _check_seal(keys.read(stage / "data" / "ledger"), manifest)
            _check_lake(staged, manifest)
            return Checked(manifest=manifest, events=None)
        try:
            return _checked(staged, manifest)
        finally:
            _close(staged)


def restore(workspace: Workspace, backup: Path) -> Restored:
    """Put a backup in place of the data, made safe first. Programs that use the data must be stopped.

    Raises as `verify`; `Refused` BKP008 when the ledger of the settings is not below data/, or is another
    kind of database than the backup's.
    """
    manifest = files.read_manifest(backup)
    _refuse_elsewhere(workspace, manifest)
    files.check(backup, manifest)
    stage = workspace.root / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    with _plain_errors(stage):
        try:
            _unpack(backup, manifest, stage, with_ledger=manifest.backend == "sqlite")
            staged = _staged(workspace, stage)
            if manifest.backend == "postgresql":
                _put_back(staged, backup)
                _close(staged)
                staged = _staged(workspace, stage)
            _checked(staged, manifest)
            _close(staged)
            staged = _staged(workspace, stage)
            done = _make_safe(staged, since=manifest.taken_at, backup=backup.name)
            _close(staged)
            files.settle(stage)
            aside = _swap(workspace, stage)
        finally:
            shutil.rmtree(stage, ignore_errors=True)
    return Restored(recalled=done.recalled, erased=done.erased, held=done.held, moved_aside=aside)


def replay(workspace: Workspace) -> Restored:
    """Make data safe that was put back by hand: as `restore`, where it lies."""
    return _make_safe(workspace, since=None, backup="")


def _make_safe(workspace: Workspace, *, since: datetime | None, backup: str) -> Restored:
    from campaigns.ledger import audit, restoring
    from campaigns.workspace import erasing

    ledger = workspace.ledger
    newest = _newest_people(workspace)
    recalled = restoring.recall(ledger, newest)
    erased = erasing.replay(workspace)
    held = restoring.hold(ledger, since=since, now=workspace.now())
    with ledger.write() as connection:
        audit.record(
            connection,
            at=workspace.now(),
            actor=workspace.actor,
            action="restored",
            details={
                "backup": backup,
                "refusals": recalled.refusals,
                "plans_ended": list(held.sent_since),
                "plans_to_approve": list(held.to_approve),
            },
        )
    return Restored(recalled=recalled, erased=erased, held=held, moved_aside=None)


def _newest_people(workspace: Workspace) -> dict[str, int]:
    """The last person id that each register of the lake has given; later ones are not given again."""
    import polars as pl

    from campaigns.register.ids import person_counter

    spent: dict[str, int] = {}
    journal = workspace.ledger.journal
    for line in journal.read() if journal is not None else ():
        if line.get("person_id") is not None:
            controller = line["controller"]
            spent[controller] = max(spent.get(controller, 0), line["person_id"])
    newest: dict[str, int] = {}
    with workspace.lake.writer(purpose="restore") as writer:
        people = writer.frame("persons", ["controller", "person_id"])
        known = dict(people.group_by("controller").agg(pl.col("person_id").max()).rows())
        for controller in workspace.settings.controllers:
            counter = person_counter(controller)
            newest[controller] = max(writer.last(counter), known.get(controller, 0))
            beyond = spent.get(controller, 0) - writer.last(counter)
            if beyond > 0:
                writer.allocate(counter, beyond)
    return newest


def _checked(staged: Workspace, manifest: Manifest) -> Checked:
    from campaigns.workspace.permitting import verify as chains

    ledger = staged.ledger
    _check_seal(ledger.key, manifest)
    if ledger.identity != manifest.identity:
        raise files.damaged(Path(files.MANIFEST), "it is of another ledger")
    found = chains(staged)
    if not found.whole:
        row = found.broken[0]
        raise Refused(
            "BKP007",
            f"the ledger in the backup does not verify: {row.table} {row.position}: {row.problem}.",
            hint="use an older backup",
        )
    _check_lake(staged, manifest)
    return Checked(manifest=manifest, events=found.events)


def _check_seal(key: bytes, manifest: Manifest) -> None:
    from campaigns.ledger import keys

    if not hmac.compare_digest(keys.digest(key, "backup", manifest.sealed_text()), manifest.seal):
        raise files.damaged(Path(files.MANIFEST), "its seal is not that of its ledger")


def _check_lake(staged: Workspace, manifest: Manifest) -> None:
    with staged.lake.snapshot() as snapshot:
        snapshot.verify()
        rows = {name: snapshot.rows(name) for name in sorted(snapshot.versions)}
    if rows != dict(manifest.rows):
        raise files.damaged(Path("data/lake"), "its tables have other numbers of rows")


def _unpack(backup: Path, manifest: Manifest, stage: Path, *, with_ledger: bool) -> None:
    for name in manifest.files:
        place = _place(name, with_ledger=with_ledger)
        if place:
            files.copy(backup / name, stage / place)


def _place(name: str, *, with_ledger: bool) -> str:
    """Where a file of a backup lies in a workspace; empty for one that is not put back."""
    if name == "ledger.sqlite" and with_ledger:
        return "data/ledger/ledger.sqlite"
    if name.startswith(f"{KEYS}/"):
        return "data/" + name.removeprefix(f"{KEYS}/")
    return name if name.startswith("data/") else ""


def _staged(workspace: Workspace, stage: Path) -> Workspace:
    """The unpacked backup as a workspace, with the settings and the folder apart of the real one."""
    settings = workspace.settings
    apart = settings.backup.model_copy(
        update={"erased_list": str((workspace.root / settings.backup.erased_list).absolute())}
    )
    ledger = settings.ledger.model_copy(update={"path": "data/ledger/ledger.sqlite"})
    moved = settings.model_copy(update={"backup": apart, "ledger": ledger})
    return Workspace(stage, moved, clock=workspace.now, origin=workspace.origin)


def _put_back(staged: Workspace, backup: Path) -> None:
    from campaigns.ledger import copying

    copying.put_back(staged.ledger, backup / "ledger.dump")


def _swap(workspace: Workspace, stage: Path) -> Path | None:
    data, aside = workspace.root / "data", None
    if data.exists():
        stamp = workspace.now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        aside = workspace.root / f"data-before-{stamp}"
        _close(workspace)
        data.rename(aside)
    (stage / "data").rename(data)
    files.sync(workspace.root)
    return aside


def _refuse_elsewhere(workspace: Workspace, manifest: Manifest) -> None:
    from campaigns.settings.secrets import secret

    path = (workspace.root / workspace.settings.ledger.path).absolute()
    uses_server = secret("ledger_url") is not None
    if uses_server != (manifest.backend == "postgresql"):
        kind = "PostgreSQL" if manifest.backend == "postgresql" else "SQLite"
        raise Refused("BKP008", f"the backup's ledger is of {kind}, and CAMPAIGNS_LEDGER_URL says otherwise.")
    if not uses_server and path != (workspace.root / "data/ledger/ledger.sqlite").absolute():
        raise Refused(
            "BKP008",
            "the ledger of campaigns.yml lies in another place than data/ledger/ledger.sqlite.",
            hint="put the files back by hand, then run `campaigns restore --replay`",
        )


def _close(workspace: Workspace) -> None:
    """Let go of the database files before their folder is renamed."""
    opened = workspace.__dict__.pop("ledger", None)
    if opened is not None:
        opened.dispose()
    workspace.__dict__.pop("lake", None)


@contextmanager
def _plain_errors(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            "BKP005",
            f"the backup could not be put in place: {error.strerror}.",
            file=place,
            hint="the data is as it was; free some space and run it again",
        ) from None
