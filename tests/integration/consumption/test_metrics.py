"""Metrics of three made-up metering points against a slow reckoning, and what they must not depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from campaigns.consumption.computing import MetricsRun, compute
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Imported
from support import metric_reference as reference
from support.readings import (
    COTTAGE,
    FLAT,
    HOUSE,
    NOW,
    SETTINGS,
    Row,
    delivery,
    load_one,
    midnight,
    starts,
    text,
)

FIRST, LAST = date(2025, 1, 1), date(2026, 11, 23)
QUARTER_PRICES_FROM = date(2025, 10, 1)
Load = Callable[..., Imported]


def _series(rng: np.random.Generator, gsrn: int, minutes: int, *, gaps: float = 0.0) -> list[Row]:
    times = starts(FIRST, LAST, minutes)
    seasons = np.cos(np.arange(len(times)) * minutes / 60 / 8766 * 2 * np.pi)
    wh = ((rng.gamma(2, 300, len(times)) + 500 * (1 + seasons)) * minutes / 60).astype(int).tolist()
    absent = rng.random(len(times)) < gaps
    return [
        Row(start=time, wh=None if gone else one, minutes=minutes, gsrn=gsrn)
        for time, one, gone in zip(times, wh, absent, strict=True)
    ]


@pytest.fixture(scope="module")
def readings() -> dict[int, list[Row]]:
    rng = np.random.default_rng(2)
    house = _series(rng, HOUSE, 60, gaps=0.0005)
    cottage = [row for row in _series(rng, COTTAGE, 60, gaps=0.02) if row.start >= midnight(date(2026, 3, 1))]
    change = midnight(date(2025, 6, 15)) + timedelta(hours=12)  # hours before noon, quarters after
    flat = [row for row in _series(rng, FLAT, 60) if row.start < change]
    flat += [row for row in _series(rng, FLAT, 15) if row.start >= change]
    sold = [Row(start=row.start, wh=7, minutes=15, gsrn=FLAT, kind="BN02") for row in flat[-4000:]]
    return {HOUSE: house, FLAT: flat + sold, COTTAGE: cottage}


@pytest.fixture(scope="module")
def days(readings: Mapping[int, Sequence[Row]]) -> dict[int, dict[date, reference.Day]]:
    return {gsrn: reference.days_of(rows) for gsrn, rows in readings.items()}


@pytest.fixture(scope="module")
def celsius() -> dict[datetime, float]:
    rng = np.random.default_rng(3)
    times = starts(FIRST, LAST, 60)
    season = -np.cos((np.arange(len(times)) / 24 - 20) / 365.25 * 2 * np.pi)
    degrees = np.round(5 + 15 * season + rng.normal(0, 3, len(times)), 1)
    known = dict(zip(times, degrees.tolist(), strict=True))
    gap = midnight(date(2026, 2, 3))
    return {time: one for time, one in known.items() if not gap <= time < gap + timedelta(hours=30)}


@pytest.fixture(scope="module")
def prices() -> dict[datetime, tuple[int, float]]:
    """Start to minutes and c/kWh."""
    rng = np.random.default_rng(4)
    hours = starts(FIRST, QUARTER_PRICES_FROM - timedelta(days=1), 60)
    quarters = starts(QUARTER_PRICES_FROM, LAST, 15)
    drawn = np.round(rng.normal(8, 6, len(hours) + len(quarters)), 2).tolist()
    lengths = [60] * len(hours) + [15] * len(quarters)
    known = dict(zip(hours + quarters, zip(lengths, drawn, strict=True), strict=True))
    known.pop(midnight(date(2026, 11, 20)) + timedelta(hours=5))
    return known


@pytest.fixture(scope="module")
def files(
    readings: Mapping[int, Sequence[Row]],
    prices: Mapping[datetime, tuple[int, float]],
    celsius: Mapping[datetime, float],
) -> dict[str, str]:
    return {
        "datahub": text(row for rows in readings.values() for row in rows),
        "spot_prices": "start;price\n"
        + "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, (_, one) in prices.items()),
        "temperatures": "start;celsius\n"
        + "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in celsius.items()),
    }


@pytest.fixture(scope="module")
def town(files: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Nobody writes to it."""
    folder = tmp_path_factory.mktemp("town")
    lake = Lake(folder / "lake")
    with lake.writer(purpose="test") as writer:
        for kind, content in files.items():
            assert not load_one(delivery(folder / kind, content, kind=kind), writer).quarantined
    return lake


@pytest.fixture(scope="module")
def computed(town: Lake) -> tuple[MetricsRun, pl.DataFrame]:
    run = compute(town, settings=SETTINGS, as_of=LAST, now=NOW)
    with town.snapshot() as snapshot:
        return run, snapshot.frame("metrics")


