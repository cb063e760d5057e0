"""Fitted metrics of made-up metering points against a slow reckoning, and what they must not depend on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from campaigns.consumption import day_facts, day_series, fits, fits_regularity
from campaigns.consumption.computing import compute
from campaigns.consumption.periods import PERIODS
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Imported
from support import metric_reference as reference
from support import metric_reference_fits as slow
from support.metric_reference_all import asked, everything, known
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

FIRST, LAST = date(2024, 11, 20), date(2026, 11, 23)
MOVED, CHANGED, QUARTERS = date(2025, 2, 1), date(2026, 3, 3), date(2026, 6, 10)
FIXED, MARGIN = 8.25, 0.45
Load = Callable[..., Imported]


@pytest.fixture(scope="module")
def celsius() -> dict[datetime, float]:
    rng = np.random.default_rng(5)
    times = starts(FIRST, LAST, 60)
    season = -np.cos((np.arange(len(times)) / 24 - 60) / 365.25 * 2 * np.pi)
    weather = np.repeat(rng.normal(0, 4, len(times) // 24 + 1), 24)[: len(times)]
    degrees = np.round(3 + 16 * season + weather + rng.normal(0, 1, len(times)), 1)
    known = dict(zip(times, degrees.tolist(), strict=True))
    gap = midnight(date(2026, 2, 3))
    return {time: one for time, one in known.items() if not gap <= time < gap + timedelta(hours=30)}


@pytest.fixture(scope="module")
def readings(celsius: Mapping[datetime, float]) -> dict[int, list[Row]]:
    """A house with panels that changes its heating, a flat whose people go away, a cottage."""
    rng = np.random.default_rng(6)
    times = starts(FIRST, LAST, 60)
    cold = np.array([max(0.0, 17 - celsius.get(time, 0.0)) for time in times])
    local = [time.astimezone(ZONE) for time in times]
    month = np.array([one.month for one in local])
    hour = np.array([one.hour for one in local])
    weekend = np.array([one.weekday() >= 5 for one in local])
    changed = np.array([one.date() >= CHANGED for one in local])
    noise = rng.gamma(2, 100, len(times))
    house = noise + 40 * cold + 60 * np.maximum(cold - 32, 0) + 500 * changed + 200 * (hour >= 18)
    made = (
        np.array([slow.clear_wh(time) for time in times])
        * 4.5
        * rng.uniform(0.6, 1, len(times) // 24 + 1).repeat(24)[: len(times)]
    )
    net = house - made
    away = rng.random((LAST - FIRST).days + 2) < 0.15
    gone = away[np.array([(one.date() - FIRST).days for one in local])]
    flat = np.where(gone, 70, 120 + noise * (1 + 2 * ((hour >= 16) & (hour < 21))))
    cottage = np.where(
        weekend & np.isin(month, (5, 6, 7, 8)), 900 + noise, np.where(month == 7, 200 + noise / 4, 30)
    )
    late = midnight(QUARTERS)
    absent = rng.random(len(times)) < 0.0005
    rows = {
        HOUSE: _rows(HOUSE, times, np.maximum(net, 0)),
        FLAT: [row for row in _rows(FLAT, times, flat) if row.start < late],
        COTTAGE: [
            row if not gap else Row(start=row.start, wh=None, gsrn=COTTAGE)
            for row, gap in zip(_rows(COTTAGE, times, cottage), absent, strict=True)
        ],
    }
    rows[HOUSE] += [row for row in _rows(HOUSE, times, np.maximum(-net, 0), kind="BN02") if row.wh]
    rows[HOUSE] += [
        Row(start=row.start, wh=0, gsrn=HOUSE, kind="BN02")
        for row in _rows(HOUSE, times, np.maximum(-net, 0), kind="BN02")
        if not row.wh
    ]
    fine = starts(QUARTERS, LAST, 15)
    hours = dict(zip(times, flat.astype(int).tolist(), strict=True))
    rows[FLAT] += [
        Row(start=time, wh=hours[time.replace(minute=0)] // 4 + time.minute // 15, minutes=15, gsrn=FLAT)
        for time in fine
    ]
    return rows


def _rows(gsrn: int, times: Sequence[datetime], wh: np.ndarray, *, kind: str = "BN01") -> list[Row]:
    return [
        Row(start=time, wh=one, gsrn=gsrn, kind=kind)
        for time, one in zip(times, wh.astype(int).tolist(), strict=True)
    ]


@pytest.fixture(scope="module")
def prices() -> dict[datetime, float]:
    rng = np.random.default_rng(7)
    times = starts(date(2025, 1, 10), LAST, 60)
    return dict(zip(times, np.round(rng.normal(6, 4, len(times)), 3).tolist(), strict=True))


@pytest.fixture(scope="module")
def town(
    readings: Mapping[int, Sequence[Row]],
    celsius: Mapping[datetime, float],
    prices: Mapping[datetime, float],
    tmp_path_factory: pytest.TempPathFactory,
) -> Lake:
    """The house has had its holder since MOVED."""
    folder = tmp_path_factory.mktemp("fits")
    lake = Lake(folder / "lake")
    files = {
        "datahub": text(row for rows in readings.values() for row in rows),
        "temperatures": "start;celsius\n"
        + "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in celsius.items()),
        "spot_prices": "start;price\n"
        + "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in prices.items()),
    }
    with lake.writer(purpose="test") as writer:
        for kind, content in files.items():
            assert not load_one(delivery(folder / kind, content, kind=kind), writer).quarantined
        writer.upsert("contracts", _contracts())
    return lake


def _contracts() -> pl.DataFrame:
    told = {"controller": "seller", "metering_point_id": HOUSE, "company_id": None}
    before = {"contract_id": 1, "person_id": 1, "start_date": FIRST, "end_date": MOVED - timedelta(days=1)}
    now = {"contract_id": 2, "person_id": 2, "start_date": MOVED}
    priced = {"price_c_kwh": FIXED, "margin_c_kwh": MARGIN}
    rows = [told | before, told | now | priced]
    schema = TABLES["contracts"].schema
    frame = pl.DataFrame(rows, schema_overrides={name: schema[name] for row in rows for name in row})
    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in schema.items()
    )


@pytest.fixture(scope="module")
def computed(town: Lake) -> pl.DataFrame:
    return written(town)


def written(lake: Lake, *, full: bool = False) -> pl.DataFrame:
    compute(lake, settings=SETTINGS, as_of=LAST, now=NOW, full=full)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


@pytest.fixture(scope="module")
def points(readings: Mapping[int, Sequence[Row]]) -> dict[int, reference.Point]:
    found = {
        gsrn: reference.Point(
            everything=reference.days_of(rows), sold=[row for row in rows if row.kind == "BN02"]
        )
        for gsrn, rows in readings.items()
    }
    contract = reference.Contract(since=MOVED, fixed=FIXED, margin=MARGIN)
    found[HOUSE] = replace(found[HOUSE], since=MOVED, contract=contract)
    return found


@pytest.mark.parametrize("gsrn", [HOUSE, FLAT, COTTAGE])
def test_metrics_equal_the_reckoning(
    computed: pl.DataFrame,
    points: Mapping[int, reference.Point],
    celsius: Mapping[datetime, float],
    prices: Mapping[datetime, float],
    gsrn: int,
) -> None:
    by_quarter = {start + timedelta(minutes=15 * at): one for start, one in prices.items() for at in range(4)}
    sky = reference.Sky(prices=by_quarter, celsius=celsius)
    priced = priced_days(points[gsrn], sky)
    for period in PERIODS:
        expected = everything(points[gsrn], asked(period, LAST), sky, LAST, priced)
        assert known(computed, gsrn, period) == pytest.approx(expected, rel=1e-9, abs=1e-12), period


def test_there_is_something_to_compare(computed: pl.DataFrame) -> None:
    house = known(computed, HOUSE, "last 12 months") | known(computed, HOUSE, "last winter")
    assert set(slow.NAMES) | {"spot_vs_fixed_eur"} <= set(house)
    assert house["pv_fit_kwp"] == pytest.approx(4.5, rel=0.1)
    assert house["change_point_days"] == pytest.approx((LAST - CHANGED).days, abs=5)
    assert 4 < house["change_size"] < 12  # half a kilowatt more all day, of which the panels give a part
    assert house["cold_bend"] > 1.3
    assert known(computed, COTTAGE, "last 12 months")["seasonal_home"] == 1
    assert known(computed, FLAT, "last 12 months")["longest_vacancy"] > 1
    assert known(computed, FLAT, "last winter")["regularity"] > 0.1


def test_neither_batches_nor_a_rebuild_show(
    town: Lake, computed: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_series, "POINTS", 1)
    monkeypatch.setattr(fits_regularity, "POINTS", 2)
    assert written(town, full=True).equals(computed)


def test_what_did_not_change_is_not_fitted_again(
    town: Lake, computed: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody moves in after a period, so that its other metrics are made again: the fits are not."""
    asked_for: list[tuple[str, int]] = []
    fitted = fits.of_period

    def spy(db: object, inputs: object, period: object, points: pl.Series) -> pl.DataFrame:
        asked_for.append((period.name, len(points)))  # type: ignore[attr-defined]
        return fitted(db, inputs, period, points)  # type: ignore[arg-type]

    monkeypatch.setattr(fits, "of_period", spy)
    newcomer = _contracts()[1:].with_columns(
        contract_id=pl.lit(3, pl.Int64),
        person_id=pl.lit(3, pl.Int64),
        metering_point_id=pl.lit(FLAT, pl.Int64),
        start_date=pl.lit(date(2026, 11, 1)),
    )
    try:
        with town.writer(purpose="test") as writer:
            writer.upsert("contracts", newcomer)
        after = written(town)
        assert dict(asked_for)["last full year"] == 0
        assert dict(asked_for)["last 28 days"] > 0
        assert after.equals(written(town, full=True))
    finally:
        with town.writer(purpose="test") as writer:
            writer.remove("contracts", pl.col("contract_id") == 3)
    assert written(town).equals(computed)


def test_another_place_has_another_sun(lake: Lake, load: Load) -> None:
    """The size of panels follows where the town lies, so facts of the days are made again."""
    day = date(2026, 6, 10)
    hours = starts(day, day, 60)
    made = [slow.clear_wh(time) * 5 for time in hours]
    sold = [Row(start=time, wh=one, minutes=60, kind="BN02") for time, one in zip(hours, made, strict=True)]
    load(text([*(Row(start=time, wh=100) for time in hours), *sold]))
    south = SETTINGS.model_copy(update={"place": SETTINGS.place.model_copy(update={"latitude": 45.0})})
    with lake.writer(purpose="test") as writer:
        assert [day_facts.update(writer, settings=SETTINGS).days for _ in range(2)] == [1, 0]
        here = writer.frame("day_facts")["panels_w"].item()
        assert [day_facts.update(writer, settings=south).days for _ in range(2)] == [1, 0]
        assert here == 5000
        assert writer.frame("day_facts")["panels_w"].item() < 5000
