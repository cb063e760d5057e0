"""The docs are held to the program: reference pages are fresh, and every command and setting is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from campaigns.workspace import schemas
from campaigns.workspace.project import Workspace
from support import reference

ROOT = Path(__file__).parents[2]
PROSE = "\n".join(
    (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("marketer", "analyst", "operator", "privacy")
)


@pytest.mark.parametrize("name", reference.PAGES)
def test_reference_pages_are_fresh(name: str) -> None:
    written = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run `make docs`"


@pytest.mark.parametrize("words", list(reference.command_paths()), ids=" ".join)
def test_every_command_is_shown_to_somebody(words: tuple[str, ...]) -> None:
    assert f"campaigns {' '.join(words)}" in PROSE


def test_every_environment_variable_is_documented_and_read() -> None:
    read = set()
    for path in (ROOT / "src").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"\"(CAMPAIGNS_[A-Z_]+)\"", text))
        read |= {f"CAMPAIGNS_{name.upper()}" for name in re.findall(r"\b(?:secret|_needed)\(\"(\w+)\"", text)}
    assert read == set(reference.ENVIRONMENT)


def test_links_between_pages_lead_somewhere() -> None:
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_schemas_for_editors_are_fresh() -> None:
    states = schemas.states(Workspace.open(ROOT))
    assert set(states.values()) == {"fresh"}, "run `make docs`"
