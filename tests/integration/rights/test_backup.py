"""Backup and restore: nothing is lost, nobody comes back, nobody is mailed twice."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from campaigns.errors import CampaignsError, DataDamaged, Refused, UserError
from campaigns.ledger import permission_events, plans, suppressions, tokens
from campaigns.ledger.tables import messages
from campaigns.mailings import deciding, planning
from campaigns.mailings.sending import crew
from campaigns.permissions import recording
from campaigns.workspace import backup, erasing, permitting, restoring, rights
from campaigns.workspace.project import Workspace
from campaigns.workspace.status import status
from support import mailing_world as world
from support import postgres

OURS = world.OURS
NOW = world.NOW


@dataclass
class Clock:
    """Goes on by a second at each look."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path, clock: Clock) -> Iterator[Workspace]:
    parts = world.workspace(tmp_path / "ws", clock=clock)
    numbers = [{"person_id": n, "key_space": "crm", "source_id": f"C{n}"} for n in range(1, 7)]
    world.upsert(parts, "person_keys", numbers)
    parts.ledger.dispose()
    opened = Workspace.open(tmp_path / "ws", clock=clock)
    yield opened
    opened.ledger.dispose()


def reopened(workspace: Workspace, clock: Clock) -> Workspace:
    return Workspace.open(workspace.root, clock=clock)


def approved(workspace: Workspace, name: str = "news") -> int:
    plan = planning.plan(workspace.parts, name, actor="m")
    deciding.approve(workspace.parts, plan.plan_id, actor="m", now=workspace.now())
    return plan.plan_id


def mails(workspace: Workspace) -> list[str]:
    """Addresses in the local mailbox, one for each mail."""
    found = []
    for file in sorted((workspace.data / "outbox" / "maildir" / "new").iterdir()):
        head = file.read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
        found += [line.removeprefix("To: ").strip() for line in head.splitlines() if line.startswith("To: ")]
    return found


def kinds(workspace: Workspace, person_id: int) -> list[str]:
    with workspace.ledger.read() as connection:
        return permission_events.of_person(connection, OURS, person_id)["kind"].to_list()


def test_a_restored_workspace_is_the_one_that_was_backed_up(workspace: Workspace, clock: Clock) -> None:
    plan_id = approved(workspace)
    made = backup.make(workspace)
    assert restoring.verify(workspace, made.folder).events == 12
    shutil.rmtree(workspace.root / "data")
    workspace.ledger.dispose()
    done = restoring.restore(reopened(workspace, clock), made.folder)
    assert done.moved_aside is None
    after = reopened(workspace, clock)
    with after.ledger.read() as connection:
        assert plans.get(connection, plan_id).state == "waiting"
    with after.lake.snapshot() as snapshot:
        assert len(snapshot.frame("persons")) == 6
    assert permitting.verify(after).whole
    assert after.tokens.reference(1) == workspace.tokens.reference(1)
    after.ledger.dispose()


def test_the_worst_one(workspace: Workspace, clock: Clock) -> None:
    """Fault 43: since the backup there were bans, an erasure and a sending; all of them still hold."""
    plan_id = approved(workspace)
    made = backup.make(workspace)
    sent = crew.send(workspace.parts, plan_id, actor="m")
    assert sent.counts.sent == 6
    before = mails(workspace)
    assert len(set(before)) == 6
    with workspace.ledger.write() as connection:
        said = {"evidence": "call", "at": workspace.now(), "now": workspace.now(), "source": "cli"}
        recording.record(connection, people=[(OURS, 2)], kind="ban_all", **said)
        recording.record(
            connection, people=[(OURS, 3)], kind="withdrawal", channel="email", purpose="newsletter", **said
        )
        suppressions.add(
            connection,
            controller=OURS,
            channel="email",
            address="m4@x.fi",
            reason="complaint",
            now=workspace.now(),
        )
        keys = tokens.token_keys(connection, OURS, range(1, 7))
    erasing.erase(workspace, rights.begin(workspace, "erase", "5"))
    mailbox = workspace.data / "outbox"
    shutil.copytree(mailbox, workspace.root / "kept")
    done = restoring.restore(workspace, made.folder)
    assert done.erased == {OURS: [5]}
    assert done.recalled.refusals == 3  # the erasure is one, too
    assert done.recalled.suppressions >= 1
    assert done.held.sent_since == (plan_id,)
    assert done.moved_aside is not None

    after = reopened(workspace, clock)
    assert "ban_all" in kinds(after, 2)
    assert "withdrawn" in kinds(after, 3)
    assert "erased" in kinds(after, 5)
    with after.ledger.read() as connection:
        states = connection.execute(sa.select(messages.c.state, messages.c.reason)).all()
        assert set(map(tuple, states)) <= {("unknown", "RESTORED"), ("withheld", "ERASED")}
        still = tokens.people_of(connection, keys.values())
        assert {person_id for _, person_id in still.values()} == {1, 2, 3, 4, 6}
    assert permitting.verify(after).whole
    for path in (after.root / "data").rglob("*"):
        assert not path.is_file() or b"Maija5" not in path.read_bytes(), path

    # nobody is mailed twice, whatever anybody does now
    assert crew.send_due(after.parts, actor="m") == []
    with pytest.raises(Refused, match="MAI020"):
        crew.send(after.parts, plan_id, actor="m")
    with pytest.raises(Refused, match="MAI020"):
        planning.plan(after.parts, "news", actor="m")
    assert not (after.data / "outbox").exists()
    after.ledger.dispose()


