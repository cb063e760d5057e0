"""Ten real households, made Datahub files: day sums against sums that polars makes by itself, in whole Wh."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from stdnum import ean

from campaigns.consumption import KINDS
from campaigns.lake import Lake
from campaigns.register.importing import import_files
from support.readings import HEADERS, NOW, SETTINGS, ZONE

HOUSEHOLDS = Path(__file__).parents[4] / "shared" / "data" / "sgsc10_halfhourly.parquet"
pytestmark = pytest.mark.skipif(not HOUSEHOLDS.exists(), reason=f"{HOUSEHOLDS} is not there")


@pytest.fixture(scope="module")
def halves() -> pl.DataFrame:
    """Half-hours: `gsrn`, `start` (UTC; the clock is read as fixed UTC+2) and `wh`, rounded once."""
    read = pl.read_parquet(HOUSEHOLDS)
    meters = read["meter_id"].unique().sort()
    numbers = pl.Series([_made_up(at) for at in range(len(meters))])
    return read.select(
        pl.col("meter_id").replace_strict(meters, numbers, return_dtype=pl.Int64).alias("gsrn"),
        (pl.col("ts_local").cast(pl.Datetime("us")) - timedelta(hours=2))
        .dt.replace_time_zone("UTC")
        .alias("start"),
        (pl.col("kwh") * 1000).round().cast(pl.Int64).alias("wh"),
    )


@pytest.fixture(scope="module")
def quarters(halves: pl.DataFrame) -> pl.DataFrame:
    """A half-hour as two quarters, floor and rest."""
    floor = pl.col("wh") // 2
    later = pl.col("start") + timedelta(minutes=15)
    return pl.concat(
        [halves.with_columns(wh=floor), halves.with_columns(start=later, wh=pl.col("wh") - floor)]
    )


@pytest.fixture(scope="module")
def hours(halves: pl.DataFrame) -> pl.DataFrame:
    """Hours; NULL where one of the halves is missing."""
    return (
        halves.group_by("gsrn", pl.col("start").dt.truncate("1h"))
        .agg(pl.when(pl.len() == 2).then(pl.col("wh").sum()))
        .sort("gsrn", "start")
    )


def _made_up(number: int) -> int:
    body = f"6430075{number:010}"
    return int(body + ean.calc_check_digit(body))


def datahub_file(path: Path, rows: pl.DataFrame, resolution: str) -> Path:
    """The rows as the portal writes them."""
    amount = pl.format("{},{}000", pl.col("wh") // 1000, (pl.col("wh") % 1000).cast(pl.String).str.zfill(3))
    lines = rows.select(
        pl.format(
            "{};8716867000030;{};kWh;BN01;{};{};{}",
            "gsrn",
            pl.lit(resolution),
            pl.col("start").dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
            amount.fill_null(""),
            pl.when(pl.col("wh").is_null()).then(pl.lit("MISSING")).otherwise(pl.lit("OK")),
        )
    ).to_series()
    path.write_text("\ufeff" + "\n".join([HEADERS["fi"], *lines]) + "\n", encoding="utf-8")
    return path


def day_sums(lake: Lake) -> pl.DataFrame:
    with lake.snapshot() as snapshot:
        frame = snapshot.frame("consumption_days", ["gsrn", "local_date", "wh_sum", "intervals_present"])
    return frame.sort("gsrn", "local_date")


def expected_sums(rows: pl.DataFrame) -> pl.DataFrame:
    local = pl.col("start").dt.convert_time_zone(ZONE.key).dt.date().alias("local_date")
    return (
        rows.group_by("gsrn", local)
        .agg(
            pl.col("wh").sum().alias("wh_sum"), pl.col("wh").count().cast(pl.Int16).alias("intervals_present")
        )
        .sort("gsrn", "local_date")
    )


def imported(lake: Lake, *paths: Path) -> Lake:
    done = import_files(
        paths,
        kinds=KINDS,
        settings=SETTINGS,
        lake=lake,
        ledger=None,
        now=NOW,  # type: ignore[arg-type]
    )
    assert [(one.refused, one.quarantined, one.unchanged) for one in done] == [(None, 0, False)] * len(paths)
    return lake


def test_quarters(lake: Lake, quarters: pl.DataFrame, tmp_path: Path) -> None:
    imported(lake, datahub_file(tmp_path / "quarters.csv", quarters, "PT15M"))
    assert day_sums(lake).equals(expected_sums(quarters))


def test_hours(lake: Lake, hours: pl.DataFrame, tmp_path: Path) -> None:
    assert 0 < hours["wh"].null_count() < len(hours) / 20
    imported(lake, datahub_file(tmp_path / "hours.csv", hours, "PT1H"))
    assert day_sums(lake).equals(expected_sums(hours))


def test_quarters_over_hours(lake: Lake, hours: pl.DataFrame, quarters: pl.DataFrame, tmp_path: Path) -> None:
    """The quarters of the second year come after the hours of both, and not all of their days are whole."""
    second_year = quarters.filter(pl.col("start").dt.year() == 2013)
    files = (
        datahub_file(tmp_path / "h.csv", hours, "PT1H"),
        datahub_file(tmp_path / "q.csv", second_year, "PT15M"),
    )
    imported(lake, *files)
    replaced = second_year.select("gsrn", pl.col("start").dt.truncate("1h")).unique()
    kept = hours.join(replaced, on=["gsrn", "start"], how="anti")
    found, expected = day_sums(lake), expected_sums(pl.concat([kept, second_year]))
    assert found.select("gsrn", "local_date", "wh_sum").equals(
        expected.select("gsrn", "local_date", "wh_sum")
    )


def test_one_file_a_household_in_any_order(lake: Lake, quarters: pl.DataFrame, tmp_path: Path) -> None:
    parts = quarters.sort("start").partition_by("gsrn", maintain_order=True)[:3]
    paths = [datahub_file(tmp_path / f"{at}.csv", part, "PT15M") for at, part in enumerate(parts)]
    imported(lake, *reversed(paths))
    assert day_sums(lake).equals(expected_sums(pl.concat(parts)))
