"""The picture of a preview holds the numbers of the preview, and hides those that would tell who it is."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from campaigns.errors import UserError
from campaigns.reports import charts
from campaigns.reports.waterfall import Step, steps, waterfall
from campaigns.segments.previewing import Preview
from integration.segments.conftest import Desk
from integration.segments.test_resolving import town
from support.segments import ban, grant, segment_text, words


@pytest.fixture
def preview(desk: Desk) -> Preview:
    """Of 20 customers 13 use enough, 2 are left out by an exception, and at most 5 get it."""
    said = words(*(grant(n) for n in range(1, 14)), *(ban(n) for n in (11, 12, 13, 10, 9)))
    text = segment_text(
        "{metric: kwh_year, over: last full year, at_least: 8 MWh}",
        more="except:\n  - {metric: kwh_year, over: last full year, at_least: 19 MWh}\nlimit: 5",
    )
    return desk.preview(text, town(20), said)


def test_every_step_goes_on_from_the_one_before(preview: Preview) -> None:
    found = steps(preview)
    assert [(step.kind, step.before, step.after) for step in found[:4]] == [
        ("people", 20, 20),
        ("conditions", 20, 13),
        ("exceptions", 13, 11),
        ("people", 11, 11),
    ]
    assert all(after.before == before.after for before, after in pairwise(found))
    assert found[-1] == Step(
        text="get the message", before=len(preview.resolution.final), after=len(preview.resolution.final),
        kind="people",
    )  # fmt: skip


def test_bars_are_the_steps_and_small_losses_are_hidden(preview: Preview) -> None:
    drawn = waterfall(preview).to_dict()
    rows: list[dict[str, Any]] = drawn["data"]["values"]
    found = steps(preview)
    assert [row["shown"] for row in rows[:4]] == ["20", "−7", "−<5", "11"]
    for row, step in zip(rows, found, strict=True):
        if 0 < step.lost < 5:
            assert row["low"] == row["high"]
        else:
            assert (row["low"], row["high"]) == (0 if step.is_total else step.after, step.before)
    assert drawn["title"]["text"].startswith("drawn: ")


def test_it_is_saved_without_a_browser(preview: Preview, tmp_path: Path) -> None:
    path = charts.save(waterfall(preview), tmp_path / "waterfall.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_mode & 0o077 == 0
    text = charts.save(waterfall(preview), tmp_path / "waterfall.svg").read_text(encoding="utf-8")
    assert "get the message" in text
    with pytest.raises(UserError, match="PLT002"):
        charts.save(waterfall(preview), tmp_path / "waterfall.pdf")
    with pytest.raises(UserError, match="PLT003"):
        charts.save(waterfall(preview), tmp_path / "nowhere" / "waterfall.png")


@pytest.mark.parametrize("missing", ["altair", "vl_convert"])
def test_without_the_extra_it_says_so(
    preview: Preview, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(UserError, match=r"PLT001 .*\n.*campaigns\[charts\]"):
        waterfall(preview)