def test_a_plan_made_and_sent_after_the_backup_is_not_made_again(workspace: Workspace, clock: Clock) -> None:
    made = backup.make(workspace)
    plan_id = approved(workspace)
    crew.send(workspace.parts, plan_id, actor="m")
    with workspace.ledger.read() as connection:
        used = set(connection.scalars(sa.select(messages.c.message_id)))
    restoring.restore(workspace, made.folder)
    after = reopened(workspace, clock)
    with pytest.raises(Refused, match="was sent"):
        planning.plan(after.parts, "news", actor="m")
    other = planning.plan(after.parts, "renewal", actor="m")
    with after.ledger.read() as connection:
        new = set(connection.scalars(sa.select(messages.c.message_id)))
    assert other.messages and not new & used
    assert permitting.verify(after).whole
    after.ledger.dispose()


def test_a_ledger_put_back_by_hand_sends_nothing_until_it_was_replayed(
    workspace: Workspace, clock: Clock
) -> None:
    plan_id = approved(workspace)
    file = workspace.root / "data/ledger/ledger.sqlite"
    workspace.ledger.dispose()
    old = file.read_bytes()
    workspace = reopened(workspace, clock)
    with workspace.ledger.write() as connection:
        said = {"evidence": "call", "at": workspace.now(), "now": workspace.now(), "source": "cli"}
        recording.record(connection, people=[(OURS, 2)], kind="ban_all", **said)
    assert crew.send(workspace.parts, plan_id, actor="m").counts.sent == 5
    workspace.ledger.dispose()
    for path in file.parent.glob("ledger.sqlite*"):
        path.unlink()
    file.write_bytes(old)
    workspace = reopened(workspace, clock)
    with pytest.raises(Refused, match="LED043"):
        crew.send(workspace.parts, plan_id, actor="m")
    assert "campaigns restore --replay" in status(workspace).verdict
    done = restoring.replay(workspace)
    assert (done.recalled.refusals, done.held.sent_since, done.held.unknown) == (1, (plan_id,), 6)
    assert crew.send_due(workspace.parts, actor="m") == []
    assert len(mails(workspace)) == 5
    assert restoring.replay(workspace).recalled.refusals == 0
    workspace.ledger.dispose()


def test_refusals_of_people_who_came_after_the_backup_hold_for_their_address(
    workspace: Workspace, clock: Clock
) -> None:
    made = backup.make(workspace)
    world.upsert(workspace.parts, "persons", [world.person(7), world.person(8)])
    world.upsert(workspace.parts, "contact_points", [world.mailbox(7), world.mailbox(8)])
    address = world.mailbox(7)["value"]
    with workspace.ledger.write() as connection:
        known = {"plan_id": 1, "mailing": "x", "occurrence": "once", "controller": OURS, "state": "sent"}
        digest = workspace.ledger.address_digest(OURS, "email", address)
        connection.execute(
            sa.insert(messages).values(**known, person_id=7, channel="email", address_digest=digest)
        )
        for person_id in (7, 8):
            said = {"evidence": "call", "at": workspace.now(), "now": workspace.now(), "source": "cli"}
            recording.record(connection, people=[(OURS, person_id)], kind="ban_all", **said)
    done = restoring.restore(workspace, made.folder)
    assert (done.recalled.refusals, done.recalled.unattached) == (1, 1)
    after = reopened(workspace, clock)
    with after.ledger.read() as connection:
        word = permission_events.frame(connection).filter(kind="ban_all").to_dicts()[0]
    assert (word["person_id"], word["address_digest"]) == (None, digest)
    with after.lake.writer(purpose="test") as writer:
        assert writer.allocate(f"person_id:{OURS}", 1)[0] == 9
    after.ledger.dispose()


