"""Readings with named columns: the same days as from Datahub, however a source writes them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.consumption import KINDS
from campaigns.errors import UserError
from campaigns.lake.schemas import empty
from campaigns.register.deliveries import Imported
from campaigns.register.ids import site_ids
from support.readings import (
    COTTAGE,
    FLAT,
    HOUSE,
    NOW,
    ZONE,
    MemoryLake,
    Row,
    delivery,
    load_one,
    starts,
    text,
)

DROPPED = ("received", "file")
Write = Callable[[Row], str]


def days(
    content: str | bytes, folder: Path, lake: MemoryLake | None = None, **source: object
) -> pl.DataFrame:
    lake = lake or MemoryLake()
    load(content, folder, lake, **source)
    return lake.frame("consumption_days").drop(DROPPED)


def load(content: str | bytes, folder: Path, lake: MemoryLake, **source: object) -> Imported:
    return load_one(delivery(folder / "file.csv", content, **{"kind": "readings", **source}), lake)


def in_wh(row: Row) -> str:
    start, amount = row.start.astimezone(ZONE), "" if row.wh is None else row.wh
    return (
        f"{row.gsrn},{start:%d.%m.%Y %H:%M},Europe/Helsinki,{amount},Wh,{row.minutes},"
        f"{'import' if row.kind == 'BN01' else 'export'}"
    )


def in_kwh(row: Row) -> str:
    start = row.start.astimezone(ZONE)
    amount = "" if row.wh is None else f"{row.wh // 1000}.{row.wh % 1000:03}"
    return (
        f'{row.gsrn},"{start.isoformat()}",,"{amount}",kWh,PT{"1H" if row.minutes == 60 else "15M"},'
        f'"{"" if row.kind == "BN01" else "EXPORT"}"'
    )


def in_mwh(row: Row) -> str:
    amount = "" if row.wh is None else f"0.{row.wh:06}"
    return f"{row.gsrn},{row.start:%Y-%m-%dT%H:%M:%SZ},Europe/Helsinki,{amount},MWh,{row.minutes},{row.kind}"


HEADER = "gsrn,start,zone,quantity,unit,resolution,direction"
VALUES = {"direction": {"bn01": "import", "BN02": "export"}}


def plain(rows: Sequence[Row], write: Write) -> str:
    return "\n".join([HEADER, *map(write, rows)]) + "\n"


@pytest.mark.parametrize("write", [in_wh, in_kwh, in_mwh])
@pytest.mark.parametrize("minutes", [15, 60])
@pytest.mark.parametrize("day", [date(2025, 3, 30), date(2025, 10, 26), date(2025, 6, 1)])
def test_the_same_days_as_from_datahub(tmp_path: Path, day: date, minutes: int, write: Write) -> None:
    """Whole days of 23, 24 and 25 hours, in both directions and for two metering points."""
    times = starts(day - timedelta(days=1), day + timedelta(days=1), minutes)
    rows = [
        Row(start=start, wh=at * 7 + gsrn % 5, gsrn=gsrn, minutes=minutes, kind=kind)
        for gsrn in (HOUSE, FLAT)
        for kind in ("BN01", "BN02")
        for at, start in enumerate(times)
    ]
    expected = days(text(rows), tmp_path, kind="datahub")
    found = days(plain(rows, write), tmp_path, values=VALUES)
    assert found.equals(expected)
    quarters = {date(2025, 3, 30): 92, date(2025, 10, 26): 100}.get(day, 96)
    assert found.filter(local_date=day)["intervals_expected"].unique().to_list() == [quarters * 15 // minutes]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.builds(
            Row,
            start=st.integers(0, 400).map(
                lambda at: datetime(2025, 10, 24, tzinfo=UTC) + timedelta(hours=at)
            ),
            wh=st.none() | st.integers(0, 99_999),
            minutes=st.sampled_from([15, 60]),
            gsrn=st.sampled_from([HOUSE, FLAT, COTTAGE]),
            kind=st.sampled_from(["BN01", "BN02"]),
        ),
        max_size=40,
    ),
    st.sampled_from([in_kwh, in_mwh]),
)
def test_drawn_files(rows: list[Row], write: Write) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expected = days(text(rows), folder, kind="datahub")
        assert days(plain(rows, write), folder, values=VALUES).equals(expected)


def test_parquet_with_typed_columns(tmp_path: Path) -> None:
    times = starts(date(2025, 10, 25), date(2025, 10, 27), 60)
    rows = [Row(start=start, wh=at) for at, start in enumerate(times)]
    frame = pl.DataFrame(
        {
            "Point": [row.gsrn for row in rows],
            "begins": pl.Series([row.start for row in rows], dtype=pl.Datetime("us", "Europe/Helsinki")),
            "Wh": pl.Series([row.wh for row in rows], dtype=pl.Int32),
        }
    )
    path = tmp_path / "made.parquet"
    frame.write_parquet(path, row_group_size=20)
    columns = {"point": "gsrn", "begins": "start", "wh": "quantity"}
    found = days(path.read_bytes(), tmp_path, columns=columns, defaults={"unit": "wh", "resolution": "60"})
    assert found.equals(days(text(rows), tmp_path, kind="datahub"))


def test_later_files_correct_and_either_kind_counts(tmp_path: Path) -> None:
    """A plain file and a Datahub file of the same readings: the newer one wins each interval."""
    times = starts(date(2025, 6, 1), date(2025, 6, 1), 60)
    first = [Row(start=start, wh=10) for start in times]
    later = [Row(start=start, wh=20) for start in times[5:9]]
    found = []
    for order in (0, 1):
        lake = MemoryLake()
        files = [
            delivery(tmp_path / "a.csv", text(first), received=NOW - timedelta(days=2)),
            delivery(tmp_path / "b.csv", plain(later, in_wh), kind="readings"),
        ]
        for one in files[:: -1 if order else 1]:
            load_one(one, lake)
        found.append(lake.frame("consumption_days"))
    assert found[0].equals(found[1])
    assert found[0]["wh_sum"].to_list() == [20 * 10 + 4 * 20]
    again = delivery(tmp_path / "b.csv", plain(later, in_wh), kind="readings")
    assert load_one(again, lake).unchanged


def with_sites(lake: MemoryLake) -> None:
    ids = site_ids("seller", pl.Series(["A-1", "B-2", "B-2", "C-3"]))
    points = pl.DataFrame(
        {
            "controller": "seller",
            "metering_point_id": [HOUSE, FLAT, COTTAGE, 5],
            "site_id": ids,
            "energy": ["electricity", "electricity", "electricity", "district_heat"],
            "gsrn": [HOUSE, FLAT, COTTAGE, None],
        }
    )
    lake.tables["metering_points"] = pl.concat([empty("metering_points"), points], how="diagonal_relaxed")


def test_sites_in_place_of_metering_points(tmp_path: Path) -> None:
    lake = MemoryLake()
    with_sites(lake)
    line = "2025-06-01T00:00Z;1;kWh;PT1H"
    content = f"site;start;quantity;unit;resolution\nA-1;{line}\nB-2;{line}\nC-3;{line}\nD-4;{line}\n"
    done = load(content, tmp_path, lake)
    assert lake.frame("consumption_days")["metering_point_id"].to_list() == [HOUSE]
    refused = lake.frame("quarantine").select("line", "reason", "column").rows()
    assert sorted(refused) == [(3, "CON122", "site"), (4, "CON122", "site"), (5, "CON122", "site")]
    assert (done.rows, done.accepted, done.quarantined) == (4, 1, 3)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("643007500000000015,2025-06-01T00:00Z,,1,kWh,60,", "CON102"),
        ("643,2025-06-01T00:00Z,,1,kWh,60,", "CON101"),
        (f"{HOUSE},2025-06-01 00:00,,1,kWh,60,", "CON108"),
        (f"{HOUSE},2025-06-01 00:00,Europe/Lahti,1,kWh,60,", "CON108"),
        (f"{HOUSE},2025-03-30 03:30,Europe/Helsinki,1,kWh,15,", "CON108"),
        (f"{HOUSE},2025-02-30 03:30,Europe/Helsinki,1,kWh,15,", "CON108"),
        (f"{HOUSE},2025-06-01T00:07Z,,1,kWh,15,", "CON109"),
        (f"{HOUSE},2027-06-01T00:00Z,,1,kWh,15,", "CON110"),
        (f"{HOUSE},2025-06-01T00:00Z,,one,kWh,15,", "CON111"),
        (f"{HOUSE},2025-06-01T00:00Z,,1 000,Wh,15,", "CON111"),
        (f"{HOUSE},2025-06-01T00:00Z,,1e99,kWh,15,", "CON111"),
        (f"{HOUSE},2025-06-01T00:00Z,,-101,MWh,15,", "CON113"),
        (f"{HOUSE},2025-06-01T00:00Z,,101,MWh,15,", "CON113"),
        (f"{HOUSE},2025-06-01T00:00Z,,1,GWh,15,", "CON124"),
        (f"{HOUSE},2025-06-01T00:00Z,,1,kWh,30,", "CON125"),
        (f"{HOUSE},2025-06-01T00:00Z,,1,kWh,15,sideways", "CON123"),
        (f"{HOUSE},2025-06-01T00:00Z,,1", "CON118"),
        (f'{HOUSE},2025-06-01T00:00Z,,"1,kWh,15,', "CON118"),
        (f"{HOUSE},2025-06-01T00:00Z,,1\0,kWh,15,", "CON116"),
        (HEADER, "CON117"),
    ],
)
def test_refused_rows(tmp_path: Path, line: str, reason: str) -> None:
    lake = MemoryLake()
    good = f"{HOUSE},2025-06-01T05:00Z,,1,kWh,60,"
    done = load("\n".join([HEADER, good, line, good.replace("T05", "T06")]), tmp_path, lake)
    assert lake.frame("quarantine").select("line", "reason").rows() == [(3, reason)]
    assert (done.rows, done.accepted, done.quarantined) == (3, 2, 1)


@pytest.mark.parametrize(
    ("written", "unit", "wh"),
    [
        ("2.5e-04", "MWh", 250),
        ("1E3", "Wh", 1000),
        ("+1,2345", "kWh", 1235),
        ("0.4", "Wh", 0),
        ("0.5", "wh", 1),
    ],
)
def test_numbers_as_programs_write_them(tmp_path: Path, written: str, unit: str, wh: int) -> None:
    content = f'{HEADER}\n{HOUSE},2025-06-01T00:00Z,,"{written}",{unit},60,\n'
    assert days(content, tmp_path)["wh_sum"].to_list() == [wh]


def test_a_file_without_metering_points_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError) as raised:
        load("start;quantity;unit;resolution\n", tmp_path, MemoryLake())
    assert raised.value.mistake.code == "REG007"


def test_each_kind_knows_its_own_header() -> None:
    assert [kind.name for kind in KINDS if kind.recognises(HEADER.split(","))] == ["readings"]
    ours = "gsrn;product;resolution;unit;reading_type;start;quantity;quality"
    assert [kind.name for kind in KINDS if kind.recognises(ours.split(";"))] == ["datahub"]
