"""`top`, `bottom` and `score` as files say them: what is read, and every slip with its message."""

# ruff: noqa: E501 - a table reads better in long lines
from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from campaigns.segments.model import Duration, MetricCondition, Rank, ScoreCondition, ScoreOrder, Segment
from campaigns.segments.sentences import sentence
from support.segments import library, segment_text

YEAR = "metric: kwh_year, over: last full year"
ONE_MISTAKE = [
    ("{score: churn, top: 10%}", "SEG074", "`churn` needs `not_older_than`: what a model said long ago is not known today.", "add `not_older_than: 14 days`"),
    ("{score: chrun, top: 10%, not_older_than: 14 days}", "SEG071", "there is no score called `chrun`.", "did you mean `churn`?"),
    ("{score: kwh_year, top: 10%, not_older_than: 14 days}", "SEG071", "there is no score called `kwh_year`.", "`kwh_year` is a metric: write `metric: kwh_year` with `over:`"),
    ("{score: churn, not_older_than: 14 days}", "SEG014", "nothing is asked of `churn`.", "between, is_known, top, bottom"),
    ("{score: churn, top: 10%, not_oldr_than: 14 days}", "SEG012", "`not_oldr_than` does not belong to `score`.", "did you mean `not_older_than`?"),
    ("{score: churn, tpo: 10%, not_older_than: 14 days}", "SEG013", "`tpo` is not a test.", "did you mean `top`?"),
    ("{score: churn, at_least: 60%, not_older_than: 14 days}", "SEG032", "`churn` has no unit.", ""),
    ("{score: churn, top: 10%, not_older_than: 14 dayz}", "SEG034", "`14 dayz` is not a length of time.", ""),
    ("{has: site, where: [{score: churn, top: 10%, not_older_than: 14 days}]}", "SEG018", "`score` speaks of the person", ""),
    ("{field: birth_year, top: 10%}", "SEG013", "`top` is not a test.", ""),
    (f"{{{YEAR}, top: 0}}", "SEG035", "`0` is not a whole number of people.", ""),
    (f"{{{YEAR}, top: 0%}}", "SEG035", "`0%` is not more than 0%", ""),
    (f"{{{YEAR}, top: 100%}}", "SEG042", "everybody is among the first 100%", ""),
    (f"{{{YEAR}, top: many}}", "SEG035", "`many` is not a whole number of people.", ""),
    (f"{{has: site, where: [{{{YEAR}, top: 1.5}}]}}", "SEG035", "`1.5` is not a whole number of sites.", ""),
    (f"{{{YEAR}, top: 5, bottom: 5}}", "SEG072", "one condition takes `top` or `bottom`, not both.", "write two conditions"),
    (f"{{{YEAR}, at_least: 5 MWh, among: everyone}}", "SEG072", "`among` says whom `top` or `bottom` ranks", ""),
    (f"{{{YEAR}, top: 5, among: nobody_knows}}", "SEG025", "there is no segment called `nobody_knows`.", ""),
    (f"{{{YEAR}, top: 5, among: [a]}}", "SEG004", "`among` needs a word.", "write `everyone`"),
    (f"{{{YEAR}, top: 5, among: bad}}", "SEG026", "segments refer to each other in a circle: bad → bad.", ""),
    (f"{{any: [{{{YEAR}, top: 5, among: segment}}, {{{YEAR}, bottom: 5, among: segment}}]}}", "SEG073", "line 6 already ranks among those who pass the rest", "rank one of them among `everyone`"),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "code", "message", "hint"), ONE_MISTAKE)
def test_one_cause_gives_one_message(
    tmp_path: Path, condition: str, code: str, message: str, hint: str
) -> None:
    (found,) = library(tmp_path, {"bad": segment_text(condition)}).check()
    assert (found.code, found.line) == (code, 6)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("{at_most: 5, highest: {score: churn}}", "SEG074"),
        ("{at_most: 5, highest: {score: chrun, not_older_than: 1 day}}", "SEG071"),
        ("{at_most: 5, highest: {score: churn, not_older_thn: 14 days}}", "SEG012"),
        ("{at_most: 5, lowest: {score: churn, not_older_than: 14 days, over: last winter}}", "SEG012"),
    ],
)
def test_a_wrong_limit_by_score(tmp_path: Path, limit: str, code: str) -> None:
    (found,) = library(tmp_path, {"bad": segment_text(more=f"limit: {limit}")}).check()
    assert found.code == code


def test_a_score_is_data_of_its_category_and_level(tmp_path: Path) -> None:
    of_behaviour = "{score: churn, top: 10%, not_older_than: 14 days}"
    (found,) = library(tmp_path, {"bad": segment_text(of_behaviour, purpose="contract_notice")}).check()
    assert found.code == "SEG027"
    known = library(
        tmp_path, {"bad": segment_text("{score: evening_propensity, top: 10%, not_older_than: 14 days}")}
    )
    assert _only(known.load("bad")).consent is True  # its model reads hourly readings
    policy = known.settings.policy
    closed = policy.meter_data.model_copy(
        update={"value": policy.meter_data.value.model_copy(update={"hourly": "never"})}
    )
    object.__setattr__(policy, "meter_data", closed)
    (found,) = known.check()
    assert (found.code, found.message) == (
        "SEG028",
        "the policy `meter_data` closes hourly meter data to segments.",
    )


def test_a_base_brings_its_categories_and_makes_profiled(tmp_path: Path) -> None:
    base = segment_text("{received: welcome}")
    ranked = segment_text(f"{{{YEAR}, top: 5, among: base}}", purpose="newsletter")
    codes = [one.code for one in library(tmp_path, {"base": base, "ranked": ranked}).check()]
    assert codes == ["SEG027"]


def test_what_is_read(tmp_path: Path) -> None:
    text = segment_text(
        f"{{{YEAR}, bottom: 12.5%, at_least: 1 MWh}}",
        "{score: churn, top: 500, among: base, between: 0.2 to 0.9, not_older_than: 2 weeks}",
        more="limit: {at_most: 5, lowest: {score: churn, not_older_than: 1 month}}",
    )
    base = segment_text("{field: language, is: fi}")
    found = library(tmp_path, {"base": base, "ranked": text}).load("ranked")
    metric, score = found.who
    assert isinstance(metric, MetricCondition)
    assert metric.rank == Rank(size=Decimal("0.125"), highest=False)
    assert sentence(metric) == (
        "year's use over last full year at least 1000 kWh and among the lowest 12.5 %"
    )
    assert isinstance(score, ScoreCondition)
    assert score.rank is not None
    assert isinstance(score.rank.among, Segment)
    assert (score.rank.size, score.not_older_than) == (500, Duration(days=14))
    assert sentence(score) == (
        "churn from 0.2 to 0.9 and among the highest 500 of the segment base, not older than 14 days"
    )
    assert found.limit is not None
    assert isinstance(found.limit.order, ScoreOrder)
    assert found.profiled
    assert found.ranks


def _only(segment: Segment) -> ScoreCondition:
    (condition,) = segment.who
    assert isinstance(condition, ScoreCondition)
    return condition
