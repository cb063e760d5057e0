"""Monthly sums are exactly the sums of their days, in Wh, whatever the days."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from campaigns.lake.schemas import TABLES
from campaigns.rights.retention_readings import KEYS, sums

FIRST = date(2024, 1, 1)
BIG = 2**31 * 25  # every hour of the longest day at the most that an interval can hold
SUMMED = ("wh_sum", "days", "intervals_expected", "intervals_present")

days = st.lists(
    st.fixed_dictionaries(
        {
            "metering_point_id": st.integers(1, 3),
            "direction": st.sampled_from(["import", "export"]),
            "day": st.integers(0, 90),
            "wh_sum": st.none() | st.integers(0, BIG),
            "intervals_expected": st.integers(23, 100),
            "intervals_present": st.integers(0, 100),
        }
    ),
    max_size=40,
)


@given(days)
def test_sums_are_exact(drawn: list[dict[str, Any]]) -> None:
    rows = []
    expected: defaultdict[tuple[Any, ...], Counter[str]] = defaultdict(Counter)
    for one in drawn:
        day = FIRST + timedelta(days=one["day"])
        month = f"{day:%Y-%m}"
        values = {name: value for name, value in one.items() if name != "day"}
        rows.append({"controller": "a", "month": month, "local_date": day, **values})
        total = expected["a", one["metering_point_id"], one["direction"], month]
        total["wh_sum"] += one["wh_sum"] or 0
        total["days"] += one["intervals_present"] > 0
        total["intervals_expected"] += one["intervals_expected"]
        total["intervals_present"] += one["intervals_present"]
    made = sums(pl.DataFrame(rows, schema=dict(TABLES["consumption_days"].schema)))
    found = {tuple(row[key] for key in KEYS): row for row in made.to_dicts()}
    assert found.keys() == expected.keys()
    for key, total in expected.items():
        assert {name: found[key][name] for name in SUMMED} == {name: total[name] for name in SUMMED}
