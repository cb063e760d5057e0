"""`campaigns privacy` and `evidence --letter` from the command line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from campaigns.ledger import disclosures
from campaigns.ledger.disclosures import Disclosure
from support import mailing_world as world
from support.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    root = tmp_path / "workspace"
    shutil.copytree(world.REPOSITORY / "docs" / "notices", root / "docs" / "notices")
    parts = world.workspace(root)
    given = Disclosure(
        name="outages",
        controller=world.OURS,
        recipient="sahkoverkko",
        purpose="outage_notice",
        categories=("contact",),
        what="borrowed 0123456789abcdef",
    )
    with parts.ledger.write() as connection:
        disclosures.record(connection, given, people=[1, 2], at=world.NOW, actor="importer")
    parts.ledger.dispose()
    yield Terminal(root)


def test_notices(terminal: Terminal) -> None:
    ours, theirs = terminal.json("privacy", "notice")
    assert [one["last_seen"] for one in ours["versions"]] == [6, 0]
    assert (ours["to_tell"], theirs["to_tell"]) == (6, 0)
    code, said = terminal.run("privacy", "notice", "--controller", "lahti_energia")
    assert code == 0
    assert "people to tell of the newest" in said
    text = terminal.root / "docs" / "notices" / "lahti_energia_2023-06-26.fi.md"
    text.write_text("something else", encoding="utf-8")
    code, said = terminal.run("privacy", "notice")
    assert code == 1
    assert "docs/notices/lahti_energia_2023-06-26.fi.md: edited after version 2023-06-26" in said
    text.unlink()
    code, said = terminal.run("privacy", "notice")
    assert code == 2
    assert "PRV004" in said


def test_disclosures(terminal: Terminal) -> None:
    (row,) = terminal.json("privacy", "disclosures")
    assert (row["recipient"], row["persons"], row["categories"]) == ("sahkoverkko", 2, ["contact"])
    assert terminal.json("privacy", "disclosures", "--controller", "sahkoverkko") == []
    _, said = terminal.run("privacy", "disclosures")
    assert "borrowed 0123456789abcdef" in said
    code, said = terminal.run("privacy", "disclosures", "--controller", "lahti_energi")
    assert code == 2
    assert "did you mean `lahti_energia`?" in said


def test_the_record_is_written_below_the_exports_and_over_nothing_else(terminal: Terminal) -> None:
    code, said = terminal.run("privacy", "report")
    assert code == 0
    made = Path(said.strip())
    assert made.parent == terminal.root / "data" / "exports" / "privacy"
    assert made.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert terminal.run("privacy", "report")[0] == 0  # today's own file is made anew
    chosen = terminal.run("privacy", "report", "--to", "audit/record.html")[1].strip()
    assert chosen == str(terminal.root / "data" / "exports" / "audit" / "record.html")
    code, said = terminal.run("privacy", "report", "--to", "audit/record.html")
    assert code == 2
    assert "RGT002" in said
    assert terminal.run("privacy", "report", "--to", "audit/record.html", "--force")[0] == 0
    for outside in ("../../../record.html", "/etc/record.html"):
        code, said = terminal.run("privacy", "report", "--to", outside)
        assert code == 2
        assert "RGT001" in said
    assert terminal.run("privacy", "report", "--to", "audit/record.exe")[0] == 2
    assert set(terminal.json("privacy", "report")) >= {"registers", "processors", "retention", "policy"}


def test_a_letter_by_mailing_and_person(terminal: Terminal) -> None:
    terminal.run("plan", "news")
    terminal.run("approve", "1", "--yes")
    assert terminal.run("send", "1", "--now")[0] == 0
    code, said = terminal.run("evidence", "--mailing", "news", "--person", "3", "--letter")
    assert code == 0
    page = Path(said.strip()).read_text(encoding="utf-8")
    assert "Why did you get this message?" in page
    code, said = terminal.run("evidence", "987654", "--letter")
    assert code == 2
    assert "LED021" in said


def test_check_finds_no_mistake(terminal: Terminal) -> None:
    assert terminal.run("check", str(terminal.root / "campaigns.yml"))[0] == 0
