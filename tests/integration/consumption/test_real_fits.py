"""Fitted metrics of ten real households, hour by hour, against a slow reckoning.

The weather is made up: as cold as ours, in the months that are winter where they live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.consumption.periods import PERIODS
from campaigns.lake import Lake
from support import metric_reference as reference
from support import metric_reference_fits as slow
from support.offices import metering_points
from support.readings import NOW, SETTINGS, Row, delivery, load_one, starts, text

HOUSEHOLDS = Path(__file__).parents[4] / "shared" / "data" / "sgsc10_halfhourly.parquet"
pytestmark = pytest.mark.skipif(not HOUSEHOLDS.exists(), reason=f"{HOUSEHOLDS} is not there")
AS_OF = date(2013, 12, 31)
DAYS_OFF = {
    *(date(2013, 1, day) for day in (1, 6)), date(2013, 3, 29), date(2013, 3, 31), date(2013, 4, 1),
    *(date(2013, 5, day) for day in (1, 9, 19)), *(date(2013, 6, day) for day in (21, 22)), date(2013, 11, 2),
    *(date(2013, 12, day) for day in (6, 24, 25, 26)),
}  # fmt: skip
POINTS = metering_points(10)


@pytest.fixture(scope="module")
def readings() -> dict[int, list[Row]]:
    """Hours of both halves; the clock is read as fixed UTC+2."""
    halves = pl.read_parquet(HOUSEHOLDS)
    meters = halves["meter_id"].unique().sort()
    hours = (
        halves.with_columns(
            start=(pl.col("ts_local").cast(pl.Datetime("us")) - timedelta(hours=2)).dt.replace_time_zone(
                "UTC"
            ),
            wh=(pl.col("kwh") * 1000).round().cast(pl.Int64),
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
def celsius() -> dict[datetime, float]:
    rng = np.random.default_rng(8)
    times = starts(date(2012, 1, 1), AS_OF, 60)
    season = -np.cos((np.arange(len(times)) / 24 - 200) / 365.25 * 2 * np.pi)
    weather = np.repeat(rng.normal(0, 5, len(times) // 24 + 1), 24)[: len(times)]
    return dict(zip(times, np.round(2 + 17 * season + weather, 1).tolist(), strict=True))


@pytest.fixture(scope="module")
def computed(
    readings: Mapping[int, Sequence[Row]],
    celsius: Mapping[datetime, float],
    tmp_path_factory: pytest.TempPathFactory,
) -> pl.DataFrame:
    folder = tmp_path_factory.mktemp("real")
    lake = Lake(folder / "lake")
    lines = "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in celsius.items())
    files = {
        "datahub": text(row for rows in readings.values() for row in rows),
        "temperatures": f"start;celsius\n{lines}",
    }
    with lake.writer(purpose="test") as writer:
        for kind, content in files.items():
            assert not load_one(delivery(folder / kind, content, kind=kind), writer).quarantined
    compute(lake, settings=SETTINGS, as_of=AS_OF, now=NOW)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


@pytest.mark.parametrize("period", ["last full year", "last winter", "last 3 months"])
def test_fits_equal_the_reckoning(
    computed: pl.DataFrame,
    readings: Mapping[int, Sequence[Row]],
    celsius: Mapping[datetime, float],
    period: str,
) -> None:
    one = PERIODS[period]
    first, last = one.dates(AS_OF)
    asked = slow.Asked(
        first=first,
        last=last,
        needed=one.days_needed(AS_OF),
        yearly=one.yearly,
        seldom=period != "last 3 months",
    )
    compared = set()
    for gsrn, rows in readings.items():
        expected = slow.fits(
            reference.days_of(rows),
            [],
            asked,
            celsius=celsius,
            is_off=lambda day: day.weekday() >= 5 or day in DAYS_OFF,
        )
        row = computed.filter(metering_point_id=gsrn, period=period).select(slow.NAMES)
        known = (
            {name: value for name, value in row.row(0, named=True).items() if value is not None}
            if len(row)
            else {}
        )
        assert known == pytest.approx(expected, rel=1e-9), gsrn
        compared |= set(known)
    assert {"vacancy_days", "longest_vacancy"} <= compared
    if one.yearly:
        assert {"regularity", "balance_temp", "cold_bend", "change_point_days", "seasonal_home"} <= compared
