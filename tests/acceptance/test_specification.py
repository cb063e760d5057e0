"""The six segments that the specification of the language shows, as it writes them, on the example town."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from campaigns.segments.library import Library
from campaigns.segments.outside import Outside
from campaigns.segments.places import Places
from campaigns.segments.previewing import preview
from campaigns.workspace.project import Workspace

FOLDER = Path(__file__).parent / "specification"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yml"))


@dataclass(frozen=True)
class Planned:
    """The town's lists and places, and the mailings that the specification names."""

    town: Outside

    def mailings(self) -> Collection[str]:
        return [*self.town.mailings(), "renewal_offer", "welcome"]

    def lists(self, controller: str) -> Mapping[str, date | None] | None:
        return self.town.lists(controller)

    def places(self) -> Places | None:
        return self.town.places()

    def today(self) -> date:
        return self.town.today()


@pytest.fixture(scope="module")
def workspace(town: Path) -> Workspace:
    return Workspace.open(town)


@pytest.fixture(scope="module")
def library(workspace: Workspace) -> Library:
    return replace(workspace.segment_files, folder=FOLDER, outside=Planned(workspace.outside))


def test_all_six_are_here() -> None:
    assert len(NAMES) == 6


@pytest.mark.parametrize("name", NAMES)
def test_checked_and_previewed_as_written(workspace: Workspace, library: Library, name: str) -> None:
    segment = library.load(name)
    with workspace.engine() as db:
        found = preview(
            segment,
            db=db,
            ledger=workspace.ledger,
            settings=workspace.settings,
            as_of=workspace.today(),
            at=workspace.now(),
        )
    told = found.as_json()
    assert told["audience"] > 0
    assert [step["line"] for step in told["steps"]] == [
        one.place.line for one in (*segment.who, *segment.exceptions)
    ]
    assert told["members"] == told["final"] + sum(told["left_out"].values()) + told["control_group"]
    assert all(step["alone"] + step["unknown"] <= told["audience"] for step in told["steps"])
    if name == "readers_who_never_bought":  # the town records no clicks
        clicked = next(step for step in told["steps"] if step["text"].startswith("clicked"))
        assert (clicked["alone"], clicked["unknown"]) == (0, told["audience"])
    if name == "lahti_business_contacts":
        assert told["steps"][1]["alone"] > 0
