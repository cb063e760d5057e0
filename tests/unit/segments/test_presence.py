"""What tells when people are at home is no condition, wherever a metric may stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from campaigns.consumption.metrics import METRICS
from support.segments import library, segment_text

PRESENCE = sorted(name for name, metric in METRICS.items() if metric.level == "presence")
TEST = "over: last 12 months, at_least: 1"
PLACES = {
    "a condition": "{{metric: {name}, {test}}}",
    "a group": "{{any: [{{metric: {name}, {test}}}, {{field: language, is: fi}}]}}",
    "a site": "{{has: site, where: [{{metric: {name}, {test}}}]}}",
    "no site": "{{has_no: site, where: [{{metric: {name}, {test}}}]}}",
}


def test_all_that_is_of_presence_is_marked_so() -> None:
    """Numbers 41, 44 and 45 of the list, and what is inferred from them alone."""
    told = {name for name, metric in METRICS.items() if metric.number in (41, 44, 45)}
    assert (
        set(PRESENCE)
        == told
        == {
            "sauna_sign",
            "vacancy_days",
            "longest_vacancy",
            "seasonal_home",
            "cottage_sign",
        }
    )


@pytest.mark.parametrize("place", PLACES)
def test_no_condition(tmp_path: Path, place: str) -> None:
    conditions = {name: PLACES[place].format(name=name, test=TEST) for name in PRESENCE}
    refused(tmp_path, {name: segment_text(condition) for name, condition in conditions.items()})
    exceptions = {name: f"except:\n  - {condition}" for name, condition in conditions.items()}
    refused(
        tmp_path,
        {name: segment_text("{field: language, is: fi}", more=out) for name, out in exceptions.items()},
    )


def test_no_order(tmp_path: Path) -> None:
    order = "limit: {{at_most: 5, highest: {{metric: {name}, over: last 12 months}}}}"
    refused(
        tmp_path,
        {name: segment_text("{field: language, is: fi}", more=order.format(name=name)) for name in PRESENCE},
    )


def test_no_measure_of_others(tmp_path: Path) -> None:
    other = "{{metric: base_kw, over: last 12 months, at_least: 110% of {name}}}"
    found = library(tmp_path, {name: segment_text(other.format(name=name)) for name in PRESENCE}).check()
    assert {Path(mistake.file).stem for mistake in found} == set(PRESENCE)


def test_not_through_another_segment(tmp_path: Path) -> None:
    other = segment_text(f"{{metric: {PRESENCE[0]}, {TEST}}}")
    found = library(tmp_path, {"a": segment_text("{in_segment: b}"), "b": other}).check()
    assert "SEG028" in {mistake.code for mistake in found}


def refused(folder: Path, texts: dict[str, str]) -> None:
    """Each of the segments, for telling when people are at home."""
    found = [(Path(mistake.file).stem, mistake.code) for mistake in library(folder, texts).check()]
    assert sorted(found) == [(name, "SEG028") for name in PRESENCE]
