"""Metrics of three made-up metering points against a slow reckoning, and what they must not depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
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
from support.metric_reference_all import ELSEWHERE, asked, everything, known
from support.metric_reference_weather import priced_days
from support.readings import (
    COTTAGE,
    FLAT,
    HOUSE,
    NOW,
    SETTINGS,
    ZONE,
    Row,
    delivery,
    load_one,
    midnight,
    starts,
    text,
)

FIRST, LAST = date(2025, 1, 1), date(2026, 11, 23)
QUARTER_PRICES_FROM, QUARTERS_FROM = date(2026, 5, 1), date(2026, 6, 15)
IN_FITS = {"cold_bend", "pv_fit_kwp", "spot_vs_fixed_eur"}  # what the world of test_fits.py compares
Load = Callable[..., Imported]


def _wh(rng: np.random.Generator, minutes: int) -> tuple[list[datetime], np.ndarray]:
    """Whole Wh of each interval of all days: a base that is higher in winter, and noise."""
    times = starts(FIRST, LAST, minutes)
    seasons = np.cos(np.arange(len(times)) * minutes / 60 / 8766 * 2 * np.pi)
    return times, ((rng.gamma(2, 300, len(times)) + 500 * (1 + seasons)) * minutes / 60).astype(int)


def _rows(
    gsrn: int, minutes: int, times: Sequence[datetime], wh: np.ndarray, absent: np.ndarray
) -> list[Row]:
    return [
        Row(start=time, wh=None if gone else one, minutes=minutes, gsrn=gsrn)
        for time, one, gone in zip(times, wh.tolist(), absent, strict=True)
    ]


def _appliances(rng: np.random.Generator, times: Sequence[datetime]) -> np.ndarray:
    """A car charged some nights, a sauna on Saturdays, a boiler's relay, a car that is pre-heated."""
    local = [time.astimezone(ZONE) for time in times]
    day = np.array([(one.date() - FIRST).days for one in local])
    hour, weekday = np.array([one.hour for one in local]), np.array([one.weekday() for one in local])
    some = rng.random((4, day.max() + 1)) < np.array([[0.3], [0.7], [0.4], [0.8]])
    car = some[0][day] * np.isin(hour, (1, 2, 3)) * rng.choice([3300, 6500, 9100], day.max() + 1)[day]
    sauna = some[1][day] * (weekday == 5) * np.isin(hour, (18, 19)) * 6000
    relay = some[2][day] * (hour == 22) * 2200
    heater = some[3][day] * (weekday < 5) * (hour == 6) * 1400
    return car + sauna + relay + heater


@pytest.fixture(scope="module")
def readings() -> dict[int, list[Row]]:
    rng = np.random.default_rng(2)
    times, wh = _wh(rng, 60)
    house = _rows(HOUSE, 60, times, wh + _appliances(rng, times), rng.random(len(times)) < 0.0005)
    house[5000:5300] = [replace(row, quality="EST") for row in house[5000:5300]]
    times, wh = _wh(rng, 60)
    cottage = _rows(COTTAGE, 60, times, wh, rng.random(len(times)) < 0.02)
    cottage = [row for row in cottage if row.start >= midnight(date(2026, 3, 1))]
    change = midnight(QUARTERS_FROM) + timedelta(hours=12)  # hours before noon, quarters after
    times, wh = _wh(rng, 60)
    flat = [row for row in _rows(FLAT, 60, times, wh, np.zeros(len(times))) if row.start < change]
    times, wh = _wh(rng, 15)
    flat += [row for row in _rows(FLAT, 15, times, wh, np.zeros(len(times))) if row.start >= change]
    sold = [Row(start=row.start, wh=7, minutes=15, gsrn=FLAT, kind="BN02") for row in flat[-9000:]]
    return {HOUSE: house, FLAT: flat + sold, COTTAGE: cottage}


@pytest.fixture(scope="module")
def points(readings: Mapping[int, Sequence[Row]]) -> dict[int, reference.Point]:
    told: dict[int, dict[str, Any]] = {gsrn: {} for gsrn in readings}
    told[HOUSE] = {
        "contract": reference.Contract(since=date(2023, 1, 1), end=date(2027, 1, 31)),
        "fuse_a": 25,
    }
    told[FLAT] = {"sold": [row for row in readings[FLAT] if row.kind == "BN02"]}
    return {
        gsrn: reference.Point(everything=reference.days_of(rows), **told[gsrn])
        for gsrn, rows in readings.items()
    }


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
        for table, rows in _register().items():
            writer.upsert(table, rows)
    return lake