def test_a_ledger_in_postgresql_is_dumped_and_put_back(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with postgres.server() as url:
        monkeypatch.setenv("CAMPAIGNS_LEDGER_URL", url)
        world.write_files(tmp_path / "ws")
        workspace = Workspace.open(tmp_path / "ws", clock=clock)
        world.fill(workspace.parts, 6)
        made = backup.make(workspace)
        assert (made.folder / "ledger.dump").exists()
        assert "checked when it is put back" in str(restoring.verify(workspace, made.folder))
        with workspace.ledger.write() as connection:
            said = {"evidence": "call", "at": workspace.now(), "now": workspace.now(), "source": "cli"}
            recording.record(connection, people=[(OURS, 2)], kind="ban_all", **said)
        workspace.ledger.dispose()
        done = restoring.restore(reopened(workspace, clock), made.folder)
        assert done.recalled.refusals == 1
        after = reopened(workspace, clock)
        assert kinds(after, 2)[-1] == "ban_all"
        assert permitting.verify(after).whole
        with monkeypatch.context() as patch, pytest.raises(UserError, match="LED050"):
            patch.setenv("PATH", "")
            backup.make(after)
        after.ledger.dispose()


def test_what_lies_in_a_backup_is_for_its_owner_only(workspace: Workspace) -> None:
    before = os.umask(0)
    try:
        made = backup.make(workspace)
    finally:
        os.umask(before)
    for path in [made.folder, *made.folder.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
    assert (made.folder / "keys/ledger/digest.key").exists()
    assert not (made.folder / "data/ledger/digest.key").exists()
    assert "Keep a copy of it elsewhere" in str(made)


@pytest.mark.parametrize("name", ["ledger.sqlite", "keys/ledger/digest.key", "manifest.json", "data/lake"])
def test_a_damaged_backup_is_refused_and_nothing_is_touched(workspace: Workspace, name: str) -> None:
    made = backup.make(workspace)
    path = made.folder / name
    if path.is_dir():
        path = next(path.rglob("*.parquet"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    before = sorted((workspace.root / "data").rglob("*"))
    for attempt in (restoring.verify, restoring.restore):
        with pytest.raises(CampaignsError):
            attempt(workspace, made.folder)
    assert sorted((workspace.root / "data").rglob("*")) == before
    assert not (workspace.root / restoring.STAGE).exists()


def test_links_are_not_followed(workspace: Workspace, tmp_path: Path) -> None:
    """Attack 105: neither out of data/ into a backup, nor out of a backup into data/."""
    canary = tmp_path / "canary"
    canary.write_text("kanarialintu")
    models = workspace.data / "models"
    models.mkdir()
    (models / "link").symlink_to(canary)
    (workspace.data / "more").symlink_to(tmp_path)
    made = backup.make(workspace)
    assert not any(b"kanarialintu" in path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
    ledger = made.folder / "ledger.sqlite"
    kept = tmp_path / "kept"
    ledger.rename(kept)
    ledger.symlink_to(kept)
    with pytest.raises(DataDamaged, match=r"BKP00[23]"):
        restoring.verify(workspace, made.folder)


def test_a_link_in_place_of_the_lake_stops_the_backup(workspace: Workspace, tmp_path: Path) -> None:
    lake = workspace.data / "lake"
    lake.joinpath("persons").rename(tmp_path / "persons")
    lake.joinpath("persons").symlink_to(tmp_path / "persons")
    with pytest.raises(DataDamaged):
        backup.make(workspace)
    assert not any(path.is_dir() for path in (workspace.root / "backups").glob("*"))


def test_backups_go_when_their_time_is_over(workspace: Workspace, clock: Clock) -> None:
    first = backup.make(workspace)
    clock.now += timedelta(days=29)
    assert backup.make(workspace).removed == ()
    clock.now += timedelta(days=2)
    assert backup.make(workspace).removed == (first.folder.name,)
    assert len(backup.existing(workspace.root / "backups")) == 2


def test_a_backup_inside_the_data_is_refused(workspace: Workspace) -> None:
    with pytest.raises(Refused, match="BKP004"):
        backup.make(workspace, workspace.data / "copies")
    with pytest.raises(UserError, match="BKP001"):
        restoring.verify(workspace, workspace.root)


def test_a_full_disk_leaves_nothing_that_looks_like_a_backup(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="BKP005"):
        backup.make(workspace)
    assert backup.existing(workspace.root / "backups") == []
    assert list((workspace.root / "backups").iterdir()) == []
