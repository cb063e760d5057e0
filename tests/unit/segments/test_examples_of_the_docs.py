"""What docs/marketer.md shows as a segment can be copied into a file: it has no mistake."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from campaigns import catalogue
from campaigns.segments import places
from campaigns.segments.compiling import compile_segment
from campaigns.segments.library import Library
from campaigns.segments.places import Places
from campaigns.settings.loading import FILE, load
from support.segments import TODAY

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "marketer.md").read_text(encoding="utf-8")
SHOWN = [block for block in re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL) if "\naudience:" in block]


class Ours:
    """The repository's own mailings and places, and the list of the example town."""

    def mailings(self) -> list[str]:
        return [path.stem for path in (ROOT / "mailings").glob("*.yml")]

    def lists(self, controller: str) -> dict[str, date | None]:
        return {"energy_fair": None}

    def places(self) -> Places:
        return places.read(ROOT / places.FILE)

    def today(self) -> date:
        return TODAY


def test_there_are_some() -> None:
    assert len(SHOWN) >= 2


@pytest.mark.parametrize("text", SHOWN, ids=lambda text: text.split("\n")[0].removeprefix("title: "))
def test_a_shown_segment_is_right(tmp_path: Path, text: str) -> None:
    settings = load(ROOT / FILE)
    (tmp_path / "shown.yml").write_text(text, encoding="utf-8")
    words = catalogue.load(settings, ROOT / "segments" / "catalogue")
    known = Library(folder=tmp_path, catalogue=words, settings=settings, outside=Ours())
    assert known.check() == []
    assert compile_segment(known.load("shown"), TODAY, settings.zone).sql.startswith("WITH")
