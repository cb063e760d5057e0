"""A metric never spans a move: whose readings count, and as of which day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from campaigns.consumption.computing import compute
from campaigns.engine import connect
from campaigns.engine.queries import load as load_queries
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Imported
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
