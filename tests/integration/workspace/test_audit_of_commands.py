"""Every command that changes something, or shows somebody's data, leaves an entry of the audit.

A new command belongs into one of the two tables, or the test says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import campaigns
from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.ledger import Ledger, audit
from campaigns.ledger.verifying import audit_trail
from support import mailing_world as world
from support import reference

# One story, told in this order, and what the audit says of each step.
STORY: tuple[tuple[str, set[str]], ...] = (
    ("upgrade", {"ledger_upgraded"}),
    ("import {root}/yritykset_1.csv", {"files_imported"}),
    ("import {root}/yritykset_1.csv", set()),  # known already: nothing changed
    ("permission import {root}/luvat_1.csv", {"permissions_imported"}),
    ("metrics", {"metrics_computed"}),
    ("person find 1", {"person_found"}),
    ("segment why houses 1", {"person_explained"}),
    (
        "segment export houses --to own_systems --channel email --purpose energy_offers",
        {"segment_exported"},
    ),
    ("segment snapshot houses", {"segment_snapshot"}),
    ("segment snapshot houses", set()),  # from the same inputs: nothing changed
    ("render news --person 1", {"message_rendered"}),
    ("test news --to test@lahtienergia.example --as 1", {"test_sent"}),
    ("plan news", {"plan_made"}),
    ("approve {plan} --yes", {"plan_approved"}),
    ("pause {plan}", {"plan_paused"}),
    ("resume {plan}", {"plan_resumed"}),
    ("send {plan} --now", {"plan_sent"}),
    ("evidence --mailing news --person 1", {"evidence_shown"}),
    ("evidence --mailing news --person 1 --letter", {"letter_written"}),
    ("plan renewal", {"plan_made"}),
    ("cancel {plan}", {"plan_cancelled"}),
    ("permission record 2 ban --channel email --evidence call", {"permission_recorded"}),
    ("permission show 2", {"permissions_shown"}),
    ("permission decide 2 --purpose direct_marketing --kind marketing", {"permission_decided"}),
    ("rights receive access 3", {"rights_received"}),
    ("rights extend 1 --reason many", {"rights_extended"}),
    ("rights access 3", {"rights_done"}),
    ("rights portability 3", {"rights_received", "rights_done"}),
    ("rights rectify 3 --set language=sv", {"rights_received", "rights_done"}),
    ("rights restrict 4", {"rights_received", "rights_done"}),
    ("rights object 5 --to processing", {"rights_received"}),
    ("rights decide {request} --refuse --reason duty", {"rights_refused"}),
    ("rights erase 6 --yes", {"rights_received", "persons_erased", "rights_done"}),
    ("rights receive access 1", {"rights_received"}),
    ("rights refuse {request} --reason repeated", {"rights_refused"}),
    ("retention --yes", {"retention_applied"}),
    ("backup", {"backup_made"}),
    ("restore {backup} --yes", {"restored"}),
)
# These go on until they are stopped, or need what this story lacks; the test named shows their entry.
ELSEWHERE = {
    "demo": "its steps are import, metrics, plan, approve and send (acceptance/test_main_job)",
    "serve": "integration/workspace/test_audit_of_commands::test_serving_is_an_entry",
    "resolve": "integration/mailings/test_sending",
    "person lists": "integration/register/test_list_members",
    "site show": "integration/workspace/test_sites",
}
# What these show are counts, ids, masked values or definitions.
READS = {
    "audit list",
    "audit verify",
    "catalogue",
    "check",
    "schema",
    "new segment",  # a file that a person reviews and version control keeps
    "permission rules",
    "permission verify",
    "privacy disclosures",
    "privacy notice",
    "privacy report",
    "report",
    "rights list",
    "segment diff",
    "segment history",
    "segment list",
    "segment overlap",
    "segment preview",
    "segment sql",
    "status",
}
GROUPS = {"audit", "new", "permission", "person", "privacy", "rights", "segment", "site"}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    parts = world.workspace(tmp_path / "ws")
    parts.ledger.dispose()
    numbers = [{"person_id": n, "key_space": "crm", "source_id": f"C{n}"} for n in range(1, 7)]
    world.upsert(parts, "person_keys", numbers)
    _files(tmp_path / "ws")
    yield tmp_path / "ws"
    context.choose_folder(None)


def entries(root: Path) -> list[dict[str, object]]:
    ledger = Ledger.open(root / "data/ledger/ledger.sqlite")
    with ledger.read() as connection:
        assert list(audit_trail(connection)) == []
        found = audit.frame(connection).to_dicts()
    ledger.dispose()
    return found


def test_every_command_is_known_to_this_test() -> None:
    told = {" ".join(words) for words in reference.command_paths()}
    story = {path for path in told if any(f"{step} ".startswith(f"{path} ") for step, _ in STORY)}
    assert story | set(ELSEWHERE) | READS | GROUPS == told
    assert not story & READS


@pytest.fixture
def careless_shell(root: Path) -> Iterator[None]:
    """Attack 104: whatever the shell says, what the program makes is for its owner."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_each_leaves_its_entry(root: Path, careless_shell: None) -> None:
    values = {"root": str(root), "plan": "", "request": "", "backup": ""}
    seen = len(entries(root))
    for step, expected in STORY:
        words = ["-C", str(root), *step.format(**values).split()]
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, f"{step}: {done.output} {done.exception!r}"
        now = entries(root)
        new = now[-1:] if step.startswith("restore") else now[seen:]
        assert {str(entry["action"]) for entry in new} == expected, step
        assert all(json.loads(str(entry["details"]))["origin"] == "cli" for entry in new), step
        seen = len(now)
        values |= _newest(root)
        assert not [path for place in OURS for path in _loose(root / place)], step


