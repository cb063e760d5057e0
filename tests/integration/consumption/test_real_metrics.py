"""Every metric of ten real households at real spot prices, hour by hour, against a slow reckoning.

Their readings are moved on by ten years, to when the prices are. The weather is made up: as cold as ours, in
the months that are winter where they live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS
from campaigns.lake import Lake
from support import metric_reference as reference
from support.metric_reference_all import ELSEWHERE, asked, everything, known
from support.metric_reference_weather import priced_days
from support.offices import metering_points
from support.readings import NOW, SETTINGS, Row, delivery, load_one, starts, text

DATA = Path(__file__).parents[4] / "shared" / "data"
HOUSEHOLDS, PRICES = DATA / "sgsc10_halfhourly.parquet", DATA / "fi_spot_hourly.csv"
pytestmark = pytest.mark.skipif(
    not (HOUSEHOLDS.exists() and PRICES.exists()), reason=f"{HOUSEHOLDS} or {PRICES} is not there"
)
AS_OF = date(2024, 2, 28)
LATER = timedelta(days=3652)  # ten years
POINTS = metering_points(10)
# No household sells or has a contract or a fuse that we know; where they live our winter months are not below
# -5 °C and our summer ones not above 18 °C.
UNKNOWN = {
    *ELSEWHERE, "contract_days_left", "tenure_days", "fuse_use", "spot_vs_fixed_eur", "pv_fit_kwp",
    "preheat_sign", "cool_slope",
}  # fmt: skip


@pytest.fixture(scope="module")
def readings() -> dict[int, list[Row]]:
    """Hours of both halves; the clock is read as fixed UTC+2."""
    halves = pl.read_parquet(HOUSEHOLDS)
    meters = halves["meter_id"].unique().sort()
    start = pl.col("ts_local").cast(pl.Datetime("us")) - timedelta(hours=2) + LATER
    hours = (
        halves.with_columns(
            start=start.dt.replace_time_zone("UTC"), wh=(pl.col("kwh") * 1000).round().cast(pl.Int64)
        )
        .group_by("meter_id", pl.col("start").dt.truncate("1h"))
        .agg(pl.col("wh").sum(), halves=pl.len())
        .filter(pl.col("halves") == 2)
        .sort("meter_id", "start")
    )
    return {
        int(POINTS[at]): [
            Row(start=start, wh=wh, gsrn=int(POINTS[at]))
            for start, wh in hours.filter(meter_id=meter).select("start", "wh").rows()
        ]
        for at, meter in enumerate(meters)
    }


@pytest.fixture(scope="module")
def sky() -> reference.Sky:
    rng = np.random.default_rng(8)
    times = starts(date(2022, 1, 1), AS_OF, 60)
    season = -np.cos((np.arange(len(times)) / 24 - 200) / 365.25 * 2 * np.pi)
    weather = np.repeat(rng.normal(0, 5, len(times) // 24 + 1), 24)[: len(times)]
    prices = pl.read_csv(PRICES).select(
        pl.col("ts_utc").str.to_datetime(time_zone="UTC"), "price_c_kwh_incl_vat"
    )
    return reference.Sky(
        prices={hour + timedelta(minutes=15 * at): one for hour, one in prices.rows() for at in range(4)},
        celsius=dict(zip(times, np.round(2 + 17 * season + weather, 1).tolist(), strict=True)),
    )


@pytest.fixture(scope="module")
def computed(
    readings: Mapping[int, Sequence[Row]], sky: reference.Sky, tmp_path_factory: pytest.TempPathFactory
) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("real")
    lake = Lake(folder / "lake")
    lines = "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in sky.celsius.items())
    files = {
        "datahub": text(row for rows in readings.values() for row in rows),
        "temperatures": f"start;celsius\n{lines}",
        "spot_prices": PRICES.read_text(encoding="utf-8")
        .replace("ts_utc,price_c_kwh_incl_vat", "start;price")
        .replace(".000Z,", "Z;"),
    }
    with lake.writer(purpose="test") as writer:
        for kind, content in files.items():
            assert not load_one(delivery(folder / kind, content, kind=kind), writer).quarantined
    compute(lake, settings=SETTINGS, as_of=AS_OF, now=NOW)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


def test_metrics_equal_the_reckoning(
    computed: pl.DataFrame, readings: Mapping[int, Sequence[Row]], sky: reference.Sky
) -> None:
    for gsrn, rows in readings.items():
        point = reference.Point(everything=reference.days_of(rows))
        priced = priced_days(point, sky)
        for period in PERIODS:
            expected = everything(point, asked(period, AS_OF), sky, AS_OF, priced)
            got = known(computed, gsrn, period)
            assert got == pytest.approx(expected, rel=1e-9, abs=1e-11), (gsrn, period)


def test_there_is_something_to_compare(computed: pl.DataFrame) -> None:
    assert {name for name in METRICS if computed[name].is_null().all()} == UNKNOWN
