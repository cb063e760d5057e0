"""`top` and `bottom` over small worlds: exact sizes, ties by lot, who is not ranked, what is told of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

import pytest
from hypothesis import given, note
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.segments.compiling import compile_segment
from campaigns.segments.drawing import digits
from campaigns.segments.library import Library
from campaigns.segments.previewing import Preview
from integration.segments.conftest import Desk
from support import segment_worlds as drawn
from support.effort import examples
from support.segment_oracle import ZONE, Oracle
from support.segments import TODAY, ban, grant, library, segment_text, show, words

YEAR = "metric: kwh_year, over: last full year"
NOON = datetime(2026, 11, 24, 10, tzinfo=UTC)
World = dict[str, list[dict[str, Any]]]


def homes(values: Sequence[float | None], **more: list[dict[str, Any]]) -> World:
    """Customers 1 to n with one electric site each and a year's use."""
    ids = range(1, len(values) + 1)
    year = {"period": "last full year", "as_of": TODAY, "period_start": date(2025, 1, 1)}
    return {
        "persons": [{"person_id": n, "kind": "consumer", "birth_year": 1980} for n in ids],
        "sites": [{"site_id": n} for n in ids],
        "metering_points": [{"metering_point_id": n, "site_id": n, "energy": "electricity"} for n in ids],
        "contracts": [{"contract_id": n, "person_id": n, "metering_point_id": n} for n in ids],
        "metrics": [
            {"metering_point_id": n, **year, "period_end": date(2025, 12, 31), "kwh_year": values[n - 1]}
            for n in ids
        ],
        **more,
    }


def said(person: int, value: float | None, *, days: int = 1, **more: Any) -> dict[str, Any]:
    """A score of so many days ago."""
    at = NOON - timedelta(days=days)
    return {"person_id": person, "score": "churn", "version": "3", "scored_at": at, "value": value, **more}


def members(found: Preview) -> list[int]:
    return found.resolution.people["person_id"].to_list()


def test_a_share_of_five_distinct_values_has_its_exact_size(desk: Desk) -> None:
    """The trap of the specification: 100 people, 5 values, a tenth is 10."""
    world = homes([float(n % 5) for n in range(100)])
    found = desk.preview(segment_text(f"{{{YEAR}, top: 10%}}"), world)
    best = [n + 1 for n in range(100) if n % 5 == 4]
    assert members(found) == sorted(sorted(best, key=lambda n: digits("drawn", n))[:10])
    (cut_off,) = found.resolution.cut_offs
    assert (cut_off.value, cut_off.taken, cut_off.among, cut_off.rows) == (4.0, 10, 100, "people")
    assert "line 6: the cut-off was 4 kWh: 10 of 100 people" in str(found)
    assert found.as_json()["cut_offs"] == [
        {
            "line": 6, "word": "kwh_year", "value": 4.0, "unit": "kWh", "taken": 10, "among": 100,
            "rows": "people",
        }
    ]  # fmt: skip


@examples(40)
@given(people=st.integers(0, 30), share=st.integers(1, 999_999), bottom=st.booleans())
def test_a_share_is_rounded_up(db: Engine, shelf: Library, people: int, share: int, *, bottom: bool) -> None:
    percent = Decimal(share) / 10_000
    word = "bottom" if bottom else "top"
    text = segment_text(f"{{{YEAR}, {word}: {percent}%}}")
    (shelf.folder / "drawn.yml").write_text(text, encoding="utf-8")
    show(db, homes([float(n) for n in range(people)]))
    query = compile_segment(shelf.load("drawn"), TODAY, ZONE).members.sql(dialect="duckdb")
    found = db.query(query)["person_id"].to_list()
    size = ceil(people * share / Decimal(1_000_000))
    assert found == list(range(1, people + 1))[: size if bottom else None][0 if bottom else people - size :]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library(tmp_path_factory.mktemp("ranked"))


