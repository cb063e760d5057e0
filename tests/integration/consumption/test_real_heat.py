"""How far a real heat meter cools, by each period, from the registers at the ends of its days with numpy."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS
from campaigns.lake import Lake
from support.readings import DANISH_HEAT, NOW, SETTINGS, delivery, load_one, midnight

REAL = Path(__file__).parents[4] / "shared" / "data" / "dk_district_heat_hourly.csv"
pytestmark = pytest.mark.skipif(not REAL.exists(), reason=f"{REAL} is not there")
OF_HEAT = {"full_days", "missing_intervals", "estimated_share", "heat_cooling_k", "days_since_last_data"}
Registers = dict[datetime, tuple[float, float, float]]


@pytest.fixture(scope="module")
def registers() -> Registers:
    """Volume, inlet and return energy at each hour."""
    real = pl.read_csv(REAL).with_columns(pl.col("time_rounded").str.to_datetime(time_zone="UTC"))
    names = ["volume_flow_m3", "inlet_flow_energy_m3xC", "back_flow_energy_m3xC"]
    return {at: tuple(rest) for at, *rest in real.select("time_rounded", *names).rows()}  # type: ignore[misc]


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    folder = tmp_path_factory.mktemp("heat")
    found = Lake(folder / "lake")
    options = {"kind": "heat_meters", "columns": DANISH_HEAT, "defaults": {"unit": "kWh"}}
    with found.writer(purpose="test") as writer:
        assert not load_one(delivery(folder / "heat.csv", REAL.read_bytes(), **options), writer).quarantined
    return found


@pytest.mark.parametrize("as_of", [date(2019, 12, 31), date(2020, 7, 16)])
def test_cooling_equals_the_difference_of_registers(lake: Lake, registers: Registers, as_of: date) -> None:
    compute(lake, settings=SETTINGS, as_of=as_of, now=NOW)
    with lake.snapshot() as snapshot:
        rows = snapshot.frame("metrics").rows(named=True)
    assert len(rows) == len(PERIODS)
    for row in rows:
        first, last = PERIODS[row["period"]].dates(as_of)
        begin, end = midnight(first), midnight(last + timedelta(days=1))
        assert {name for name in METRICS if row[name] is not None} == OF_HEAT
        assert (row["full_days"], row["missing_intervals"]) == ((last - first).days + 1, 0)
        volume, inlet, back = (
            after - before for before, after in zip(registers[begin], registers[end], strict=True)
        )
        # registers are kept in 1e-6 m3 and m3 x °C, so a day's difference is off by half of one at most
        assert row["heat_cooling_k"] == pytest.approx((inlet - back) / volume, rel=1e-6)
