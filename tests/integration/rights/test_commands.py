"""The commands as docs/operator.md gives them, run in that order."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from campaigns.cli.commands import app
from campaigns.errors import Refused
from campaigns.workspace import project
from support.mailing_world import NOW, REPOSITORY, mailbox, parts_of, person, upsert, write_files

Run = Callable[..., Result]
SECTION = "## When somebody asks"


def commands() -> list[list[str]]:
    """The first block of the section, without comments."""
    text = (REPOSITORY / "docs" / "operator.md").read_text(encoding="utf-8")
    block = re.search(rf"{SECTION}.*?```console\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return [shlex.split(line[2:], comments=True) for line in block.group(1).splitlines()]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    root = tmp_path / "workspace"
    write_files(root)
    parts = parts_of(root)
    upsert(parts, "persons", [person(1042)])
    phone = mailbox(1042, "+358401234567") | {"channel": "phone"}
    upsert(parts, "contact_points", [mailbox(1042), phone])
    parts.ledger.dispose()
    monkeypatch.setattr(project, "_utc_now", lambda: NOW)

    def call(*words: str) -> Result:
        return CliRunner().invoke(app, ["-C", str(root), *words])

    return call


def test_the_documented_commands_work_in_that_order(run: Run, tmp_path: Path) -> None:
    for name, *words in commands():
        assert name == "campaigns"
        done = run(*words)
        assert done.exception is None, (words, done.exception)
    rows = json.loads(run("rights", "list", "--all", "--json").stdout)
    assert [(row["kind"], row["state"]) for row in rows] == [
        ("portability", "done"),
        ("erase", "refused"),
        ("access", "done"),
    ]
    exports = tmp_path / "workspace" / "data" / "exports" / "rights"
    assert sorted(path.relative_to(exports).as_posix() for path in exports.glob("*/*")) == [
        "access_1/access.html",
        "access_1/access.json",
        "portability_2/portability.zip",
    ]


def test_a_place_outside_is_refused_and_the_request_waits(run: Run) -> None:
    done = run("rights", "access", "1042", "--to", "../elsewhere")
    assert isinstance(done.exception, Refused)
    assert done.exception.exit_code == 2
    (row,) = json.loads(run("rights", "list", "--json").stdout)
    assert row["state"] == "open"


def test_the_list_names_nobody(run: Run) -> None:
    run("rights", "receive", "access", "person1042@example.fi")
    shown = run("rights", "list").stdout
    assert "1042" in shown
    assert "person1042@" not in shown
    assert "Maija" not in shown
