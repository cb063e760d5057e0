"""Heat meters: differences of cumulative registers, worked out a second time reading by reading."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.lake.schemas import TABLES
from campaigns.register.deliveries import Delivery, Imported
from campaigns.register.ids import heat_point_ids
from support.readings import DANISH_HEAT, NOW, ZONE, MemoryLake, delivery, load_one, midnight

REAL = Path(__file__).parents[4] / "shared" / "data" / "dk_district_heat_hourly.csv"
HEADER = "site;read_at;energy;unit;volume_m3;inlet_m3c;return_m3c"
BEGIN = datetime(2025, 10, 24, 21, tzinfo=UTC)  # two local days before clocks go back
Shown = Mapping[int, int]  # Wh by hours after BEGIN


def sent(folder: Path, content: str | bytes, **more: Any) -> Delivery:
    return delivery(folder / "heat.csv", content, **{"kind": "heat_meters", **more})


def line(hour: int, wh: int, site: str = "A-1", flow: str = ";;") -> str:
    return f"{site};{BEGIN + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ};{wh / 1000:.3f};kWh;{flow}"


def file(shown: Shown, site: str = "A-1") -> str:
    return "\n".join([HEADER, *(line(hour, wh, site) for hour, wh in shown.items())]) + "\n"


def load(folder: Path, content: str | bytes, lake: MemoryLake, **more: Any) -> Imported:
    return load_one(sent(folder, content, **more), lake)


def loaded(folder: Path, content: str | bytes, **more: Any) -> tuple[MemoryLake, Imported]:
    lake = MemoryLake()
    return lake, load(folder, content, lake, **more)


def hours_of(lake: MemoryLake) -> dict[date, list[int | None]]:
    return dict(lake.frame("consumption_days").select("local_date", "wh").rows())


def expected(shown: Shown) -> tuple[dict[date, list[int | None]], dict[date, tuple[Any, Any]]]:
    """Hours of each day with a reading, and (kWh of the day, kWh of gaps that leave it)."""
    hours: dict[date, list[int | None]] = {}
    sums: dict[date, list[list[int]]] = {}
    for hour in shown:
        day = (BEGIN + timedelta(hours=hour)).astimezone(ZONE).date()
        length = (midnight(day + timedelta(days=1)) - midnight(day)) // timedelta(hours=1)
        hours.setdefault(day, [None] * length)
        sums.setdefault(day, [[], []])
    for (one, before), (two, after) in pairwise(sorted(shown.items())):
        start = BEGIN + timedelta(hours=one)
        day = start.astimezone(ZONE).date()
        span = 10 ** len(str(before))
        wh = after - before
        if wh < 0 and span - before < span // 100 and after < span // 100 and before >= 1000:
            wh += span
        if wh < 0 or two - one > 7 * 24 or wh > 10**8 * (two - one):
            continue
        at = (start - midnight(day)) // timedelta(hours=1)
        if two - one == 1:
            hours[day][at] = wh
        sums[day][at + two - one > len(hours[day])].append(wh)
    kwh = {day: tuple(sum(each) / 1000 if each else None for each in both) for day, both in sums.items()}
    return hours, kwh  # type: ignore[return-value]  # two sums each


def days_of(lake: MemoryLake) -> dict[date, tuple[Any, Any]]:
    return {row[0]: row[1:] for row in lake.frame("heat_days").select("local_date", "kwh", "gap_kwh").rows()}


def check(lake: MemoryLake, shown: Shown) -> None:
    hours, sums = expected(shown)
    assert hours_of(lake) == hours
    assert days_of(lake) == sums


def test_hours_and_days_of_a_quarter_of_a_year(tmp_path: Path) -> None:
    shown = {hour: (5_000 + hour) ** 2 for hour in range(-4000, 700) if hour}  # spring and autumn, one gap
    lake, done = loaded(tmp_path, file(shown))
    assert (done.rows, done.accepted, done.quarantined) == (4699, 4699, 0)
    check(lake, shown)
    lengths = lake.frame("consumption_days")["intervals_expected"].value_counts().sort("intervals_expected")
    assert lengths["intervals_expected"].to_list() == [24, 25]
    assert done.notes == ("gaps between readings, of which only the sum is known: 1",)
    frame = lake.frame("consumption_days")
    assert (
        frame["metering_point_id"].unique().to_list()
        == heat_point_ids("seller", pl.Series(["A-1"])).to_list()
    )
    assert frame["gsrn"].null_count() == len(frame)


def test_resets_rollovers_and_gaps(tmp_path: Path) -> None:
    shown = {
        0: 99_990_000,
        1: 99_999_500,
        2: 1_500,
        3: 4_000,
        4: 100,
        5: 700,
        9: 4_700,
        40: 9_000,
        300: 9_500,
    }
    lake, done = loaded(tmp_path, file(shown))
    check(lake, shown)
    day = date(2025, 10, 25)
    assert hours_of(lake)[day][:6] == [9_500, 2_000, 2_500, None, 600, None]
    assert days_of(lake)[day] == (9.5 + 2 + 2.5 + 0.6 + 4, 4.3)
    assert done.notes == (
        "times a register went down or jumped; what was used between is not known: 1",
        "times a register ran over and began from zero: 1",
        "gaps between readings, of which only the sum is known: 2",
    )


def test_a_jump_is_no_use(tmp_path: Path) -> None:
    shown = {0: 1000, 1: 10**12, 2: 2000, 3: 2500}
    lake, _ = loaded(tmp_path, file(shown))
    assert hours_of(lake)[date(2025, 10, 25)][:4] == [None, None, 500, None]


def test_flow_counts_only_where_all_of_it_is_known(tmp_path: Path) -> None:
    flows = ["1;100;50", "1,5;140;70", "2;;80", "2.25;170;85", "2.5;180;92"]
    content = "\n".join([HEADER, *(line(hour, hour, flow=flow) for hour, flow in enumerate(flows))])
    lake, _ = loaded(tmp_path, content)
    assert lake.frame("heat_days").select("volume_m3", "inlet_m3c", "return_m3c").rows() == [(0.75, 50, 27)]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (";2025-10-01T00:00Z;1;kWh;;;", "CON130"),
        ("A-1;2025-10-01T00:00Z;1;GJ;;;", "CON131"),
        ("A-1;2025-10-01 00:00;1;kWh;;;", "CON132"),
        ("A-1;soon;1;kWh;;;", "CON132"),
        ("A-1;2025-10-01T00:02Z;1;kWh;;;", "CON133"),
        ("A-1;2027-10-01T00:00Z;1;kWh;;;", "CON134"),
        ("A-1;1999-10-01T00:00Z;1;kWh;;;", "CON134"),
        ("A-1;2025-10-01T00:00Z;;kWh;;;", "CON135"),
        ("A-1;2025-10-01T00:00Z;-1;kWh;;;", "CON135"),
        ("A-1;2025-10-01T00:00Z;1e30;kWh;;;", "CON135"),
        ("A-1;2025-10-01T00:00Z;1;kWh;x;;", "CON136"),
        ("A-1;2025-10-01T00:00Z;1;kWh;1;-2;", "CON136"),
        ("A-1;2025-10-01T00:00Z;1", "CON118"),
    ],
)
def test_refused_rows(tmp_path: Path, row: str, reason: str) -> None:
    lake, done = loaded(tmp_path, "\n".join([HEADER, line(0, 5), row, line(1, 7)]))
    assert lake.frame("quarantine").select("line", "reason").rows() == [(3, reason)]
    assert (done.rows, done.accepted, done.quarantined) == (3, 2, 1)
    assert lake.frame("consumption_days")["wh_sum"].to_list() == [2]


def test_local_hours_megawatt_hours_and_the_hour_that_comes_twice(tmp_path: Path) -> None:
    times = [midnight(date(2025, 10, 26)) + timedelta(hours=at) for at in range(26)]
    rows = [f"A-1;{time.astimezone(ZONE):%d.%m.%Y %H:%M};{at / 1000:.6f}" for at, time in enumerate(times)]
    content = "\n".join(["site;read_at;energy", *rows])
    lake, _ = loaded(tmp_path, content, defaults={"unit": "MWh", "zone": "Europe/Helsinki"})
    assert hours_of(lake)[date(2025, 10, 26)] == [1000] * 25


files = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 250), st.integers(0, 10**6), min_size=1, max_size=30),
        st.integers(0, 3),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=60, deadline=None)
@given(files, st.randoms(use_true_random=False))
def test_any_order_of_files_gives_equal_rows(
    drawn: Sequence[tuple[dict[int, int], int, bool]], order: Any
) -> None:
    """Invariant 11: newest received wins a reading; days are those of the readings that stand."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        deliveries = []
        for number, (shown, hours, both) in enumerate(drawn):
            content = file(shown) + (file(shown, "B-2").partition("\n")[2] if both else "")
            content += "\n" * number  # the same bytes would be the same delivery
            received = NOW + timedelta(hours=hours)
            path = folder / f"{number}.csv"
            deliveries.append((delivery(path, content, kind="heat_meters", received=received), shown))
        stands: dict[int, int] = {}
        for _, shown in sorted(
            deliveries, key=lambda each: (each[0].received, int(each[0].sha256[:16], 16) >> 1)
        ):
            stands |= shown
        found = []
        for _ in range(2):
            lake = MemoryLake()
            for one, _ in deliveries:
                load_one(one, lake)
            found.append([lake.frame(table) for table in ("heat_registers", "heat_days", "consumption_days")])
            order.shuffle(deliveries)
        assert all(one.equals(two) for one, two in zip(*found, strict=True))
        point = heat_point_ids("seller", pl.Series(["A-1"]))[0]
        lake.tables = {
            name: frame.filter(metering_point_id=point)
            for name, frame in lake.tables.items()
            if "metering_point_id" in frame.columns
        }
        check(lake, stands)


