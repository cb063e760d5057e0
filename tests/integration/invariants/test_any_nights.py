"""Invariant 11: incremental consumption and metrics equal a full rebuild, whatever came in which order."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from unittest import mock

import polars as pl
import pytest
from hypothesis import Phase, given
from hypothesis import strategies as st

from campaigns.consumption import compacting
from campaigns.consumption.computing import compute
from campaigns.lake import Lake
from support import nights
from support.effort import examples
from support.nights import BASE, IMPORTED, NOW, SETTINGS, File, Fuse, Metrics, Move, Night

WITHOUT_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)  # an example takes some seconds


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a year of readings, and metrics of them."""
    folder = tmp_path_factory.mktemp("begun")
    lake = Lake(folder / "data" / "lake")
    nights.bring(lake, folder, BASE)
    compute(lake, settings=SETTINGS, now=NOW)
    return folder


@examples(2, phases=WITHOUT_SHRINKING)
@given(
    happened=nights.nights(),
    as_of=st.sampled_from(nights.AS_OF),
    crowd=st.sampled_from([2, compacting.MANY]),
    data=st.data(),
)
def test_incremental_equals_a_rebuild(
    begun: Path,
    tmp_path_factory: pytest.TempPathFactory,
    happened: Sequence[Night],
    as_of: date | None,
    crowd: int,
    data: st.DataObject,
) -> None:
    folder = tmp_path_factory.mktemp("nights")
    shutil.copytree(begun, folder, dirs_exist_ok=True)
    lake = Lake(folder / "data" / "lake")
    history = History(lake)
    with mock.patch.object(compacting, "MANY", crowd):
        for night in [*happened, Night(what=Metrics(as_of=as_of))]:
            nights.play(lake, folder, night)
            history.look(lake)
    found, imported = nights.digests(lake), nights.digests(lake, IMPORTED)

    if data.draw(st.booleans(), label="in place"):
        compute(lake, settings=SETTINGS, now=NOW, as_of=as_of, full=True)
        assert nights.digests(lake) == found
        return
    sent = [*BASE, *(night.what for night in happened if isinstance(night.what, File))]
    again = Lake(folder / "again" / "lake")
    nights.bring(again, folder, data.draw(st.permutations(sent), label="order"))
    for night in happened:
        if isinstance(night.what, Move | Fuse):
            nights.happen(again, folder, night.what)
    compute(again, settings=SETTINGS, now=NOW, as_of=as_of)
    assert nights.digests(again, IMPORTED) == imported
    assert nights.digests(again) == found


class History:
    """What `metrics_history` must hold: of each month the metrics of its last day that had any."""

    def __init__(self, lake: Lake) -> None:
        self._months: dict[str, pl.DataFrame] = {}
        self._now = _frame(lake, "metrics")

    def look(self, lake: Lake) -> None:
        """After each night."""
        before, self._now = self._now, _frame(lake, "metrics")
        if before.is_empty() or self._now.is_empty():
            return
        was, is_now = before["as_of"][0], self._now["as_of"][0]
        kept = self._months.get(f"{was:%Y-%m}")
        if f"{was:%Y-%m}" < f"{is_now:%Y-%m}" and (kept is None or kept["as_of"][0] <= was):
            self._months[f"{was:%Y-%m}"] = before
        found = _frame(lake, "metrics_history")
        assert sorted(found["month"].unique()) == sorted(self._months)
        for month, rows in self._months.items():
            assert found.filter(month=month).select(rows.columns).equals(rows)


def _frame(lake: Lake, table: str) -> pl.DataFrame:
    with lake.snapshot() as snapshot:
        return snapshot.frame(table)