OURS = ("data", "erased", "backups")


def _loose(place: Path) -> Iterator[Path]:
    """What others may look into or read."""
    for path in (place, *place.rglob("*")) if place.exists() else ():
        if path.stat().st_mode & 0o077 and path.name != "old.txt":
            yield path


def test_serving_is_an_entry(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("campaigns.web.serving.serve", lambda *_, **__: None)
    done = CliRunner().invoke(app, ["-C", str(root), "serve"])
    assert done.exit_code == 0, done.output
    assert [entry["action"] for entry in entries(root)] == ["pages_served"]


def test_unmasking_in_a_notebook_is_an_entry(root: Path) -> None:
    """Attack 106: names are masked unless asked for, and asking is recorded."""
    ws = campaigns.open(root, purpose="a complaint")
    query = "SELECT first_name FROM persons ORDER BY person_id LIMIT 1"
    assert "Maija" not in str(ws.sql(query))
    assert entries(root) == []
    assert ws.sql(query, unmasked=True)["first_name"].to_list() == ["Maija1"]
    (entry,) = entries(root)
    assert entry["action"] == "unmasked_query"
    assert json.loads(str(entry["details"])) == {
        "purpose": "a complaint",
        "tables": ["persons"],
        "origin": "python",
    }
    ws.workspace.ledger.dispose()


def test_entries_are_listed_by_ids(root: Path) -> None:
    run = CliRunner()
    run.invoke(app, ["-C", str(root), "person", "find", "1"])
    run.invoke(app, ["-C", str(root), "permission", "show", "2"])
    listed = run.invoke(app, ["-C", str(root), "audit", "list", "--person", "2", "--json"])
    (row,) = json.loads(listed.output)
    assert (row["action"], row["person"], row["origin"]) == ("permissions_shown", 2, "cli")
    assert "Maija" not in run.invoke(app, ["-C", str(root), "audit", "list"]).output
    assert run.invoke(app, ["-C", str(root), "audit", "list", "--since", "2100-01-01"]).output.startswith(
        "there is no"
    )
    done = run.invoke(app, ["-C", str(root), "audit", "verify"])
    assert (done.exit_code, done.output) == (0, "2 entries checked, 0 broken\n")
    ledger = Ledger.open(root / "data/ledger/ledger.sqlite")
    with ledger.write() as connection:
        connection.exec_driver_sql("DROP TRIGGER audit_no_update")
        connection.exec_driver_sql("UPDATE audit SET actor = 'nobody' WHERE entry_id = 1")
    ledger.dispose()
    for command in ("audit verify", "permission verify"):
        done = run.invoke(app, ["-C", str(root), *command.split()])
        assert done.exit_code == 1
        assert "who or what was changed" in done.output


def _files(root: Path) -> None:
    (root / "yritykset_1.csv").write_text("yritysnro;y_tunnus;nimi\n1;0112038-9;Oy Esimerkki Ab\n")
    head = "tapahtumanro;asiakasnro;laji;kanava;tarkoitus;aika;kirjattu;todiste\n"
    row = "1;C3;ban_channel;email;direct_marketing;2026-01-02T10:00:00+02:00;2026-01-02T10:00:00+02:00;call\n"
    (root / "luvat_1.csv").write_text(head + row)
    old = root / "data/render/old.txt"
    old.parent.mkdir(mode=0o700)
    old.write_text("to be removed")
    os.utime(old, (0, 0))


def _newest(root: Path) -> dict[str, str]:
    """What later steps name: the newest plan, request and backup."""
    ledger = Ledger.open(root / "data/ledger/ledger.sqlite")
    with ledger.read() as connection:
        plan, request = (
            connection.exec_driver_sql(f"SELECT max({key}) FROM {table}").scalar()
            for key, table in (("plan_id", "plans"), ("request_id", "rights_requests"))
        )
    ledger.dispose()
    backups = sorted((root / "backups").glob("2*"))
    return {"plan": str(plan), "request": str(request), "backup": str(backups[-1]) if backups else ""}
