"""Attacks 101, 104, 105, 106 and 107 of the threat list, by the command line and the notebook."""

from __future__ import annotations

import shutil
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import campaigns
from campaigns.ledger.tables import permission_events
from campaigns.settings.secrets import Secret, secret
from support import mail_servers, towns
from support.byte_search import holding
from support.terminal import Terminal
from support.towns import OURS

CANARY = "kanaria-7Qz9"
FILES = {
    "segments/all.yml": "title: x\npurpose: newsletter\naudience: everyone\nchannels: [email]\n",
    "mailings/first.yml": towns.mailing("all"),
    "mailings/second.yml": towns.mailing("all"),
}
PEOPLE = 4


def _rows() -> dict[str, list[dict[str, str]]]:
    numbers = range(1, PEOPLE + 1)
    people = [
        {
            "asiakasnro": f"c-{n}",
            "laji": "kuluttaja",
            "kieli": "fi",
            "etunimi": f"Etu{n:03d}",
            "sukunimi": f"Suku{n:03d}",
            "sähköposti": f"p{n:03d}@talo.example",
            "katuosoite": f"Kuja {n}",
            "postinumero": "15140",
            "postitoimipaikka": "LAHTI",
            "asiakkaana_alkaen": "2022-05-01",
        }
        for n in numbers
    ]
    said = [
        {
            "tapahtumanro": f"e-{n}",
            "asiakasnro": f"c-{n}",
            "laji": "granted",
            "kanava": "email",
            "tarkoitus": "newsletter",
            "aika": "2025-11-01 12:00",
            "kirjattu": "2025-11-01 12:00",
            "tapa": "paper",
            "teksti": "2025-01",
            "kieli": "fi",
            "todiste": f"scan {n}",
        }
        for n in numbers
    ]
    return {"asiakkaat": people, "luvat": said}


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town with an approved plan."""
    root = tmp_path_factory.mktemp("town")
    towns.workspace(root, FILES).ledger.dispose()
    desk = Terminal(root)
    files = towns.Town({OURS: _rows()}).write(tmp_path_factory.mktemp("inbox"), [OURS])
    for words in (("import", *map(str, files)), ("plan", "first"), ("approve", "1", "--yes")):
        code, said = desk.run(*words)
        assert code == 0, said
    return root


@pytest.fixture
def desk(settled: Path, tmp_path: Path) -> Terminal:
    root = tmp_path / "workspace"
    shutil.copytree(settled, root)
    return Terminal(root)


def _with_provider(desk: Terminal, provider: str) -> None:
    settings = desk.root / "campaigns.yml"
    text = settings.read_text(encoding="utf-8")
    assert "    provider: maildir" in text
    settings.write_text(
        text.replace("    provider: maildir", f"    provider: {provider}", 1), encoding="utf-8"
    )


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def refusing() -> Iterator[mail_servers.Server]:
    """A mail server that quotes what it is told: authentication fails."""
    with mail_servers.running(mail_servers.Script()) as server:
        yield server


def _smtp(port: int, tls: str) -> str:
    return (
        f"smtp\n    smtp: {{host: 127.0.0.1, port: {port}, tls: {tls}, user: sender, connections: 1,"
        " timeout_seconds: 2}"
    )


FAILURES = ("nobody there", "no STARTTLS", "no TLS", "bad host", "sendgrid refused", "sendgrid bad host")


@pytest.mark.parametrize("failure", FAILURES)
def test_a_secret_of_a_channel_is_in_no_failure(
    desk: Terminal, refusing: mail_servers.Server, failure: str
) -> None:
    """Attack 101: wrong host, bad TLS, refusals; nothing printed, logged or stored has the canary."""
    provider = {
        "nobody there": _smtp(_closed_port(), "none"),
        "no STARTTLS": _smtp(refusing.port, "starttls"),
        "no TLS": _smtp(refusing.port, "required"),
        "bad host": _smtp(25, "none").replace("127.0.0.1", "no-such-host.invalid"),
        "sendgrid refused": f"sendgrid\n    sendgrid: {{host: 'https://127.0.0.1:{_closed_port()}'}}",
        "sendgrid bad host": "sendgrid\n    sendgrid: {host: 'https://no-such-host.invalid'}",
    }[failure]
    _with_provider(desk, provider)
    desk.env = {"CAMPAIGNS_SMTP_PASSWORD": CANARY, "CAMPAIGNS_SENDGRID_API_KEY": f"SG.{CANARY}"}
    for command in (
        "check",
        "check --json",
        "status",
        "plan second",
        "approve 2 --yes",
        "send 2 --now",
        "send 2 --now --json",
        "test second --to test@lahtienergia.example",
        "report second --json",
    ):
        desk.run(*command.split())
    assert "fail" in desk.said or "stopped" in desk.said or "reach" in desk.said or "CHA" in desk.said
    assert CANARY not in desk.said
    assert holding(desk.root, [CANARY]) == []


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://campaigns:{CANARY}@127.0.0.1:1/ledger",
        f"postgresql+psycopg://campaigns:{CANARY}@no-such-host.invalid/ledger",
        f"nonsense://{CANARY}",
        CANARY,
        f"postgresql://campaigns:{CANARY}@127.0.0.1:notaport/ledger",
    ],
)
def test_the_ledgers_address_is_in_no_failure(desk: Terminal, url: str) -> None:
    desk.env = {"CAMPAIGNS_LEDGER_URL": url}
    for command in ("status", "status --json", "permission verify", "plan second", "send 1 --now", "upgrade"):
        code, said = desk.run(*command.split())
        assert code == 2, said
    assert CANARY not in desk.said
    assert holding(desk.root, [CANARY]) == []


def test_settings_and_secrets_print_as_stars(desk: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPAIGNS_SENDGRID_API_KEY", CANARY)
    notebook = campaigns.open(desk.root, purpose="test")
    found = secret("sendgrid_api_key")
    assert isinstance(found, Secret)
    shown = f"{notebook!r}{notebook.workspace.settings!r}{notebook.workspace.settings.model_dump()}{found!r}"
    assert CANARY not in shown
    notebook.workspace.ledger.dispose()


def test_new_files_are_private_whatever_the_umask(desk: Terminal, tmp_path: Path) -> None:
    """Attack 104, with umask 0 outside: files 0600, folders 0700."""
    shutil.rmtree(desk.root / "data")
    files = towns.Town({OURS: _rows()}).write(tmp_path / "inbox", [OURS])
    program = str(Path(sys.executable).with_name("campaigns"))
    for words in (
        ("import", *map(str, files)),
        ("plan", "first"),
        ("approve", "1", "--yes"),
        ("send", "1"),
        ("rights", "access", "c-1"),
    ):
        done = subprocess.run(
            [program, "-C", str(desk.root), *words], capture_output=True, text=True, check=False, umask=0
        )
        assert done.returncode == 0, done.stderr
    loose = [
        f"{path.relative_to(desk.root)} {stat.S_IMODE(path.stat().st_mode):o}"
        for path in (desk.root / "data").rglob("*")
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]
    assert loose == []


def test_a_key_that_others_can_read_is_refused(desk: Terminal) -> None:
    """Attack 104: each key file of the workspace in turn."""
    keys = [path for path in (desk.root / "data").rglob("*") if path.is_file() and "key" in path.name.lower()]
    keys += [path for path in (desk.root / "data" / "keys").rglob("*") if path.is_file() and path not in keys]
    assert keys
    for key in keys:
        key.chmod(0o644)
        code, said = desk.run("send", "1", "--now")
        key.chmod(0o600)
        assert code == 2, (key.name, said)
        assert "chmod" in said or "others" in said


LINKS = ("exports", "cache", "outbox", "render", "logs")


@pytest.mark.parametrize("name", LINKS)
def test_a_link_placed_in_data_is_not_followed(desk: Terminal, tmp_path: Path, name: str) -> None:
    """Attack 105: sending, answering, erasing and removing what is old leave what is outside as it was."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "mine.csv").write_text("p001@talo.example;Suku001\n", encoding="utf-8")
    place = desk.root / "data" / name
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to(outside, target_is_directory=True)
    for file in ("linked.csv", "erased.parquet"):
        (desk.root / "data" / "lake" / file).symlink_to(outside / "mine.csv")
    before = {path.name: path.read_bytes() for path in outside.iterdir() if path.is_file()}
    for words in (("rights", "access", "c-2"), ("rights", "erase", "c-1", "--yes"), ("retention",)):
        desk.run(*words)
    assert {path.name: path.read_bytes() for path in outside.iterdir() if path.name in before} == before
    assert [path.name for path in outside.rglob("*") if path.is_file()] == ["mine.csv"]


