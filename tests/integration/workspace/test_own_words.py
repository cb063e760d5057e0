"""A workspace's own words: found, checked, told to editors; and what becomes of a word that is replaced."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from campaigns.cli.commands import app
from campaigns.workspace import schemas
from campaigns.workspace.project import Workspace

ROOT = Path(__file__).parents[3]
WORDS = """\
fields:
  site:
    lived_area:
      label: {fi: asuinala, en: lived area}
      description: {fi: Lämmitettävä ala., en: Heated area.}
      type: number
      unit: m2
      category: site
      source: sites.area_m2
    area:
      label: {fi: pinta-ala, en: floor area}
      description: {fi: Vanha nimi., en: The old name.}
      type: number
      unit: m2
      category: site
      source: sites.area_m2
      deprecated: {use: lived_area, until: UNTIL}
"""
SEGMENT = """\
title: Large homes
purpose: energy_advice
audience: customers
channels: [email]
who:
  - has: site
    where:
      - {field: area, at_least: 200 m2}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "segments" / "catalogue").mkdir(parents=True)
    shutil.copy(ROOT / "campaigns.yml", tmp_path)
    shutil.copytree(ROOT / "docs" / "notices", tmp_path / "docs" / "notices")
    (tmp_path / "segments" / "homes.yml").write_text(SEGMENT, encoding="utf-8")
    write_words(tmp_path, until="2999-12-31")
    return tmp_path


def write_words(folder: Path, *, until: str) -> None:
    text = WORDS.replace("UNTIL", until)
    (folder / "segments" / "catalogue" / "homes.yml").write_text(text, encoding="utf-8")


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["-C", str(folder), *arguments])
    return done.exit_code, done.output


def test_a_replaced_word_warns_until_its_day_and_is_refused_afterwards(folder: Path) -> None:
    code, told = run(folder, "check", "--format", "github")
    assert (code, told.count("::")) == (0, 2)
    assert told.startswith("::warning file=segments/homes.yml,line=8,col=17,")
    assert "`area` has been replaced and may be used until 2999-12-31." in told
    assert "1 warning" in run(folder, "check")[1].splitlines()
    assert [one["level"] for one in json.loads(run(folder, "check", "--format", "json")[1])] == ["warning"]
    assert Workspace.open(folder).segment_files.load("homes").name == "homes"

    write_words(folder, until="2020-12-31")
    code, told = run(folder, "check", "--json")
    (found,) = json.loads(told)
    assert code == 1
    assert (found["code"], found["level"], found["hint"]) == ("SEG044", "mistake", "use `lived_area`")


def test_the_last_day_counts(folder: Path) -> None:
    write_words(folder, until="2026-11-24")
    for day, warns in ((24, True), (25, False)):
        workspace = Workspace.open(folder)
        clocked = Workspace(
            folder, workspace.settings, clock=lambda day=day: datetime(2026, 11, day, 12, tzinfo=UTC)
        )
        (found,) = clocked.segment_files.check()
        assert found.is_warning == warns


def test_own_words_are_found_and_told_to_editors(folder: Path) -> None:
    assert "lived_area" in run(folder, "catalogue", "asuinala")[1]
    assert "use lived_area; this word may be used until 2999-12-31" in " ".join(
        run(folder, "catalogue", "area")[1].split()
    )
    code, told = run(folder, "schema")
    assert (code, told.count("missing")) == (1, 5)
    assert run(folder, "schema", "--write")[0] == 0
    assert run(folder, "schema")[0] == 0
    made = json.loads((folder / ".schema" / "segment.json").read_text(encoding="utf-8"))
    assert "field_lived_area_of_site" in made["definitions"]
    assert made["definitions"]["field_area_of_site"]["properties"]["field"]["deprecationMessage"]


def test_an_old_schema_is_a_mistake(folder: Path) -> None:
    schemas.write(Workspace.open(folder))
    write_words(folder, until="2999-06-30")
    code, told = run(folder, "check", "--json")
    found = json.loads(told)
    assert code == 1
    assert ("SCH001", ".schema/segment.json", "campaigns schema --write") in [
        (one["code"], one["file"], one["hint"]) for one in found
    ]
    assert run(folder, "schema", "--json")[0] == 1
    assert run(folder, "schema", "--write")[0] == 0
    assert run(folder, "check")[0] == 0
