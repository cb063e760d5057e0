"""`campaigns catalogue`: search in both languages, all about one word, right examples, nothing cut off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from campaigns.cli.commands import app
from campaigns.segments.library import Library
from campaigns.workspace import words
from campaigns.workspace.project import Workspace

ROOT = Path(__file__).parents[3]
CLOSED = "presence"


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspace.open(ROOT)


def asked(*arguments: str, columns: int = 100) -> str:
    run = CliRunner(env={"COLUMNS": str(columns)}).invoke(app, ["-C", str(ROOT), "catalogue", *arguments])
    assert run.exit_code == 0, run.output
    return run.output


def test_it_searches_both_languages() -> None:
    assert "heating" in asked("lämmitystapa")
    assert "heating" in asked("kind of heating")
    assert "electricity_use" in asked("sähkö")


def test_one_word_tells_all_about_itself() -> None:
    lines = [line.strip() for line in asked("winter_summer").splitlines()]
    assert lines[0] == "winter_summer"
    told = dict(line.split(maxsplit=1) for line in lines if " " in line)
    assert told["kind"] == "metric of a site"
    assert told["over"] == "last full year, last 12 months"
    assert told["several"].endswith("of the metering points")
    assert "energy_offers" in told["for"]
    assert lines[-4:] == ["who:", "- has: site", "where:", lines[-1]]
    assert lines[-1].startswith("- {metric: winter_summer, over: last 12 months, at_least: ")


def test_what_no_segment_may_use_says_so() -> None:
    told = asked("vacancy_days")
    assert "no segment" in told
    assert "example" not in told


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_no_word_is_cut_off(columns: int, workspace: Workspace) -> None:
    shown = "".join(asked(columns=columns).split())
    for one in words.search(workspace, ""):
        assert one.entry.name.replace(" ", "") in shown
    assert "…" not in shown
    labels = "".join(asked("lataukselta", columns=columns).split())
    assert "lataukselta" in labels


def test_json_has_stable_keys(workspace: Workspace) -> None:
    found: list[dict[str, Any]] = json.loads(asked("--json"))
    assert len(found) == len(words.search(workspace, ""))
    keys = [
        "kind", "of", "name", "label", "description", "type", "unit", "values", "periods", "level", "roll_up",
        "category", "purposes", "needs_consent", "properties", "source", "deprecated", "example",
    ]  # fmt: skip
    assert all(list(one) == keys for one in found)
    assert all({"fi", "en"} <= set(one["label"]) and {"fi", "en"} <= set(one["description"]) for one in found)


def test_every_example_is_right(tmp_path: Path, workspace: Workspace) -> None:
    """Each as a file of its own, for a purpose that may use the word."""
    folder = tmp_path / "segments"
    folder.mkdir()
    shown = [one for one in words.search(workspace, "") if one.example]
    for place, one in enumerate(shown):
        purpose = one.purposes[0] if one.purposes else "energy_offers"
        head = f"title: x\npurpose: {purpose}\naudience: everyone\nchannels: [email]\n"
        (folder / f"word_{place}.yml").write_text(head + one.example + "\n", encoding="utf-8")
    library = Library(folder=folder, catalogue=workspace.catalogue, settings=workspace.settings)
    assert [str(mistake) for mistake in library.check()] == []
    without = {one.entry.name for one in words.search(workspace, "") if not one.example}
    closed = {name for name, one in workspace.catalogue.metrics.items() if one.level == CLOSED}
    assert without == closed


def test_nothing_of_that_name() -> None:
    run = CliRunner().invoke(app, ["-C", str(ROOT), "catalogue", "zebra"])
    assert run.exit_code != 0
    assert "USE002" in str(run.exception)
