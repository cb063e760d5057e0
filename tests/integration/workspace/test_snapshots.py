"""Snapshots of segments: equal inputs give one list, intervals tell who came and left, nobody erased."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from campaigns.cli import context
from campaigns.cli.commands import app
from campaigns.errors import Mistakes, NotFound, UserError
from campaigns.lake.schemas import TABLES
from campaigns.workspace import audience, snapshotting
from campaigns.workspace.notebook import Notebook
from campaigns.workspace.project import Workspace
from support import mailing_world as world
from support.effort import examples
from support.segments import segment_text


@pytest.fixture
def clock() -> world.Clock:
    return world.Clock()


@pytest.fixture
def workspace(tmp_path: Path, clock: world.Clock) -> Iterator[Workspace]:
    parts = world.workspace(tmp_path / "ws", clock=clock)
    parts.ledger.dispose()
    found = Workspace.open(tmp_path / "ws", clock=clock)
    yield found
    found.ledger.dispose()
    context.choose_folder(None)


def heat(workspace: Workspace, *, wood: set[int], people: int = 6) -> None:
    """Who heats with wood; the others do so with electricity."""
    rows = [world.site(n, heating="wood" if n in wood else "oil") for n in range(1, people + 1)]
    world.upsert(workspace.parts, "sites", rows)


def intervals(workspace: Workspace, segment: str = "wooden_houses") -> list[tuple[Any, ...]]:
    with workspace.lake.snapshot() as lake:
        rows = lake.frame("segment_members").filter(segment=segment).sort("person_id", "entered_at")
    return rows.select("person_id", "entered_at", "left_at").rows()


def test_who_comes_and_leaves_has_an_interval(workspace: Workspace, clock: world.Clock) -> None:
    first = clock.now
    heat(workspace, wood={1, 2})
    (taken,) = snapshotting.take(workspace, ["wooden_houses"])
    assert (taken.members, taken.entered, taken.gone, taken.is_new) == (2, 2, 0, True)
    clock.now = second = first + timedelta(hours=1)
    heat(workspace, wood={2, 3, 4})
    (taken,) = snapshotting.take(workspace, ["wooden_houses"])
    assert (taken.members, taken.entered, taken.gone) == (3, 2, 1)
    clock.now = third = second + timedelta(hours=1)
    heat(workspace, wood={1})
    snapshotting.take(workspace, ["wooden_houses"])
    assert intervals(workspace) == [
        (1, first, second),
        (1, third, None),
        (2, first, third),
        (3, second, third),
        (4, second, third),
    ]
    assert [one.members for one in snapshotting.history(workspace, "wooden_houses")] == [2, 3, 1]


def test_the_same_inputs_give_the_same_list_and_write_nothing(
    workspace: Workspace, clock: world.Clock
) -> None:
    names = ["houses", "readers"]
    taken = snapshotting.take(workspace, names)
    with workspace.lake.snapshot() as lake:
        number = lake.number
    clock.now += timedelta(minutes=5)
    again = snapshotting.take(workspace, names)
    assert again == taken
    assert [one.is_new for one in again] == [False, False]
    with workspace.lake.snapshot() as lake:
        assert lake.number == number
    clock.now += timedelta(days=1)  # another day may be another list; here it is the same
    later = snapshotting.take(workspace, names)
    assert [one.is_new for one in later] == [True, True]
    assert [one.digest for one in later] == [one.digest for one in taken]
    assert [(one.entered, one.gone) for one in later] == [(0, 0), (0, 0)]


def test_where_the_list_was_cut_off_is_kept(workspace: Workspace, clock: world.Clock) -> None:
    said = [
        {"person_id": n, "score": "churn", "version": "1", "scored_at": clock.now, "value": n / 10}
        for n in range(1, 5)
    ]
    world.upsert(workspace.parts, "scores", said)
    text = segment_text("{score: churn, top: 50%, not_older_than: 14 days}", audience="everyone")
    (workspace.root / "segments" / "leaving.yml").write_text(text, encoding="utf-8")
    snapshotting.take(workspace, ["leaving"])
    (kept,) = snapshotting.history(workspace, "leaving")
    assert kept.members == 2
    (cut_off,) = kept.cut_offs
    assert cut_off | {"line": 0} == {
        "line": 0, "word": "churn", "value": 0.3, "unit": "", "taken": 2, "among": 4, "rows": "people",
    }  # fmt: skip
    assert kept.as_json()["cut_offs"] == [cut_off]


def test_a_changed_definition_or_permission_makes_a_new_one(workspace: Workspace, clock: world.Clock) -> None:
    (first,) = snapshotting.take(workspace, ["houses"])
    world.say(workspace.parts, world.banned(1))
    clock.now += timedelta(minutes=1)
    (second,) = snapshotting.take(workspace, ["houses"])
    assert (second.is_new, second.members, second.final) == (True, first.members, first.final - 1)
    path = workspace.root / "segments" / "houses.yml"
    path.write_text(path.read_text().replace("title: Houses", "title: All houses"), encoding="utf-8")
    clock.now += timedelta(minutes=1)
    assert snapshotting.take(workspace, ["houses"])[0].is_new is False  # nobody else is meant
    path.write_text(path.read_text().replace("detached_house", "cottage"), encoding="utf-8")
    (third,) = snapshotting.take(workspace, ["houses"])
    assert (third.is_new, third.members, third.gone) == (True, 0, first.members)
    assert third.fingerprint != second.fingerprint


def test_an_erased_person_is_in_none(workspace: Workspace, clock: world.Clock) -> None:
    snapshotting.take(workspace, ["houses", "readers"])
    workspace.lake.erase(world.OURS, [2])
    for segment in ("houses", "readers"):
        assert 2 not in {row[0] for row in intervals(workspace, segment)}
    clock.now += timedelta(minutes=1)
    for one in snapshotting.take(workspace, ["houses", "readers"]):
        assert (one.members, one.entered, one.gone) == (5, 0, 0)


def test_who_is_erased_while_a_snapshot_is_made_is_not_written_down(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = snapshotting._find

    def find_and_erase(*given: Any) -> Any:
        found = find(*given)
        workspace.lake.erase(world.OURS, [3])
        return found

    monkeypatch.setattr(snapshotting, "_find", find_and_erase)
    (taken,) = snapshotting.take(workspace, ["houses"])
    assert taken.members == 5
    assert 3 not in {row[0] for row in intervals(workspace, "houses")}


def test_due_follows_the_rhythm_of_the_file(workspace: Workspace, clock: world.Clock) -> None:
    path = workspace.root / "segments" / "houses.yml"
    plain = path.read_text()
    path.write_text(f"{plain}refresh: daily\n", encoding="utf-8")
    assert snapshotting.due(workspace) == ["houses"]
    for rhythm, days in (("daily", 1), ("weekly", 7), ("monthly", 31)):
        path.write_text(f"{plain}refresh: {rhythm}\n", encoding="utf-8")
        snapshotting.take(workspace, ["houses"])
        clock.now += timedelta(days=days - 1)
        assert snapshotting.due(workspace) == []
        clock.now += timedelta(days=1)
        assert snapshotting.due(workspace) == ["houses"]
    path.write_text(plain, encoding="utf-8")
    assert snapshotting.due(workspace) == []


def test_wrong_names_and_files_take_none(workspace: Workspace) -> None:
    with pytest.raises(NotFound, match="SEG025"):
        snapshotting.take(workspace, ["houses", "horses"])
    path = workspace.root / "segments" / "readers.yml"
    path.write_text(path.read_text().replace("everyone", "everybody"), encoding="utf-8")
    with pytest.raises(Mistakes):
        snapshotting.take(workspace, ["houses", "readers"])
    assert snapshotting.history(workspace, "houses") == []


steps = st.lists(
    st.tuples(st.sets(st.integers(1, 4)), st.sets(st.integers(1, 4), max_size=1)), min_size=1, max_size=4
)


@examples(4)
@given(steps=steps)
def test_intervals_tell_who_was_in_at_each_snapshot(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[set[int], set[int]]]
) -> None:
    """Whoever is erased on the way is in no interval any more, also of the past."""
    clock, root = world.Clock(), tmp_path_factory.mktemp("drawn") / "ws"
    world.workspace(root, clock=clock, people=4).ledger.dispose()
    workspace = Workspace.open(root, clock=clock)
    seen, gone = [], set[int]()
    for wood, erased in steps:
        heat(workspace, wood=wood, people=4)
        if erased:
            workspace.lake.erase(world.OURS, sorted(erased))
            gone |= erased
        (taken,) = snapshotting.take(workspace, ["wooden_houses"])
        assert taken.members == len(wood - gone)
        seen.append((clock.now, wood))
        clock.now += timedelta(hours=1)
    rows = intervals(workspace)
    for when, wood in seen:
        in_it = {
            person for person, entered, left in rows if entered <= when and (left is None or left > when)
        }
        assert in_it == wood - gone
    workspace.ledger.dispose()


def test_a_preview_says_what_was_not_expected(workspace: Workspace, clock: world.Clock) -> None:
    path = workspace.root / "segments" / "wooden_houses.yml"
    expect = "expect: {size: 3 to 9, change_at_most: 40%}\n"
    path.write_text(path.read_text() + expect, encoding="utf-8")

    def unexpected(wood: set[int]) -> list[str]:
        heat(workspace, wood=wood)
        found = audience.preview(workspace, "wooden_houses", as_of=workspace.today())
        assert all(text in str(found) for text in found.unexpected)
        assert found.as_json()["unexpected"] == found.unexpected
        snapshotting.take(workspace, ["wooden_houses"])
        clock.now += timedelta(hours=1)
        return found.unexpected

    assert unexpected({1, 2, 3}) == []
    assert unexpected({1, 2, 3, 4}) == []  # a third more
    assert unexpected({1, 2, 3, 4, 5, 6}) == [
        "50% more than the 4 of the last snapshot; expected is a change of at most 40%."
    ]
    assert unexpected({1}) == [
        "expected are 3 to 9. The last sizes: 6, 4, 3.",
        "83% fewer than the 6 of the last snapshot; expected is a change of at most 40%.",
    ]


def test_the_commands(workspace: Workspace) -> None:
    def run(*words: str) -> str:
        done = CliRunner().invoke(app, ["-C", str(workspace.root), "segment", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert "no snapshot of houses was taken" in run("history", "houses")
    assert run("snapshot", "--due") == "no snapshot is due\n"
    lines = run("snapshot", "--all").splitlines()
    assert [line.split()[:5] for line in lines[1:]] == [
        ["houses", "6", "6", "0", "6"],
        ["readers", "6", "6", "0", "6"],
        ["wooden_houses", "0", "0", "0", "0"],
    ]
    assert len(run("history", "houses").splitlines()) == 2
    with pytest.raises(UserError, match="USE004"):
        CliRunner().invoke(app, ["-C", str(workspace.root), "segment", "snapshot"], catch_exceptions=False)


def test_members_can_be_queried(workspace: Workspace) -> None:
    from campaigns import open as open_workspace

    snapshotting.take(workspace, ["houses"])
    notebook = open_workspace(workspace.root, purpose="test")
    found = notebook.sql("SELECT person_id FROM segment_members WHERE left_at IS NULL ORDER BY 1")
    assert found["person_id"].to_list() == [1, 2, 3, 4, 5, 6]
    history = notebook.segments["houses"].history()
    assert isinstance(history, pl.DataFrame)
    assert history["members"].to_list() == [6]


def test_snapshots_of_before_a_column_was_added(
    workspace: Workspace, clock: world.Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What they did not keep is empty, wherever they are read, and new ones stand beside them."""
    table = TABLES["segment_snapshots"]
    earlier = {name: kind for name, kind in table.schema.items() if name != "cut_offs"}
    with monkeypatch.context() as past:
        past.setitem(TABLES, "segment_snapshots", replace(table, schema=earlier))
        snapshotting.take(workspace, ["houses"])
    query = "SELECT cut_offs FROM segment_snapshots ORDER BY taken_at"
    assert Notebook(workspace, purpose="test").sql(query).rows() == [(None,)]
    assert [one.cut_offs for one in snapshotting.history(workspace, "houses")] == [()]
    assert audience.preview(workspace, "houses", as_of=workspace.today()).resolution.members > 0
    clock.now += timedelta(days=1)
    snapshotting.take(workspace, ["houses"])
    assert Notebook(workspace, purpose="test").sql(query).rows() == [(None,), ("[]",)]
    assert len(snapshotting.history(workspace, "houses")) == 2