def test_frames_are_masked_and_unmasking_is_recorded(desk: Terminal) -> None:
    """Attack 106."""
    notebook = campaigns.open(desk.root, purpose="a check of names")
    query = "SELECT p.*, c.value FROM persons p JOIN contact_points c USING (controller, person_id)"
    masked = notebook.sql(query)
    assert not any(word in f"{masked.rows()}" for word in ("Suku00", "Etu00", "@talo.example", "Kuja"))
    assert not any(word in f"{masked}{masked._repr_html_()}" for word in ("Suku00", "@talo.example"))
    assert "unmasked" not in desk.run("audit", "list", "--json")[1]
    opened = notebook.sql(query, unmasked=True)
    notebook.workspace.ledger.dispose()
    assert "Suku001" in f"{opened.rows()}"
    entries = [entry for entry in desk.json("audit", "list") if entry["action"] == "unmasked_query"]
    assert len(entries) == 1
    assert entries[0]["details"]["purpose"] == "a check of names"
    assert set(entries[0]["details"]["tables"]) >= {"persons", "contact_points"}
    assert desk.run("audit", "verify")[0] == 0


EDITED = {
    "kind": "'ban_all'",
    "channel": "'sms'",
    "purpose": "'direct_marketing'",
    "person_id": "999",
    "controller": "'sahkoverkko'",
    "occurred_at": "'2020-01-01 00:00:00.000000'",
    "source": "'other'",
    "recorded_at": "'2020-01-01 00:00:00.000000'",
    "valid_until": "'2030-01-01 00:00:00.000000'",
    "evidence": "'another scan'",
    "method": "'web_form'",
    "text_version": "'x'",
    "digest": "'00'",
}


