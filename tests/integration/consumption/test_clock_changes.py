"""Metrics over the days on which the clock changes: the same from hours as from quarters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.consumption.metrics import METRICS
from campaigns.lake import Lake
from campaigns.register.deliveries import Imported
from support.readings import COTTAGE, FLAT, HOUSE, NOW, SETTINGS, Row, midnight, starts, text

Load = Callable[..., Imported]
CHANGES = [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 14), 24)]


@pytest.mark.parametrize(("day", "hours"), CHANGES)
def test_hours_and_quarters_have_equal_metrics(lake: Lake, load: Load, day: date, hours: int) -> None:
    first, last = day - timedelta(days=20), day + timedelta(days=7)
    rng = np.random.default_rng(hours)
    rows: list[Row] = []
    for start in starts(first, last, 60):
        parts = [int(part) for part in rng.gamma(2, 200, 4)]
        rows.append(Row(start=start, wh=sum(parts), gsrn=HOUSE))
        for at, part in enumerate(parts):
            quarter = start + timedelta(minutes=15 * at)
            rows.append(Row(start=quarter, wh=part, minutes=15, gsrn=FLAT))
    absent = midnight(day) + timedelta(hours=12)
    rows += [Row(start=row.start, wh=row.wh, gsrn=COTTAGE) for row in rows if row.gsrn == HOUSE]
    rows = [row for row in rows if row.gsrn != COTTAGE or row.start != absent]
    load(text(rows))
    prices = [(start, round(rng.normal(8, 6), 3)) for start in starts(first, last, 60)]
    lines = "".join(f"{at:%Y-%m-%dT%H:%MZ};{one}\n" for at, one in prices)
    load(f"start;price\n{lines}", kind="spot_prices")
    compute(lake, settings=SETTINGS, as_of=last, now=NOW)
    with lake.snapshot() as snapshot:
        found = snapshot.frame("metrics").filter(period="last 28 days").select("metering_point_id", *METRICS)
        facts = snapshot.frame("day_facts").filter(local_date=day)
    by_point = {row["metering_point_id"]: row for row in found.rows(named=True)}
    house, flat = ({name: by_point[point][name] for name in METRICS} for point in (HOUSE, FLAT))
    assert house == flat
    every = [row.wh or 0 for row in rows if row.gsrn == HOUSE]
    assert len(every) == 27 * 24 + hours
    assert (house["full_days"], house["missing_intervals"]) == (28, 0)
    assert house["electricity_use"] == sum(every) / 1000
    assert house["spot_paid"] == pytest.approx(
        sum(wh * price for wh, (_, price) in zip(every, prices, strict=True)) / sum(every), rel=1e-12
    )
    assert (by_point[COTTAGE]["full_days"], by_point[COTTAGE]["missing_intervals"]) == (27, 1)
    expected = facts.select("metering_point_id", pl.col("expected").cast(int))
    assert dict(expected.rows()) == {HOUSE: hours, FLAT: 4 * hours, COTTAGE: hours}
