"""DuckDB and an independent evaluator agree about random segments over random worlds."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import Phase, given, note
from hypothesis import strategies as st

from campaigns.engine import Engine
from campaigns.errors import Mistakes
from campaigns.segments.compiling import compile_segment
from campaigns.segments.library import Library
from campaigns.segments.model import Segment
from support import segment_worlds as drawn
from support.effort import examples
from support.segment_oracle import ZONE, Oracle
from support.segment_worlds import Case
from support.segments import THEIRS, TODAY, library, show

# The note has the whole case, as files and rows.
pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")
# Shrinking a world takes minutes.
QUICK = examples(30, phases=[Phase.explicit, Phase.reuse, Phase.generate])
SENSELESS = {"SEG024", "SEG041", "SEG042", "SEG047", "SEG073"}  # what may be found in drawn conditions
SIMPLE = {"title": "x", "purpose": "energy_offers", "audience": "everyone", "channels": ["email"]}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return library(tmp_path_factory.mktemp("drawn"))


def load(shelf: Library, segment: dict[str, Any], others: dict[str, Any] | None = None) -> Segment | None:
    """The segment; None when the checker finds the drawn conditions senseless."""
    for name, one in {"drawn": segment, **(others or {})}.items():
        (shelf.folder / f"{name}.yml").write_text(drawn.text(one), encoding="utf-8")
    try:
        return shelf.load("drawn")
    except Mistakes as wrong:
        assert {mistake.code for mistake in wrong.mistakes} <= SENSELESS
        return None


def members(db: Engine, segment: Segment) -> list[int]:
    query = compile_segment(segment, TODAY, ZONE).members.sql(dialect="duckdb")
    return db.query(query)["person_id"].to_list()


@QUICK
@given(case=drawn.cases_with_others)
def test_members_are_those_of_the_oracle(db: Engine, shelf: Library, case: Case) -> None:  # invariant 4
    note(str(case))
    segment = load(shelf, case.segment, case.others)
    if segment is not None:
        show(db, case.world)
        assert members(db, segment) == sorted(Oracle(case.world, TODAY).members(segment))


@QUICK
@given(case=drawn.cases(drawn.plain_conditions))
def test_every_verdict_is_that_of_the_oracle(db: Engine, shelf: Library, case: Case) -> None:
    """Also the unknown ones, for everybody in the audience, once a person."""
    note(str(case))
    segment = load(shelf, case.segment)
    if segment is None:
        return
    show(db, case.world)
    compiled = compile_segment(segment, TODAY, ZONE)
    rows = db.query(compiled.everybody.sql(dialect="duckdb")).sort("person_id")
    oracle = Oracle(case.world, TODAY)
    people = sorted(oracle.audience(segment))
    assert rows["person_id"].to_list() == people
    for condition in (*segment.who, *segment.exceptions):
        expected = [oracle.verdict(condition, person, segment) for person in people]
        assert rows[compiled.column_of(condition)].to_list() == expected, condition.place


@QUICK
@given(case=drawn.cases(drawn.plain_conditions), more=drawn.plain_conditions)
def test_a_condition_more_never_adds_anybody(db: Engine, shelf: Library, case: Case, more: Any) -> None:
    note(str(case))
    show(db, case.world)
    one = load(shelf, case.segment)
    narrower = load(shelf, {**case.segment, "who": [*case.segment.get("who", []), more]})
    if one is not None and narrower is not None:
        assert set(members(db, narrower)) <= set(members(db, one))


@QUICK
@given(case=drawn.cases(drawn.plain_conditions), kind=st.sampled_from(["any", "all"]))
def test_any_of_one_is_that_one_and_order_is_nothing(
    db: Engine, shelf: Library, case: Case, kind: str
) -> None:
    note(str(case))
    show(db, case.world)
    one = load(shelf, case.segment)
    if one is None:
        return
    turned = {
        key: [{kind: [each]} for each in reversed(case.segment[key])]
        for key in ("who", "except")
        if key in case.segment
    }
    other = load(shelf, {**case.segment, **turned})
    assert other is not None
    assert members(db, other) == members(db, one)


@QUICK
@given(case=drawn.cases_with_others)
def test_the_other_register_changes_nothing(
    db: Engine, shelf: Library, case: Case
) -> None:  # invariant 3, attack 46
    note(str(case))
    segment = load(shelf, case.segment, dict.fromkeys(case.others, SIMPLE))
    if segment is None:
        return
    show(db, case.world)
    before = members(db, segment)
    mine = {
        table: [row for row in rows if row.get("controller") != THEIRS] for table, rows in case.world.items()
    }
    show(db, mine)
    assert members(db, segment) == before
