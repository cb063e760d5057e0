"""Small files of a month become one, and nothing that was made of their rows is made again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from campaigns.consumption import compacting
from campaigns.consumption.computing import MetricsRun, compute
from campaigns.lake import Lake
from campaigns.lake.frames import conform
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Imported
from support import nights
from support.nights import CutOff
from support.readings import FLAT, HOUSE, NOW, SETTINGS, Row, starts, text

FIRST = date(2026, 11, 1)
NIGHTS = 10  # more than compacting.MANY, fewer than an import would gather
LAST = FIRST + timedelta(days=NIGHTS - 1)
TABLE = "consumption_days"
Load = Callable[..., Imported]


def _night(day: date, *points: int, wh: int = 300) -> str:
    return text(
        [Row(start=time, wh=wh + time.hour, gsrn=point) for time in starts(day, day, 60) for point in points]
    )


def _compute(lake: Lake) -> MetricsRun:
    return compute(lake, settings=SETTINGS, now=NOW, as_of=LAST)


def _files(lake: Lake) -> list[str]:
    with lake.snapshot() as snapshot:
        snapshot.verify()
        return [path.name for path in snapshot.files(TABLE)]


@pytest.fixture
def piled(lake: Lake, load: Load) -> Lake:
    """A file a night, and one of another month."""
    for number in range(NIGHTS):
        load(_night(FIRST + timedelta(days=number), HOUSE, FLAT))
    load(_night(date(2026, 10, 31), HOUSE))
    return lake


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """No crowd is large enough."""
    with monkeypatch.context() as patch:
        patch.setattr(compacting, "MANY", 10**6)
        yield patch


def test_files_become_one_and_nothing_is_read_again(piled: Lake, never: pytest.MonkeyPatch) -> None:
    _compute(piled)
    before = nights.digests(piled, (*nights.COMPUTED, TABLE))
    many = _files(piled)
    assert len(many) == NIGHTS + 1

    never.undo()
    compacted = _compute(piled)
    assert (compacted.days_read, compacted.periods_computed) == (0, 0)
    few = _files(piled)
    assert len(few) == 2
    assert len(set(few) & set(many)) == 1  # the other month is left alone
    assert nights.digests(piled, (*nights.COMPUTED, TABLE)) == before

    again = _compute(piled)
    assert (again.days_read, again.days_kept, again.periods_computed) == (0, 2 * NIGHTS + 1, 0)
    assert _files(piled) == few
    assert nights.digests(piled, (*nights.COMPUTED, TABLE)) == before


def test_rows_are_sorted_and_the_log_says_that_none_changed(piled: Lake) -> None:
    _compute(piled)
    with piled.snapshot() as snapshot:
        (path,) = (one for one in snapshot.files(TABLE) if one.parent.name == "month=2026-11")
        rows = snapshot.rows_in(TABLE, [path])
    assert rows.equals(conform(rows, TABLES[TABLE]))
    log = max((piled.root / TABLE / "_delta_log").glob("*.json"))
    actions = [json.loads(line) for line in log.read_text().splitlines()]
    changed = [one[kind]["dataChange"] for one in actions for kind in ("add", "remove") if kind in one]
    assert changed == [False] * (NIGHTS + 1)


def test_only_the_next_night_is_read(piled: Lake, load: Load) -> None:
    _compute(piled)
    load(_night(LAST, HOUSE, wh=900))  # a correction: the file is written anew
    load(_night(LAST + timedelta(days=1), HOUSE))
    corrected = _compute(piled)
    assert corrected.days_read == 2 * NIGHTS + 1
    load(_night(LAST + timedelta(days=1), FLAT))
    assert _compute(piled).days_read == 1


def test_files_that_came_since_are_left_for_the_next_run(
    piled: Lake, load: Load, never: pytest.MonkeyPatch
) -> None:
    _compute(piled)
    never.undo()
    load(_night(LAST + timedelta(days=1), FLAT))
    with piled.writer(purpose="test") as writer:
        assert compacting.compact(writer) == NIGHTS
        assert len(writer.files(TABLE)) == 3
        assert compacting.compact(writer) == 0
    assert _compute(piled).days_read == 1


def test_cut_off_after_any_commit(piled: Lake, never: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The next run finishes; whether days are read once more or not, all is the same."""
    _compute(piled)
    expected = nights.digests(piled, (*nights.COMPUTED, TABLE))
    never.undo()
    for commits in (1, 2, 3):
        shutil.copytree(piled.root, root := tmp_path / str(commits) / "lake")
        lake = Lake(root)
        with nights.cut_after(commits), pytest.raises(CutOff), lake.writer(purpose="test") as writer:
            compacting.compact(writer)
        _compute(lake)
        assert nights.digests(lake, (*nights.COMPUTED, TABLE)) == expected
        assert len(_files(lake)) == 2
        assert _compute(lake).days_read == 0
