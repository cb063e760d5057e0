"""Hours of one metering point, drawn days on any grid: nothing is lost when clocks change."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from campaigns.consumption import one_point
from support.effort import examples
from support.readings import SETTINGS, midnight

DAYS = st.one_of(
    st.sampled_from((date(2026, 3, 29), date(2026, 10, 25))),
    st.dates(date(2026, 3, 26), date(2026, 4, 2)),
)
WH = st.one_of(st.none(), st.integers(-5, 5000))
PARTS = ("wh_00_06", "wh_06_10", "wh_10_16", "wh_16_21")


@st.composite
def rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some days of import, some with export, each on a grid of its own."""
    found = []
    for day in sorted(draw(st.sets(DAYS, min_size=1, max_size=4))):
        length = (midnight(day + timedelta(days=1)) - midnight(day)) // timedelta(hours=1)
        for direction in draw(st.sampled_from((("import",), ("import", "export")))):
            minutes = draw(st.sampled_from((15, 60)))
            count = length * 60 // minutes
            wh = draw(st.lists(WH, min_size=count, max_size=count))
            quality = [0 if one is None else draw(st.sampled_from((1, 2, 3))) for one in wh]
            found.append(
                {
                    "direction": direction, "local_date": day, "resolution_min": minutes, "wh": wh,
                    "quality": quality, "wh_sum": sum(one or 0 for one in wh), "intervals_expected": count,
                    "intervals_present": sum(one is not None for one in wh),
                    **dict.fromkeys(PARTS, 0),
                }
            )  # fmt: skip
    return found


SCHEMA = {
    "direction": pl.String(), "local_date": pl.Date(), "resolution_min": pl.Int16(),
    "wh": pl.List(pl.Int32()), "quality": pl.List(pl.Int8()), "wh_sum": pl.Int64(),
    "intervals_expected": pl.Int16(), "intervals_present": pl.Int16(), **dict.fromkeys(PARTS, pl.Int64()),
}  # fmt: skip


@examples(25)
@given(rows())
def test_every_hour_of_every_day_stands_once(drawn: list[dict[str, Any]]) -> None:
    raw = pl.DataFrame(drawn, schema=SCHEMA)
    hours = one_point.hours(raw, SETTINGS)
    expected: dict[Any, list[Any]] = {}
    for row in drawn:
        per_hour = 60 // row["resolution_min"]
        for at in range(len(row["wh"]) // per_hour):
            part = row["wh"][at * per_hour : (at + 1) * per_hour]
            start = midnight(row["local_date"]) + timedelta(hours=at)
            known = None if None in part else sum(part)
            if row["direction"] == "import":
                quality = row["quality"][at * per_hour : (at + 1) * per_hour]
                expected[start] = [row["local_date"], known, 0 if known is not None else None, 2 in quality]
            elif expected[start][1] is not None:
                expected[start][2] = known or 0
    utc = pl.col("start").dt.convert_time_zone("UTC")
    found = hours.select(utc, "local_date", "wh", "export_wh", "is_estimated").rows()
    assert [list(row[1:]) for row in found] == [expected[start] for start in sorted(expected)]
    assert [row[0] for row in found] == sorted(expected)
    assert hours["hour"].to_list() == [start.hour for start in hours["start"]]


@examples(25)
@given(rows())
def test_days_and_months_add_up(drawn: list[dict[str, Any]]) -> None:
    raw = pl.DataFrame(drawn, schema=SCHEMA)
    span = pl.date_range(date(2026, 3, 1), date(2026, 10, 31), eager=True)
    celsius = pl.DataFrame({"local_date": span, "celsius": [1.5] * len(span)})
    prices = pl.DataFrame(
        schema={"start": pl.Datetime("us", "UTC"), "minutes": pl.Int16, "price_mc": pl.Int32,
                "received": pl.Int64, "file": pl.Int64}
    )  # fmt: skip
    days = one_point.days(raw, celsius, prices, SETTINGS)
    bought = [row for row in drawn if row["direction"] == "import"]
    assert days["local_date"].to_list() == [row["local_date"] for row in bought]
    assert days["wh"].to_list() == [row["wh_sum"] for row in bought]
    assert days["is_full"].to_list() == [None not in row["wh"] for row in bought]
    assert days["estimated"].to_list() == [row["quality"].count(2) for row in bought]
    assert days["cost_eur"].null_count() == len(days)
    months = one_point.months(days, celsius)
    assert len(months) == 8
    assert abs(months["kwh"].sum() - sum(row["wh_sum"] for row in bought) / 1000) < 1e-9
    assert months["full_days"].sum() == days["is_full"].sum()
    assert months["days"].sum() == len(span)
    quiet = {f"{row['local_date']:%Y-%m}" for row in bought}
    assert months.filter(pl.col("kwh").is_null())["month"].to_list() == [
        f"2026-{month:02}" for month in range(3, 11) if f"2026-{month:02}" not in quiet
    ]


def test_a_day_of_absurd_readings_that_cancel_out_is_not_full() -> None:
    wh = [100_000_000 if hour < 6 else -100_000_000 if hour >= 18 else 0 for hour in range(24)]
    day = {
        "direction": "import", "local_date": date(2026, 2, 2), "resolution_min": 60, "wh": wh,
        "quality": [1] * 24, "wh_sum": 0, "intervals_expected": 24, "intervals_present": 24,
        "wh_00_06": 600_000_000, "wh_06_10": 0, "wh_10_16": 0, "wh_16_21": -300_000_000,
    }  # fmt: skip
    sane = day | {"local_date": date(2026, 2, 3), "wh": [1] * 24, "wh_sum": 24} | dict.fromkeys(PARTS, 1)
    celsius = pl.DataFrame(schema={"local_date": pl.Date, "celsius": pl.Float64})
    prices = pl.DataFrame(
        schema={"start": pl.Datetime("us", "UTC"), "minutes": pl.Int16, "price_mc": pl.Int32,
                "received": pl.Int64, "file": pl.Int64}
    )  # fmt: skip
    raw = pl.DataFrame([day, sane], schema=SCHEMA)
    assert one_point.days(raw, celsius, prices, SETTINGS)["is_full"].to_list() == [False, True]