def test_who_may_not_be_profiled_is_not_ranked(desk: Desk) -> None:
    world = homes([1.0, 2.0, 3.0, 4.0, 5.0, None])
    world["persons"][4] |= {"kind": "minor", "birth_year": 2015}
    objects = words(ban(4, "profiling_objection") | {"family": "objection"})
    marketing = segment_text(f"{{{YEAR}, top: 2}}")
    found = desk.preview(marketing, world, objects)
    assert members(found) == [2, 3]
    assert (found.resolution.cut_offs[0].among, found.resolution.steps[0].unknown) == (3, 3)
    assert desk.why(marketing, 4, world, objects).as_json()["tree"]["conditions"][1]["verdict"] == "unknown"


def test_a_restricted_person_takes_nobodys_place(desk: Desk) -> None:
    stored = words(ban(3, "restricted_all") | {"family": "restriction"})
    assert members(desk.preview(segment_text(f"{{{YEAR}, top: 1}}"), homes([1.0, 2.0, 3.0]), stored)) == [2]


def test_among_those_who_pass_the_rest(desk: Desk) -> None:
    world = homes([float(n) for n in range(1, 11)])
    for person in world["persons"]:
        person["language"] = "fi" if person["person_id"] % 2 else "sv"
    world["events"] = [{"event_id": 1, "person_id": 9, "name": "moved_out", "occurred_at": NOON}]
    rest = ("{field: language, is: fi}",)
    away = "except:\n  - {did: moved_out}"
    everyone = segment_text(f"{{{YEAR}, top: 2}}", *rest, more=away)
    segment = segment_text(f"{{{YEAR}, top: 2, among: segment}}", *rest, more=away)
    assert members(desk.preview(everyone, world)) == []
    found = desk.preview(segment, world)
    assert members(found) == [5, 7]
    assert (found.resolution.cut_offs[0].value, found.resolution.cut_offs[0].among) == (5.0, 4)


def test_sites_are_ranked_once_whoever_holds_them(desk: Desk) -> None:
    world = homes([float(n) for n in range(1, 11)])
    world["contracts"].append({"contract_id": 99, "person_id": 1, "metering_point_id": 10})
    text = segment_text(f"has: site\nwhere:\n  - {{{YEAR}, top: 20%}}")
    found = desk.preview(text, world)
    assert members(found) == [1, 9, 10]
    (cut_off,) = found.resolution.cut_offs
    assert (cut_off.line, cut_off.value, cut_off.taken, cut_off.among, cut_off.rows) == (
        8,
        9.0,
        2,
        10,
        "sites",
    )


@pytest.mark.parametrize("among", ["everyone", "segment"])
def test_a_site_of_somebody_outside_the_audience_takes_no_place(desk: Desk, among: str) -> None:
    """The highest use is a customer's who reads no newsletter."""
    world = homes([1.0, 2.0, 9.0])
    world["relationships"] = [{"person_id": n, "kind": "subscriber"} for n in (1, 2)]
    text = segment_text(f"has: site\nwhere:\n  - {{{YEAR}, top: 1, among: {among}}}", audience="subscribers")
    found = desk.preview(text, world)
    assert members(found) == [2]
    assert (found.resolution.cut_offs[0].value, found.resolution.cut_offs[0].among) == (2.0, 2)


def test_the_other_lines_of_a_place_are_part_of_the_rest(desk: Desk) -> None:
    """The highest use is that of a flat of the same person who has a house."""
    world = homes([1.0, 2.0, 9.0])
    world["contracts"][2]["person_id"] = 2
    for site, building in zip(world["sites"], ("detached_house", "detached_house", "apartment"), strict=True):
        site["building_type"] = building
    house = "{field: building_type, is: detached_house}"
    of_site = f"has: site\nwhere:\n  - {house}\n  - {{{YEAR}, top: 1, among: segment}}"
    found = desk.preview(segment_text(of_site), world)
    assert (members(found), found.resolution.people["site_id"].to_list()) == ([2], [2])
    assert (found.resolution.cut_offs[0].value, found.resolution.cut_offs[0].among) == (2.0, 2)
    everyone = desk.preview(segment_text(of_site.replace("among: segment", "among: everyone")), world)
    assert members(everyone) == []