def _register() -> dict[str, pl.DataFrame]:
    """The house's contract and main fuse."""
    told = {"controller": "seller", "metering_point_id": HOUSE}
    contract = told | {
        "contract_id": 1,
        "person_id": 1,
        "start_date": date(2023, 1, 1),
        "end_date": date(2027, 1, 31),
    }
    rows = {"contracts": contract, "metering_points": told | {"fuse_a": 25}}
    return {
        table: pl.DataFrame(
            [{name: row.get(name) for name in TABLES[table].schema}], schema=TABLES[table].schema
        )
        for table, row in rows.items()
    }


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


@pytest.mark.parametrize("gsrn", [HOUSE, FLAT, COTTAGE])
def test_metrics_equal_the_reference(
    computed: tuple[MetricsRun, pl.DataFrame],
    points: Mapping[int, reference.Point],
    prices: Mapping[datetime, tuple[int, float]],
    celsius: Mapping[datetime, float],
    gsrn: int,
) -> None:
    by_quarter = {
        start + timedelta(minutes=15 * at): one
        for start, (minutes, one) in prices.items()
        for at in range(minutes // 15)
    }
    sky = reference.Sky(prices=by_quarter, celsius=celsius)
    priced = priced_days(points[gsrn], sky)
    for period in PERIODS:
        expected = everything(points[gsrn], asked(period, LAST), sky, LAST, priced)
        assert known(computed[1], gsrn, period) == pytest.approx(expected, rel=1e-9, abs=1e-12), period


def test_there_is_something_to_compare(computed: tuple[MetricsRun, pl.DataFrame]) -> None:
    """Every metric is known of some metering point, but those that the fitted world and heat meters show."""
    unknown = {name for name in METRICS if computed[1][name].is_null().all()}
    assert unknown == {*ELSEWHERE, *IN_FITS}


def test_neither_parts_and_corrections_nor_another_register_show(
    computed: tuple[MetricsRun, pl.DataFrame], files: Mapping[str, str], tmp_path: Path
) -> None:
    """Invariants 11 and 3: the town's lines come in four files, the first one wrong and corrected by a later;
    the network company's readings of the same metering points are others, and its own.
    """
    header, *lines = files["datahub"].splitlines()
    wrong = [line.replace(",", "9,", 1) for line in lines[:2000]]
    parts = [wrong, lines[:9000], lines[9000:20000], lines[20000:]]
    theirs = [line.replace(",", "1,").replace(";OK", ";EST") for line in lines[-9000:]]
    lake = Lake(tmp_path / "lake")
    with lake.writer(purpose="test") as writer:
        for kind in ("temperatures", "spot_prices"):
            load_one(delivery(tmp_path / kind, files[kind], kind=kind), writer)
            load_one(
                delivery(tmp_path / f"{kind}2", files[kind] + "\n", kind=kind, controller="network"), writer
            )
        for number in (3, 1, 0, 2):
            content = "\n".join([header, *parts[number]])
            received = NOW + timedelta(hours=number)
            load_one(delivery(tmp_path / f"{number}.csv", content, received=received), writer)
        other = "\n".join([header, *theirs])
        load_one(delivery(tmp_path / "theirs.csv", other, controller="network"), writer)
        for table, rows in _register().items():
            writer.upsert(table, rows)
    compute(lake, settings=SETTINGS, as_of=LAST, now=NOW)
    with lake.snapshot() as snapshot:
        metrics = snapshot.frame("metrics")
    assert metrics.filter(controller="seller").equals(computed[1])
    shares = metrics.filter(metering_point_id=COTTAGE, period="last 28 days").select(
        "controller", "estimated_share"
    )
    assert dict(shares.rows()) == {"seller": 0, "network": 1}


def test_nothing_is_known_of_a_period_over_which_it_is_said_not_to_be(town: Lake) -> None:
    """As of the end of a summer, three months have all the days that a year's metrics of summers need."""
    as_of = date(2026, 8, 31)
    compute(town, settings=SETTINGS, as_of=as_of, now=NOW)
    with town.snapshot() as snapshot:
        frame = snapshot.frame("metrics")
    for name, metric in METRICS.items():
        known = frame.filter(pl.col(name).is_not_null())["period"]
        assert set(known) <= set(metric.known_over), name
    assert {"cool_slope", "pv_midday_sign"} <= {name for name in METRICS if frame[name].is_not_null().any()}