@pytest.mark.parametrize("column", EDITED)
def test_an_edited_permission_event_is_found(desk: Terminal, column: str) -> None:
    """Attack 107: by somebody who opens the database file and takes the triggers off first."""
    assert desk.run("permission", "verify")[0] == 0
    _by_hand(
        desk,
        f"UPDATE permission_events SET {column} = {EDITED[column]} WHERE position = "
        "(SELECT min(position) FROM permission_events)",
    )
    code, said = desk.run("permission", "verify")
    assert code == 1, said
    assert column in permission_events.c


def test_a_removed_and_a_forged_permission_event_are_found(desk: Terminal) -> None:
    columns = ", ".join(
        column.name for column in permission_events.c if column.name not in ("position", "event_id")
    )
    for statement in (
        "DELETE FROM permission_events WHERE position = (SELECT max(position) FROM permission_events)",
        f"INSERT INTO permission_events (position, event_id, {columns}) "
        f"SELECT position + 100000, event_id || 'x', {columns} FROM permission_events LIMIT 1",
    ):
        copy = Terminal(desk.root.parent / f"copy{len(statement)}")
        shutil.copytree(desk.root, copy.root)
        _by_hand(copy, statement)
        code, said = copy.run("permission", "verify")
        assert code == 1, said


def _by_hand(desk: Terminal, statement: str) -> None:
    with sqlite3.connect(desk.root / "data" / "ledger" / "ledger.sqlite") as database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        changed = database.execute(statement).rowcount
    database.close()
    assert changed == 1
