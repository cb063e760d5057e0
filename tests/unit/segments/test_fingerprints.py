"""A fingerprint is of the meaning: layout, titles and comments do not count."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.segments.model import Segment
from support.segments import library, segment_text

TEXT = segment_text(
    """has: site
where:
  - {field: heating, is: oil}
  - {metric: kwh_year, over: last full year, at_least: 9 MWh}""",
    "{in_segment: other}",
    more="limit: 5000",
)


def load(folder: Path, text: str, other: str = "{field: language, is: fi}") -> Segment:
    return library(folder, {"a": text, "other": segment_text(other)}).load("a")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: a test", "title: another title\nowner: marketing\ngoal: more"),
        ("9 MWh", "9000 kWh"),
        ("who:", "# a comment\n\nwho:"),
        ("    - {field: heating, is: oil}", "    - field: heating\n        is: oil"),
        ("limit: 5000", "limit: {at_most: 5000}\nexpect: {size: 1 to 2}\nrefresh: weekly"),
    ],
)
def test_the_same_meaning(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    assert load(tmp_path, TEXT).fingerprint == load(tmp_path, TEXT.replace(old, new)).fingerprint


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("9 MWh", "9001 kWh"),
        ("is: oil", "is_not: oil"),
        ("limit: 5000", "limit: 5001"),
        ("limit: 5000", "control_group: 10%"),
        ("in_segment", "not_in_segment"),
        ("channels: [email]", "channels: [email, sms]"),
        ("audience: customers", "audience: everyone"),
        ("is: oil", "is: oil, unknown: include"),
        ("at_least: 9 MWh", "top: 10%"),
        ("at_least: 9 MWh", "at_least: 9 MWh, top: 10%"),
    ],
)
def test_another_meaning(tmp_path: Path, old: str, new: str) -> None:
    assert old in TEXT
    assert load(tmp_path, TEXT).fingerprint != load(tmp_path, TEXT.replace(old, new)).fingerprint


def test_another_segment_counts(tmp_path: Path) -> None:
    changed = load(tmp_path, TEXT, other="{field: language, is: sv}")
    assert load(tmp_path, TEXT).fingerprint != changed.fingerprint


def test_the_catalogue_counts(tmp_path: Path) -> None:
    known = library(tmp_path, {"a": segment_text("{field: postal_code, is: x}")})
    before = known.load("a").fingerprint
    field = known.catalogue.fields["person"]["postal_code"]
    known.catalogue.fields["person"]["postal_code"] = field.model_copy(update={"source": "persons.kind"})  # type: ignore[index]
    assert known.load("a").fingerprint != before


def test_profiled(tmp_path: Path) -> None:
    assert load(tmp_path, TEXT).profiled
    plain = segment_text("{in_segment: other}")
    assert not load(tmp_path, plain).profiled
    assert load(tmp_path, plain, other="{did: page_visited}").profiled
    assert not load(tmp_path, plain, other="{did: moved_out}").profiled
    limit = "limit: {at_most: 5, highest: {metric: kwh_year, over: last full year}}"
    ordered = segment_text("{field: language, is: fi}", more=limit)
    assert load(tmp_path, ordered).profiled