def test_what_stands_beside_it_under_all_is_part_of_the_rest(desk: Desk) -> None:
    world = homes([1.0, 2.0, 3.0])
    for person, language in zip(world["persons"], ("fi", "fi", "sv"), strict=True):
        person["language"] = language
    together = f"all:\n  - {{field: language, is: fi}}\n  - {{{YEAR}, top: 1, among: segment}}"
    assert members(desk.preview(segment_text(together), world)) == [2]


def test_outside_of_those_who_are_ranked_it_is_no(desk: Desk) -> None:
    """Whatever is known of the value."""
    world = homes([None, 2.0, None])
    world["persons"][0]["language"] = world["persons"][1]["language"] = "fi"
    text = segment_text("{field: language, is: fi}", f"{{{YEAR}, top: 1, among: segment}}")
    verdicts = {
        person: desk.why(text, person, world).as_json()["tree"]["conditions"][2]["verdict"]
        for person in (1, 2, 3)
    }
    assert verdicts == {1: "unknown", 2: "yes", 3: "no"}


def test_why_tells_the_place_and_the_cut_off(desk: Desk) -> None:
    world = homes([float(n) for n in range(1, 21)])
    text = segment_text(f"{{{YEAR}, top: 50%}}")
    assert "[12 kWh; place 9; the cut-off was 11 kWh: 10 of 20 people]" in str(desk.why(text, 12, world))
    out = desk.why(text, 3, world)
    assert (out.member, out.decided_by) == (False, "drawn.yml:6")
    assert "[3 kWh; place 18; the cut-off was 11 kWh: 10 of 20 people]" in str(out)


def test_nobody_ranked(desk: Desk) -> None:
    found = desk.preview(segment_text(f"{{{YEAR}, top: 50%}}"), homes([None, None]))
    assert found.resolution.cut_offs[0].value is None
    assert "line 6: nobody's kwh_year is known, so nobody is ranked" in str(found)


def test_an_old_score_is_unknown_and_why_says_its_day(desk: Desk) -> None:
    scores = [
        said(1, 0.9), said(2, 0.8, days=15), said(2, 0.1, days=40), said(3, 0.7), said(3, 0.2, days=14),
        said(4, 0.6, valid_until=TODAY - timedelta(days=1)), said(5, None), said(5, 0.9, days=3),
        said(6, 0.5, days=14), said(7, 0.9, controller="sahkoverkko"), said(8, 0.9, days=-1),
    ]  # fmt: skip
    world = homes([None] * 8, scores=scores)
    text = segment_text("{score: churn, at_least: 0.5, not_older_than: 14 days}")
    found = desk.preview(text, world)
    assert members(found) == [1, 3, 6]
    assert found.resolution.steps[0].unknown == 5
    told = {person: str(desk.why(text, person, world)) for person in (1, 2, 4, 5, 7)}
    assert "[0.9, said on 2026-11-23]" in told[1]
    assert "[0.8, said on 2026-11-09: older than 14 days]" in told[2]
    assert "[0.6, said on 2026-11-23: not to be used]" in told[4]
    assert "[nothing, said on 2026-11-23: not to be used]" in told[5]
    assert "[" not in told[7].split("decided")[0].split("churn")[1].split("\n")[0]


def test_what_is_not_a_number_is_unknown(desk: Desk) -> None:
    """NaN would be the first in the order."""
    nan = float("nan")
    world = homes([1.0, nan, 2.0], scores=[said(1, nan), said(2, 0.3), said(3, 0.1)])
    of_metric = desk.preview(segment_text(f"{{{YEAR}, top: 1}}"), world)
    assert members(of_metric) == [3]
    of_score = segment_text("{score: churn, top: 1, not_older_than: 14 days}")
    found = desk.preview(of_score, world)
    assert (members(found), found.resolution.steps[0].unknown) == ([2], 1)
    assert "[nothing, said on 2026-11-23: not to be used" in str(desk.why(of_score, 1, world))


