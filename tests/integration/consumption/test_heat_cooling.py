"""Metrics of heat meters: cooling against numpy, nothing of electricity, incremental equal to a rebuild."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from campaigns.consumption import KINDS, computing
from campaigns.consumption.metrics import METRICS
from campaigns.lake import Lake
from campaigns.register.importing import import_files
from campaigns.settings.model import Place, Settings
from support.readings import HOUSE, Row, midnight, starts, text

AS_OF, FIRST = date(2026, 11, 20), date(2025, 11, 10)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OF_HEAT = {"full_days", "missing_intervals", "estimated_share", "heat_cooling_k", "days_since_last_data"}
SETTINGS = Settings.model_construct(
    time_zone="Europe/Helsinki",
    default_controller="seller",
    controllers={},
    sources={},
    place=Place(),
)


def shown(first: date, last: date, *, litres: int = 50) -> dict[datetime, tuple[int, int, int]]:
    """Volume in litres, inlet and return energy in litres x C, cumulative, at each hour."""
    hours = (midnight(last + timedelta(days=1)) - midnight(first)) // timedelta(hours=1)
    rng = np.random.default_rng(3)
    volume = rng.integers(0, 2 * litres, hours + 1).cumsum()
    inlet, back = volume * 75 + np.arange(hours + 1), volume * 40
    return {
        midnight(first) + timedelta(hours=at): (int(volume[at]), int(inlet[at]), int(back[at]))
        for at in range(hours + 1)
    }


def file(path: Path, readings: dict[datetime, tuple[int, int, int]]) -> Path:
    lines = ["site;read_at;energy;unit;volume_m3;inlet_m3c;return_m3c"]
    for at, (time, (volume, inlet, back)) in enumerate(readings.items()):
        cells = ";".join(f"{value / 1000:.3f}" for value in (volume, inlet, back))
        lines.append(f"A-1;{time:%Y-%m-%dT%H:%MZ};{at * 2};kWh;{cells}")
    path.write_text("\n".join(lines) + "\n")
    return path


def load(lake: Lake, *paths: Path, hours: int = 0) -> None:
    done = import_files(
        paths,
        kinds=KINDS,
        settings=SETTINGS,
        lake=lake,
        ledger=None,  # type: ignore[arg-type]  # readings need none
        now=NOW,
        settle=0,
        received=NOW - timedelta(days=1) + timedelta(hours=hours),
    )
    assert [one.refused for one in done] == [None] * len(paths)


def metrics(lake: Lake, *, full: bool = False) -> pl.DataFrame:
    computing.compute(lake, settings=SETTINGS, now=NOW, as_of=AS_OF, full=full)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    found = Lake(tmp_path / "data" / "lake")
    rows = [Row(start=start, wh=500) for start in starts(FIRST, AS_OF, 60)]
    (tmp_path / "datahub.csv").write_text(text(rows))
    load(found, tmp_path / "datahub.csv", file(tmp_path / "heat.csv", shown(FIRST, AS_OF)))
    return found


def test_cooling_and_nothing_of_electricity(lake: Lake) -> None:
    found = metrics(lake)
    heat = found.filter(pl.col("metering_point_id") != HOUSE)
    readings = shown(FIRST, AS_OF)
    for row in heat.iter_rows(named=True):
        begin, end = midnight(row["period_start"]), midnight(row["period_end"] + timedelta(days=1))
        if begin < midnight(FIRST):
            assert row["heat_cooling_k"] is None  # the year of the calendar before
            continue
        volume, inlet, back = (readings[end][at] - readings[begin][at] for at in range(3))
        assert row["heat_cooling_k"] == pytest.approx((inlet - back) / volume, rel=1e-12)
        assert {name for name in METRICS if row[name] is not None} == OF_HEAT
    assert heat["heat_cooling_k"].is_not_null().sum() >= 3
    house = found.filter(metering_point_id=HOUSE)
    assert house["heat_cooling_k"].is_null().all()
    assert house.filter(period="last 12 months")["kwh_year"].to_list() == [pytest.approx(0.5 * 24 * 365)]


def test_incremental_equals_rebuild_after_a_correction_of_flow(lake: Lake, tmp_path: Path) -> None:
    before = metrics(lake)
    some = dict(list(shown(FIRST, AS_OF, litres=80).items())[-200:])
    load(lake, file(tmp_path / "later.csv", some), hours=5)
    after = metrics(lake)
    assert not after.equals(before)
    assert after.equals(metrics(lake, full=True))
