"""One file into a lake in memory: what goes in, what is refused and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from campaigns import errors
from campaigns.consumption.datahub import ENGLISH, FINNISH, Datahub
from campaigns.lake.schemas import TABLES, empty
from campaigns.register.deliveries import Imported
from support.readings import (
    COTTAGE,
    FLAT,
    HEADERS,
    HOUSE,
    NOW,
    SETTINGS,
    MemoryLake,
    Row,
    delivery,
    starts,
    text,
)

DAY = date(2025, 1, 15)
GOOD = Row(start=datetime(2025, 1, 15, 10, tzinfo=UTC), wh=2126)
Load = Callable[..., Imported]


@pytest.fixture
def lake() -> MemoryLake:
    return MemoryLake()


@pytest.fixture
def load(lake: MemoryLake, tmp_path: Path) -> Load:
    def load(content: str | bytes, *, name: str = "datahub.csv", **more: object) -> Imported:
        sent = delivery(tmp_path / name, content, **more)  # type: ignore[arg-type]
        return Datahub().load(sent, settings=SETTINGS, lake=lake, ledger=None, now=NOW)  # type: ignore[arg-type]

    return load


def days(lake: MemoryLake) -> pl.DataFrame:
    return lake.frame("consumption_days")


def reasons(lake: MemoryLake) -> list[tuple[int, str]]:
    return lake.frame("quarantine").select("line", "reason").sort("line", "reason").rows()


def full_day(minutes: int = 60, wh: int = 100, **more: object) -> list[Row]:
    return [Row(start=start, wh=wh, minutes=minutes, **more) for start in starts(DAY, DAY, minutes)]  # type: ignore[arg-type]


def test_both_headers_are_recognised_and_ours_too() -> None:
    kind = Datahub()
    assert kind.recognises(FINNISH)
    assert kind.recognises([name.upper() for name in ENGLISH])
    assert kind.recognises(
        ["start", "gsrn", "product", "resolution", "unit", "reading_type", "quantity", "quality"]
    )
    assert not kind.recognises(FINNISH[:-1])
    assert not kind.recognises(["start", "price"])


@pytest.mark.parametrize("header", ["fi", "en"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_day_goes_in(lake: MemoryLake, load: Load, header: str, end: str, mark: str) -> None:
    imported = load(mark + text(full_day(), header=header, end=end))
    assert (imported.rows, imported.accepted, imported.quarantined) == (24, 24, 0)
    row = days(lake).row(0, named=True)
    assert (row["controller"], row["metering_point_id"], row["gsrn"]) == ("seller", HOUSE, HOUSE)
    assert (row["direction"], row["local_date"], row["month"]) == ("import", DAY, "2025-01")
    assert (row["resolution_min"], row["wh"], row["quality"]) == (60, [100] * 24, [1] * 24)
    assert (row["wh_sum"], row["intervals_expected"], row["intervals_present"]) == (2400, 24, 24)


def test_columns_are_known_by_name_and_not_by_place(lake: MemoryLake, load: Load) -> None:
    names = ["Laatu", "Määrä", "extra", *FINNISH[:-2]]
    cells = GOOD.line.split(";")
    load(";".join(names) + "\n" + ";".join([cells[7], cells[6], "=1+1", *cells[:6]]) + "\n")
    assert days(lake)["wh_sum"].to_list() == [2126]


def test_a_source_may_have_its_own_header(lake: MemoryLake, load: Load) -> None:
    header = HEADERS["fi"].replace("Alkuaika", "Aika")
    load(f"{header}\n{GOOD.line}\n", columns={"Aika": "start"})
    assert len(days(lake)) == 1


def test_another_file_is_refused_whole(load: Load) -> None:
    with pytest.raises(errors.UserError, match="has no column"):
        load("start;price\n2025-01-01T00:00:00Z;4,2\n")


@pytest.mark.parametrize(
    ("amount", "wh"),
    [
        ("2,126000", 2126),
        ("0,000499", 0),
        ("0,000500", 1),
        ("0,001499999", 1),
        ("2,5", 2500),
        ("2", 2000),
        ("2.126", 2126),
        ("1e3", 1_000_000),
        ("100000,0", 100_000_000),
    ],
)
def test_kwh_are_rounded_once_to_whole_wh(lake: MemoryLake, load: Load, amount: str, wh: int) -> None:
    load(f"{HEADERS['fi']}\n{GOOD.line.replace('2,126000', amount)}\n")
    assert days(lake)["wh_sum"].to_list() == [wh]


def test_missing_unknown_and_estimated_qualities(lake: MemoryLake, load: Load) -> None:
    rows = full_day()
    lines = [row.line for row in rows]
    lines[0] = Row(start=rows[0].start, wh=None).line
    lines[1] = lines[1].replace("OK", "MISSING")  # with an amount: what is missing has none
    lines[2] = lines[2].replace("OK", "EST")
    lines[3] = lines[3].replace("OK", "Z99")
    imported = load("\n".join([HEADERS["fi"], *lines]))
    row = days(lake).row(0, named=True)
    assert row["quality"] == [0, 0, 2, 3, *[1] * 20]
    assert row["wh"] == [None, None, *[100] * 22]
    assert (row["wh_sum"], row["intervals_present"], row["wh_max"]) == (2200, 22, None)
    assert "readings stated to be missing: 2" in imported.notes


def test_quarters_and_hours_in_one_file_and_one_day(lake: MemoryLake, load: Load) -> None:
    hours = [row for row in full_day(wh=103) if row.start.hour < 12 or row.start.hour >= 22]
    quarters = [row for row in full_day(15, wh=25) if 12 <= row.start.hour < 22]
    load(text([*hours, *quarters]))
    row = days(lake).row(0, named=True)
    assert row["resolution_min"] == 15
    assert row["wh"][:4] == [25, 25, 25, 28]
    assert row["wh_sum"] == 14 * 103 + 40 * 25
    assert row["intervals_present"] == row["intervals_expected"] == 96


def test_the_largest_readings_have_room(lake: MemoryLake, load: Load) -> None:
    load(text(full_day(15, wh=100_000_000)))
    row = days(lake).row(0, named=True)
    assert (row["wh_max"], row["wh_sum"]) == (400_000_000, 9_600_000_000)


def test_a_later_line_of_a_file_counts(lake: MemoryLake, load: Load) -> None:
    imported = load(text([*full_day(), Row(start=GOOD.start, wh=7)]))
    assert days(lake)["wh_sum"].to_list() == [23 * 100 + 7]
    assert "intervals stated again by a later line, which counts: 1" in imported.notes


def test_directions_by_reading_type(lake: MemoryLake, load: Load) -> None:
    load(text([GOOD, Row(start=GOOD.start, wh=5, kind="BN02")]))
    assert dict(days(lake).select("direction", "wh_sum").rows()) == {"import": 2126, "export": 5}


def test_a_source_may_say_what_its_reading_type_means(lake: MemoryLake, load: Load) -> None:
    load(text([GOOD]), values={"reading_type": {"BN01": "export"}})
    assert days(lake)["direction"].to_list() == ["export"]


def test_the_controller_is_the_source_s(lake: MemoryLake, load: Load) -> None:
    load(text([GOOD]), controller="network")
    load(text([GOOD, GOOD]), controller="seller", name="b.csv")
    assert days(lake)["controller"].to_list() == ["network", "seller"]


@pytest.mark.parametrize(
    ("found", "put", "reason"),
    [
        (str(HOUSE), "64300750000000001", "CON101"),
        (str(HOUSE), "6430075000000000149", "CON101"),
        (str(HOUSE), "643007500000000015", "CON102"),
        (str(HOUSE), "64300750000000001４", "CON101"),
        ("8716867000030", "8716867000047", "CON103"),
        ("PT1H", "P1D", "CON104"),
        ("kWh", "MWh", "CON105"),
        ("BN01", "BN99", "CON106"),
        (";OK", ";010190-123A", "CON107"),
        (";OK", ";", "CON107"),
        ("T10:00:00Z", "T10:00:00", "CON108"),
        ("2025-01-15T10:00:00Z", "15.1.2025 12:00", "CON108"),
        ("2025-01-15", "2025-02-30", "CON108"),
        ("2025-01-15T10:00:00Z", "", "CON108"),
        ("T10:00:00Z", "T10:30:00Z", "CON109"),
        ("PT1H;kWh;BN01;2025-01-15T10:00", "PT15M;kWh;BN01;2025-01-15T10:07", "CON109"),
        ("2025", "2999", "CON110"),
        ("2025", "1999", "CON110"),
        ("2,126000", "", "CON111"),
        ("2,126000", "2,1,2", "CON111"),
        ("2,126000", "1e999", "CON111"),
        ("2,126000", "NaN", "CON111"),
        ("2,126000", "1 000,5", "CON111"),
        ("2,126000", "-100000,001", "CON113"),
        ("2,126000", "100000,001", "CON113"),
        ("BN01", "B\0N01", "CON116"),
        (";OK", ";OK;;x", "CON118"),
        (";OK", "", "CON118"),
        ("6430", '"6430', "CON101"),
    ],
)
def test_a_wrong_row_is_set_aside_with_its_line(
    lake: MemoryLake, load: Load, found: str, put: str, reason: str
) -> None:
    lines = [row.line for row in full_day()]
    wrong = GOOD.line.replace(found, put, 1)
    assert wrong != GOOD.line
    imported = load("\n".join([HEADERS["fi"], *lines[:3], wrong, *lines[3:]]) + "\n")
    assert reasons(lake) == [(5, reason)]
    assert (imported.rows, imported.accepted, imported.quarantined) == (25, 24, 1)
    assert days(lake)["wh_sum"].to_list() == [2400]
    message = lake.frame("quarantine")["message"][0]
    assert put == "" or put not in message


def test_the_raw_line_is_kept_without_identity_codes(lake: MemoryLake, load: Load) -> None:
    load("\n".join([HEADERS["fi"], GOOD.line.replace("OK", "010594Y9032")]))
    kept = lake.frame("quarantine")["text"][0]
    assert kept.startswith(str(HOUSE))
    assert "010594Y9032" not in kept


def test_messages_use_the_file_s_own_column_names(lake: MemoryLake, load: Load) -> None:
    load("\n".join([HEADERS["fi"], GOOD.line.replace("kWh", "MWh")]))
    load("\n".join([HEADERS["en"], GOOD.line.replace("kWh", "MWh")]), name="b.csv")
    kept = lake.frame("quarantine").sort("file")
    assert kept["column"].to_list() == ["Unit Type", "Yksikkötyyppi"]
    assert kept["message"].to_list() == ["`Unit Type` must be kWh.", "`Yksikkötyyppi` must be kWh."]


def test_a_refused_line_belongs_to_who_had_the_contract(lake: MemoryLake, load: Load) -> None:
    held = {"controller": "seller", "metering_point_id": HOUSE, "start_date": date(2020, 1, 1)}
    rows = [
        {**held, "contract_id": 1, "person_id": 7, "end_date": date(2024, 12, 31)},
        {**held, "contract_id": 2, "person_id": 8, "start_date": date(2025, 1, 1), "end_date": None},
        {**held, "contract_id": 3, "person_id": 9, "controller": "network", "end_date": None},
    ]
    schema = {name: kind for name, kind in TABLES["contracts"].schema.items() if name in rows[0]}
    whole = empty("contracts").join(
        pl.DataFrame(rows, schema=schema), on=list(schema), how="full", coalesce=True
    )
    lake.upsert("contracts", whole)
    load(
        "\n".join([HEADERS["fi"], GOOD.line.replace("kWh", "MWh"), GOOD.line.replace("2025", "2023") + ";;"])
    )
    assert lake.frame("quarantine").sort("line")["person_id"].to_list() == [8, 7]


def test_bytes_that_are_no_text_stay_on_their_line(lake: MemoryLake, load: Load) -> None:
    lines = [row.line.encode() for row in full_day()]
    load(b"\n".join([HEADERS["fi"].encode(), *lines[:5], b"\xff\xfe" + lines[5], *lines[6:]]))
    assert reasons(lake) == [(7, "CON115")]
    assert days(lake)["intervals_present"].to_list() == [23]


def test_blank_lines_and_a_trailing_delimiter_do_no_harm(lake: MemoryLake, load: Load) -> None:
    lines = [row.line for row in full_day()]
    imported = load("\n".join([HEADERS["fi"], "", *lines[:5], lines[5] + ";", "  ", *lines[6:], "", ""]))
    assert (imported.rows, imported.accepted, imported.quarantined) == (24, 24, 0)


def test_a_header_in_the_middle_is_no_row(lake: MemoryLake, load: Load) -> None:
    lines = [row.line for row in full_day()]
    imported = load("\n".join([HEADERS["fi"], *lines[:5], HEADERS["fi"], *lines[5:]]))
    assert reasons(lake) == [(7, "CON117")]
    assert imported.accepted == 24


def test_a_line_without_end_is_refused_alone(lake: MemoryLake, load: Load) -> None:
    lines = [row.line for row in full_day()]
    load("\n".join([HEADERS["fi"], *lines[:5], "9" * 3_000_000, *lines[5:]]))
    assert reasons(lake) == [(7, "CON114")]
    assert days(lake)["wh_sum"].to_list() == [2400]


def test_a_lost_quote_swallows_nothing(lake: MemoryLake, load: Load) -> None:
    lines = [row.line for row in full_day()]
    lines[4] = lines[4].replace(";OK", ';"OK')
    load("\n".join([HEADERS["fi"], *lines]))
    assert reasons(lake) == [(6, "CON107")]
    assert days(lake)["intervals_present"].to_list() == [23]


def test_several_metering_points_in_any_order(lake: MemoryLake, load: Load) -> None:
    points = (COTTAGE, HOUSE, FLAT)
    rows = [
        Row(start=start, wh=at, gsrn=gsrn)
        for start in starts(DAY, DAY, 60)
        for at, gsrn in enumerate(points, 1)
    ]
    imported = load(text(rows))
    assert dict(days(lake).select("metering_point_id", "wh_sum").rows()) == {HOUSE: 48, FLAT: 72, COTTAGE: 24}
    assert imported.notes == ("3 metering points, 2025-01-15 to 2025-01-15",)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (date(2025, 6, 1), 24)]
)
def test_days_of_clock_changes_sum_equal_by_resolution(
    lake: MemoryLake, load: Load, day: date, hours: int
) -> None:
    hourly = [Row(start=start, wh=4 * at) for at, start in enumerate(starts(day, day, 60))]
    quarters = [
        Row(start=start, wh=at // 4, minutes=15, gsrn=FLAT) for at, start in enumerate(starts(day, day, 15))
    ]
    load(text([*hourly, *quarters]))
    one, other = days(lake).sort("resolution_min", descending=True).iter_rows(named=True)
    assert (one["intervals_expected"], other["intervals_expected"]) == (hours, hours * 4)
    facts = (
        "wh_sum",
        "wh_min",
        "wh_max",
        "peak_hour",
        "wh_00_06",
        "wh_06_10",
        "wh_10_16",
        "wh_16_21",
        "wh_21_24",
    )
    assert [one[fact] for fact in facts] == [other[fact] for fact in facts]
    assert one["wh_sum"] == sum(one[fact] for fact in facts[4:]) == 4 * sum(range(hours))
    assert one["peak_hour"] == 23


def test_a_series_may_start_and_end_within_a_day(lake: MemoryLake, load: Load) -> None:
    begin = datetime(2025, 1, 15, 10, 15, tzinfo=UTC)  # 12.15 in Finland
    load(text(Row(start=begin + timedelta(minutes=15 * at), wh=10, minutes=15) for at in range(50)))
    first, second = days(lake).sort("local_date").iter_rows(named=True)
    assert first["wh"][:49] == [None] * 49
    assert (first["intervals_present"], second["intervals_present"]) == (47, 3)
    assert first["received"][0] is None
    assert (first["wh_min"], first["peak_hour"]) == (None, None)


def test_the_same_file_changes_nothing(lake: MemoryLake, load: Load) -> None:
    load(text(full_day()))
    before = days(lake)
    again = load(text(full_day()), name="renamed.csv", received=NOW + timedelta(days=1))
    assert again.unchanged
    assert days(lake).equals(before)


def test_parquet_readings_go_the_same_way(lake: MemoryLake, load: Load, tmp_path: Path) -> None:
    rows = full_day()
    frame = pl.DataFrame(
        {
            "gsrn": [str(row.gsrn) for row in rows],
            "product": ["8716867000030"] * 24,
            "resolution": ["PT1H"] * 24,
            "unit": ["kWh"] * 24,
            "reading_type": ["BN01"] * 23 + ["BN99"],
            "start": [row.start for row in rows],
            "quantity": [0.1] * 24,
            "quality": ["OK"] * 24,
        }
    )
    frame.write_parquet(tmp_path / "x.parquet")
    imported = load((tmp_path / "x.parquet").read_bytes(), name="readings.parquet")
    assert (imported.accepted, imported.quarantined) == (23, 1)
    assert days(lake)["wh_sum"].to_list() == [2300]


def test_an_empty_file_of_the_right_form(lake: MemoryLake, load: Load) -> None:
    imported = load(HEADERS["fi"] + "\n")
    assert (imported.rows, imported.accepted, imported.quarantined) == (0, 0, 0)
    assert days(lake).is_empty()
