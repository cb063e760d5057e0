"""A metric never spans a move: whose readings count, and as of which day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS
from campaigns.engine import connect
from campaigns.engine.queries import load as load_queries
from campaigns.errors import UserError
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Imported
from support.day_rows import day_rows
from support.metric_reference import minutes_of
from support.readings import COTTAGE, FLAT, HOUSE, NOW, SETTINGS, Row, starts, text

AS_OF = date(2026, 10, 31)
Load = Callable[..., Imported]
Contract = tuple[int | None, int | None, str, str | None]  # person, company, start, end


def contracts(*held: Contract, point: int = HOUSE, controller: str = "seller") -> pl.DataFrame:
    rows = [
        {
            "controller": controller,
            "contract_id": point + number,
            "metering_point_id": point,
            "person_id": person,
            "company_id": company,
            "start_date": date.fromisoformat(start),
            "end_date": None if end is None else date.fromisoformat(end),
        }
        for number, (person, company, start, end) in enumerate(held)
    ]
    schema = {name: kind for name, kind in TABLES["contracts"].schema.items() if name in rows[0]}
    return pl.DataFrame(rows, schema=schema)


@pytest.mark.parametrize(
    ("held", "since"),
    [
        ([(1, None, "2024-05-01", None)], "2024-05-01"),
        # renewed without a gap: the same holder goes on
        ([(1, None, "2023-05-01", "2025-04-30"), (1, None, "2025-05-01", None)], "2023-05-01"),
        ([(1, None, "2023-05-01", "2025-05-31"), (1, None, "2025-05-01", None)], "2023-05-01"),
        # somebody else may have lived there in the gap
        ([(1, None, "2023-05-01", "2025-04-30"), (1, None, "2025-05-02", None)], "2025-05-02"),
        ([(1, None, "2023-05-01", "2025-04-30"), (2, None, "2025-05-01", None)], "2025-05-01"),
        # the old contract was left open
        ([(1, None, "2023-05-01", None), (2, None, "2025-05-01", None)], "2025-05-01"),
        # moved out a few days after the new holder moved in
        ([(1, None, "2023-05-01", "2025-05-03"), (2, None, "2025-05-01", None)], "2025-05-04"),
        # somebody else in between
        (
            [
                (1, None, "2020-01-01", None),
                (2, None, "2025-01-01", "2025-06-30"),
                (1, None, "2025-07-01", None),
            ],
            "2025-07-01",
        ),
        ([(1, None, "2020-01-01", None), (2, None, "2025-01-01", "2025-06-30")], "2025-07-01"),
        # a person and a company are two holders
        ([(1, None, "2023-05-01", "2025-04-30"), (None, 1, "2025-05-01", None)], "2025-05-01"),
        # nobody now: what was before is not theirs
        ([(1, None, "2023-05-01", "2026-10-30")], "2026-10-31"),
        # signed for later
        ([(1, None, "2023-05-01", None), (2, None, "2026-12-01", None)], "2023-05-01"),
        ([(2, None, "2026-12-01", None)], None),
    ],
)
def test_since_when_readings_are_the_holder_s(
    lake: Lake, held: Sequence[Contract], since: str | None
) -> None:
    with lake.writer(purpose="test") as writer:
        writer.upsert("contracts", contracts(*held))
    with lake.snapshot() as snapshot, connect(snapshot) as db:
        query = load_queries("campaigns.consumption", "metrics.sql")["holders"]
        found = db.query(query, {"controller": "seller", "as_of": AS_OF})
    expected = [] if since is None else [(HOUSE, date.fromisoformat(since))]
    assert found.rows() == expected


def month(*points: int, minus: int = 0) -> str:
    """A last month of readings, 1 Wh an hour; `minus` days short."""
    last = AS_OF - timedelta(days=minus)
    return text(
        Row(start=start, wh=1, gsrn=point)
        for point in points
        for start in starts(date(2026, 9, 20), last, 60)
    )


def metrics(lake: Lake, **more: Any) -> pl.DataFrame:
    compute(lake, settings=SETTINGS, now=NOW, **more)
    with lake.snapshot() as snapshot:
        return snapshot.frame("metrics")


def test_a_metric_stops_at_the_move(lake: Lake, load: Load) -> None:
    load(month(HOUSE, FLAT, COTTAGE))
    with lake.writer(purpose="test") as writer:
        moved = [(1, None, "2020-01-01", "2026-10-19"), (2, None, "2026-10-20", None)]
        elsewhere = contracts((3, None, "2026-10-30", None), point=COTTAGE, controller="network")
        writer.upsert("contracts", pl.concat([contracts(*moved), elsewhere]))
    found = (
        metrics(lake)
        .filter(period="last 28 days")
        .select("metering_point_id", "days_used", "electricity_use")
    )
    assert found.rows() == [(HOUSE, 12, None), (FLAT, 28, 0.673), (COTTAGE, 28, 0.673)]


def test_as_of_the_last_day_that_nearly_all_have(lake: Lake, load: Load) -> None:
    load(month(HOUSE, FLAT))
    load(month(COTTAGE, minus=3))
    load(month(COTTAGE, minus=1), controller="network")
    run = compute(lake, settings=SETTINGS, now=NOW)
    assert run.as_of == {"network": AS_OF - timedelta(days=1), "seller": AS_OF - timedelta(days=3)}


def test_a_metering_point_that_fell_silent_does_not_hold_up_the_others(lake: Lake, load: Load) -> None:
    load(month(HOUSE))
    load(month(COTTAGE, minus=28))
    assert compute(lake, settings=SETTINGS, now=NOW).as_of == {"seller": AS_OF}


def test_the_day_that_is_still_open_never_counts(lake: Lake, load: Load) -> None:
    load(month(HOUSE))
    open_day = NOW.replace(year=2026, month=10, day=31, hour=20)
    assert compute(lake, settings=SETTINGS, now=open_day).as_of == {"seller": AS_OF - timedelta(days=1)}
    after_midnight = open_day + timedelta(hours=3)
    assert compute(lake, settings=SETTINGS, now=after_midnight).as_of == {"seller": AS_OF}


@pytest.mark.parametrize(
    ("as_of", "told"),
    [
        (NOW.date(), "CON137"),  # the day that is still open
        (date(2030, 1, 1), "CON137"),
        (date(2026, 9, 19), "CON138.*up to 2026-09-19.*\n.*2026-09-20"),
    ],
)
def test_a_day_that_cannot_have_metrics_leaves_those_that_there_are(
    lake: Lake, load: Load, as_of: date, told: str
) -> None:
    load(month(HOUSE))
    before = metrics(lake)
    with pytest.raises(UserError, match=told):
        compute(lake, settings=SETTINGS, now=NOW, as_of=as_of)
    with lake.snapshot() as snapshot:
        assert len(before)
        assert snapshot.frame("metrics").equals(before)


def test_an_empty_lake_has_no_metrics(lake: Lake) -> None:
    run = compute(lake, settings=SETTINGS, now=NOW)
    assert (run.as_of, run.rows) == ({}, 0)
    assert "no metrics" in str(run)


def test_old_metrics_make_room(lake: Lake, load: Load) -> None:
    load(month(HOUSE))
    assert metrics(lake, as_of=AS_OF - timedelta(days=5))["as_of"].unique().to_list() == [
        AS_OF - timedelta(days=5)
    ]
    assert metrics(lake)["as_of"].unique().to_list() == [AS_OF]


def test_what_a_run_says(lake: Lake, load: Load) -> None:
    load(month(HOUSE))
    run = compute(lake, settings=SETTINGS, now=NOW)
    assert str(run).startswith("metrics of 1 metering point (seller as of 2026-10-31)")
    assert run.as_json()["as_of"] == {"seller": "2026-10-31"}


def test_every_metric_is_that_of_the_present_holder_in_that_register(lake: Lake) -> None:
    """The house had a holder before; the flat has no readings of that time, nor a network company's.

    Its move is told of after metrics were made. Sums, fits, signs and what is kept of a month are the same.
    """
    days = [AS_OF - timedelta(days=at) for at in range(400)]
    moved = date(2025, 10, 15)
    own = {day: _hours(day) for day in days}
    since = {day: wh for day, wh in own.items() if day >= moved}
    before = {day: 3 * wh + 900 for day, wh in own.items() if day < moved}
    weather = [(start, _celsius(day)) for day in days for start in starts(day, day, 60)]
    with lake.writer(purpose="test") as writer:
        writer.upsert("consumption_days", day_rows({HOUSE: before | since, FLAT: since}))
        theirs = {HOUSE: {day: 2 * own[day] for day in days[:60]}}
        writer.upsert("consumption_days", day_rows(theirs, controller="network"))
        sold = {HOUSE: {day: wh // 3 for day, wh in before.items()}}
        writer.upsert("consumption_days", day_rows(sold, export=True))
        theirs = {HOUSE: {day: own[day] // 4 for day in days[:60]}}
        writer.upsert("consumption_days", day_rows(theirs, export=True, controller="network"))
        writer.upsert("temperatures", _series(weather, "celsius_x10", 10))
        prices = [(start, _celsius(start.date()) + start.hour) for start, _ in weather]
        writer.upsert("prices", _series(prices, "price_mc", 1000).with_columns(minutes=pl.lit(60, pl.Int16)))
    metrics(lake, as_of=date(2026, 9, 30))
    with lake.writer(purpose="test") as writer:
        held = [(1, None, "2020-01-01", "2025-10-14"), (2, None, "2025-10-15", None)]
        writer.upsert("contracts", contracts(*held))
        writer.upsert("contracts", contracts(held[1], point=FLAT))
    metrics(lake, as_of=date(2026, 9, 30))
    found = metrics(lake, as_of=AS_OF)
    with lake.snapshot() as snapshot:
        kept = snapshot.frame("metrics_history").filter(month="2026-09")
    for table in (found, kept):
        house, flat = (
            table.filter(controller="seller", metering_point_id=point).drop("metering_point_id")
            for point in (HOUSE, FLAT)
        )
        assert house.equals(flat)
        assert set(house["period"]) == set(PERIODS)
    known = {name for name in METRICS if found.filter(metering_point_id=FLAT)[name].is_not_null().any()}
    assert {"heat_slope", "regularity", "change_point_days", "price_response", "car_sign"} <= known


def _celsius(day: date) -> int:
    from_winter = abs((day - date(day.year, 1, 20)).days)
    return round(-14 + 38 * min(from_winter, 365 - from_winter) / 182) + day.toordinal() % 7 - 3


def _hours(day: date) -> np.ndarray:
    """More in the cold, and more from March 2026 on."""
    rng = np.random.default_rng(day.toordinal())
    more = 1500 if day >= date(2026, 3, 1) else 0
    hours = minutes_of(day) // 60
    return (rng.gamma(2, 150, hours) + 60 * max(17 - _celsius(day), 0) + more).astype(np.int32)


def _series(values: Sequence[tuple[datetime, int]], column: str, times: int) -> pl.DataFrame:
    starts, numbers = zip(*sorted(values), strict=True)
    kind = pl.Int32() if column == "price_mc" else pl.Int16()
    return pl.DataFrame(
        {"start": starts, column: [times * one for one in numbers]},
        schema={"start": pl.Datetime("us", "UTC"), column: kind},
    ).with_columns(controller=pl.lit("seller"), received=pl.lit(0, pl.Int64), file=pl.lit(0, pl.Int64))
