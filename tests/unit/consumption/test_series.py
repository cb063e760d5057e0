"""Prices and temperatures into a lake in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import pytest

from campaigns.consumption.series import SPOT_PRICES, TEMPERATURES
from campaigns.register.deliveries import Imported
from support.readings import NOW, SETTINGS, MemoryLake, delivery

Load = Callable[..., Imported]
MIDNIGHT = datetime(2025, 1, 15, tzinfo=UTC)


@pytest.fixture
def lake() -> MemoryLake:
    return MemoryLake()


@pytest.fixture
def load(lake: MemoryLake, tmp_path: Path) -> Load:
    def load(
        content: str, *, into: MemoryLake = lake, received: datetime = NOW, **source: object
    ) -> Imported:
        kind = TEMPERATURES if "celsius" in content or "columns" in source else SPOT_PRICES
        sent = delivery(tmp_path / "file.csv", content, received=received, kind=kind.name, **source)
        return kind.load(sent, settings=SETTINGS, lake=into, ledger=None, now=NOW)  # type: ignore[arg-type]

    return load


def prices(lake: MemoryLake) -> list[tuple[datetime, int, int]]:
    return lake.frame("prices").select("start", "minutes", "price_mc").rows()


@pytest.mark.parametrize("written", ["12,345", "12.345", "12.3449", "12.34451"])
def test_prices_are_kept_in_thousandths_of_a_cent(lake: MemoryLake, load: Load, written: str) -> None:
    load(f"start;price\n2025-01-15T00:00:00Z;{written}\n")
    assert prices(lake) == [(MIDNIGHT, 60, 12345)]


def test_negative_prices_and_times_with_an_offset(lake: MemoryLake, load: Load) -> None:
    load("start;price\n2025-01-15T02:00:00+02:00;-0,5\n2025-01-15 01:00;3\n")
    assert prices(lake) == [(MIDNIGHT, 60, -500), (MIDNIGHT + timedelta(hours=1), 60, 3000)]


def test_hourly_and_quarter_prices_in_one_file(lake: MemoryLake, load: Load) -> None:
    load(
        "start;price\n2025-01-15T00:00Z;1\n2025-01-15T01:00Z;2\n2025-01-15T01:15Z;3\n2025-01-15T01:30Z;4\n"
        "2025-01-15T01:45Z;5\n2025-01-15T02:15Z;6\n"
    )
    assert [minutes for _, minutes, _ in prices(lake)] == [60, 15, 15, 15, 15, 15]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2025-01-15T00:00:00Z;dear", "CON121"),
        ("2025-01-15T00:00:00Z;1000,5", "CON121"),
        ("2025-01-15T00:07:00Z;1", "CON120"),
        ("2025-01-45T00:00:00Z;1", "REG126"),
        ("2025-01-15T00:00:00Z;", "REG120"),
        (";1", "REG120"),
    ],
)
def test_wrong_rows_are_set_aside(lake: MemoryLake, load: Load, row: str, reason: str) -> None:
    imported = load(f"start;price\n2025-01-14T00:00Z;1\n{row}\n")
    assert lake.frame("quarantine").select("line", "reason").rows() == [(3, reason)]
    assert (imported.rows, imported.accepted, imported.quarantined) == (2, 1, 1)
    assert len(prices(lake)) == 1


def test_temperatures_with_the_source_s_own_names(lake: MemoryLake, load: Load) -> None:
    load("aika;lämpötila\n2025-01-15T00:00:00Z;-12,34\n", columns={"aika": "start", "lämpötila": "celsius"})
    assert lake.frame("temperatures").select("start", "celsius_x10").rows() == [(MIDNIGHT, -123)]


def test_the_newest_file_wins_in_any_order_and_the_later_line_of_a_file(load: Load) -> None:
    files = [
        ("start;price\n2025-01-15T00:00Z;1\n2025-01-15T01:00Z;1\n", NOW),
        ("start;price\n2025-01-15T00:00Z;2\n2025-01-15T00:00Z;3\n", NOW + timedelta(microseconds=1)),
        ("start;price\n2025-01-15T01:00Z;4\n", NOW - timedelta(days=1)),
        ("start;price\n2025-01-15T01:00Z;5\n", NOW),
    ]
    tables = []
    for order in permutations(files):
        lake = MemoryLake()
        for content, received in order:
            load(content, into=lake, received=received)
        tables.append(lake.frame("prices"))
    assert all(table.equals(tables[0]) for table in tables)
    assert tables[0]["price_mc"][0] == 3000
    assert tables[0]["price_mc"][1] in (1000, 5000)  # received together: the hash decides


def test_the_same_file_again_changes_nothing(lake: MemoryLake, load: Load) -> None:
    load("start;price\n2025-01-15T00:00Z;1\n")
    assert load("start;price\n2025-01-15T00:00Z;1\n", received=NOW + timedelta(days=1)).unchanged


def test_kinds_know_their_own_names() -> None:
    assert SPOT_PRICES.recognises(["Start", "price"])
    assert TEMPERATURES.recognises(["start", "celsius", "station"])
    assert not SPOT_PRICES.recognises(["start", "celsius"])