def test_top_and_limit_by_a_score(desk: Desk) -> None:
    world = homes([None] * 10, scores=[said(n, n / 10) for n in range(1, 10)])
    ranked = segment_text("{score: churn, top: 3, not_older_than: 14 days}")
    found = desk.preview(ranked, world)
    assert members(found) == [7, 8, 9]
    assert "the cut-off was 0.7: <5 of 9 people" in str(found)
    assert "score churn: last said on 2026-11-23, version 3\n" in str(found)
    late = {**world, "scores": [said(1, 0.9, days=15)]}
    too_old = "last said on 2026-11-09, version 3, which is older than 14 days: unknown of everybody"
    assert too_old in str(desk.preview(ranked, late))
    assert "score churn: no model has said anything yet" in str(desk.preview(ranked, homes([None])))
    limit = "limit: {at_most: 2, lowest: {score: churn, not_older_than: 14 days}}"
    agreed = words(*(grant(n) for n in range(1, 11)))
    world["contact_points"] = [
        {"person_id": n, "channel": "email", "value": f"p{n}@example.fi", "deliverable": True}
        for n in range(1, 11)
    ]
    limited = desk.preview(segment_text("{field: language, is_known: no}", more=limit), world, agreed)
    assert limited.resolution.segment.profiled
    assert limited.resolution.members == 10
    assert limited.resolution.final["person_id"].to_list() == [1, 2]


def test_a_score_of_hourly_readings_needs_the_consent(desk: Desk) -> None:
    scores = [{**said(n, 0.9), "score": "evening_propensity"} for n in (1, 2)]
    grant = {"person_id": 2, "purpose": "profiling", "channel": None}
    text = segment_text("{score: evening_propensity, at_least: 0.5, not_older_than: 14 days}")
    found = desk.preview(text, homes([None] * 3, scores=scores), words(grant))
    assert members(found) == [2]
    assert json.dumps(found.as_json()["data"]) == '{"hourly meter data": {"denied": {"NO_CONSENT": 2}}}'


only_ranks = st.one_of(drawn.ranked, drawn.ranked_scores, drawn.ranked_by_others)


@examples(30)
@given(
    world=drawn.worlds,
    who=st.lists(st.one_of(only_ranks, drawn.scores), min_size=1, max_size=2),
    more=st.lists(st.one_of(drawn.person_fields, only_ranks), max_size=2),
    other=st.one_of(drawn.person_fields, only_ranks),
    audience=st.sampled_from(("everyone", "everyone", "customers", "subscribers")),
)
def test_ranks_are_those_of_the_oracle(
    db: Engine, shelf: Library, world: World, who: list[Any], more: list[Any], other: Any, audience: str
) -> None:
    """Worlds of people with few values, so that most are equal; nearly every segment ranks."""
    head = {"title": "drawn", "purpose": "energy_offers", "audience": "everyone", "channels": ["email"]}
    one = {**head, "who": [_everyone(other)]}
    head = {**head, "audience": audience}
    for name, text in {
        "first_other": one,
        "second_other": head,
        "drawn": {**head, "who": who, "except": more},
    }.items():
        kept = {key: value for key, value in text.items() if value}
        (shelf.folder / f"{name}.yml").write_text(drawn.text(kept), encoding="utf-8")
    note(str(drawn.Case(world, {**head, "who": who, "except": more}, {"first_other": one})))
    if any(
        mistake.code in ("SEG041", "SEG042", "SEG047", "SEG048", "SEG049", "SEG073")
        for mistake in shelf.check()
    ):
        return
    segment = shelf.load("drawn")
    show(db, world)
    compiled = compile_segment(segment, TODAY, ZONE)
    rows = db.query(compiled.everybody.sql(dialect="duckdb")).sort("person_id")
    oracle = Oracle(world, TODAY)
    for condition in (*segment.who, *segment.exceptions):
        expected = [oracle.verdict(condition, person, segment) for person in rows["person_id"]]
        assert rows[compiled.column_of(condition)].to_list() == expected, condition.place


def _everyone(condition: Any) -> Any:
    """A segment cannot be ranked among another that is ranked among it."""
    return json.loads(json.dumps(condition).replace("first_other", "second_other"))