def test_a_year_in_days_is_the_year_at_once(tmp_path: Path) -> None:
    shown = {hour: hour * 3 for hour in range(24 * 60)}
    whole, _ = loaded(tmp_path, file(shown))
    lake = MemoryLake()
    for day in range(59, -1, -1):
        load(tmp_path, file({hour: shown[hour] for hour in range(24 * day, 24 * day + 24)}), lake)
    for table in ("heat_days", "consumption_days"):
        columns = [name for name in TABLES[table].schema if name not in ("received", "file")]
        assert lake.frame(table, columns).equals(whole.frame(table, columns))
    assert lake.frame("heat_days")["kwh"].sum() == pytest.approx(
        sum(shown[hour + 1] - shown[hour] for hour in range(24 * 60 - 1)) / 1000
    )


@pytest.mark.skipif(not REAL.exists(), reason="the real meter is not beside the repository")
def test_a_real_meter(tmp_path: Path) -> None:
    """Three years of a Danish building: days from the registers at the local midnights, with numpy."""
    lake, done = loaded(tmp_path, REAL.read_bytes(), columns=DANISH_HEAT, defaults={"unit": "kWh"})
    assert (done.rows, done.accepted, done.quarantined) == (26_256, 26_256, 0)
    real = pl.read_csv(REAL).with_columns(pl.col("time_rounded").str.to_datetime(time_zone="UTC"))
    times = real["time_rounded"].dt.convert_time_zone("Europe/Helsinki")
    is_midnight = (times.dt.hour() == 0).to_numpy()
    dates = times.dt.date().filter(pl.Series(is_midnight))[:-1]
    found = lake.frame("heat_days").filter(pl.col("local_date").is_in(dates.implode()))
    assert len(found) == len(dates) == 1093
    names = list(DANISH_HEAT)[2:]
    theirs = dict(zip([name.lower() for name in real.columns], real.columns, strict=True))
    for name, ours in zip(names, ("kwh", "volume_m3", "inlet_m3c", "return_m3c"), strict=True):
        reference = np.diff(real[theirs[name]].to_numpy()[is_midnight])
        assert np.allclose(found[ours].to_numpy(), reference, atol=2e-3 if ours == "kwh" else 4e-6)
    hours = lake.frame("consumption_days")
    wh = np.rint(np.floor(real["energy_heat_kwh"].to_numpy() * 1000 + 0.5)).astype(np.int64)
    assert hours["wh_sum"].sum() == wh[-1] - wh[0]
    flat = hours["wh"].explode().drop_nulls().to_numpy()
    assert np.array_equal(flat, np.diff(wh))
    cooling = lake.frame("heat_days").select(pl.col("inlet_m3c", "return_m3c", "volume_m3").sum()).row(0)
    assert (cooling[0] - cooling[1]) / cooling[2] == pytest.approx(35.3, abs=0.5)