def test_every_metric_is_a_column_and_has_its_texts() -> None:
    numbers = {name for name, kind in TABLES["metrics"].schema.items() if kind == pl.Float64()}
    assert set(METRICS) == numbers
    assert all(
        metric.definition and metric.needs and {"fi", "en"} <= set(metric.label)
        for metric in METRICS.values()
    )


def test_one_row_a_metering_point_and_period(computed: tuple[MetricsRun, pl.DataFrame]) -> None:
    run, frame = computed
    assert run.as_of == {"seller": LAST}
    assert (run.metering_points, run.rows) == (3, len(frame))
    assert dict(frame.group_by("period").len().rows()) == {
        "last full year": 2, "last 12 months": 3, "last winter": 2, "last 3 months": 3, "last 28 days": 3
    }  # fmt: skip
    assert frame["version"].n_unique() == 1


@pytest.mark.parametrize("period", sorted(PERIODS))
@pytest.mark.parametrize("gsrn", [HOUSE, FLAT, COTTAGE])
def test_metrics_equal_the_reference(
    computed: tuple[MetricsRun, pl.DataFrame],
    days: Mapping[int, Mapping[date, reference.Day]],
    prices: Mapping[datetime, tuple[int, float]],
    celsius: Mapping[datetime, float],
    gsrn: int,
    period: str,
) -> None:
    first, last = PERIODS[period].dates(LAST)
    by_quarter = {
        start + timedelta(minutes=15 * at): one
        for start, (minutes, one) in prices.items()
        for at in range(minutes // 15)
    }
    expected = reference.metrics(
        days[gsrn],
        first=first,
        last=last,
        needed=PERIODS[period].days_needed(LAST),
        yearly=PERIODS[period].yearly,
        prices=by_quarter,
        celsius=celsius,
    )
    found = computed[1].filter(metering_point_id=gsrn, period=period).select("days_used", *METRICS)
    got: dict[str, Any] = found.row(0, named=True) if len(found) else {"days_used": 0}
    known = {name: value for name, value in got.items() if value is not None and name in reference.NAMES}
    assert set(known) == set(expected)
    # the mean of a day's temperatures is kept in 1/100 °C
    loose = {"heat_slope": 1e-3, "base_kwh_day": 1e-3, "heat_r2": 1e-3}
    for name, value in expected.items():
        assert known[name] == pytest.approx(value, rel=loose.get(name, 1e-9)), name


def test_there_is_something_to_compare(computed: tuple[MetricsRun, pl.DataFrame]) -> None:
    known = computed[1].filter(metering_point_id=FLAT, period="last 12 months").select(*reference.NAMES)
    assert known.null_count().row(0) == (0,) * len(reference.NAMES)


def _written(lake: Lake) -> pl.DataFrame:
    compute(lake, settings=SETTINGS, as_of=LAST, now=NOW)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


def test_rebuilding_in_parts_and_with_corrections_gives_the_same_table(
    computed: tuple[MetricsRun, pl.DataFrame], files: Mapping[str, str], tmp_path: Path
) -> None:
    """Invariant 11: the town's lines come in four files, the first one wrong and corrected by a later one."""
    header, *lines = files["datahub"].splitlines()
    wrong = [line.replace(",", "9,", 1) for line in lines[:2000]]
    parts = [wrong, lines[:9000], lines[9000:20000], lines[20000:]]
    lake = Lake(tmp_path / "lake")
    with lake.writer(purpose="test") as writer:
        for kind in ("temperatures", "spot_prices"):
            load_one(delivery(tmp_path / kind, files[kind], kind=kind), writer)
        for number in (3, 1, 0, 2):
            content = "\n".join([header, *parts[number]])
            received = NOW + timedelta(hours=number)
            load_one(delivery(tmp_path / f"{number}.csv", content, received=received), writer)
    assert _written(lake).equals(computed[1])


def test_another_register_changes_nothing(
    computed: tuple[MetricsRun, pl.DataFrame], files: Mapping[str, str], tmp_path: Path
) -> None:
    """Invariant 3: the network company's readings of the same metering points are others, and its own."""
    lake = Lake(tmp_path / "lake")
    with lake.writer(purpose="test") as writer:
        for kind, content in files.items():
            load_one(delivery(tmp_path / kind, content, kind=kind), writer)
            other = content.replace(",", "1,").replace(";OK", ";EST") if kind == "datahub" else content + "\n"
            load_one(delivery(tmp_path / f"{kind}2", other, kind=kind, controller="network"), writer)
    metrics = _written(lake)
    assert metrics.filter(controller="seller").equals(computed[1])
    assert (
        metrics.filter(controller="network")["electricity_use"].sum() > computed[1]["electricity_use"].sum()
    )
