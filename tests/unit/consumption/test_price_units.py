"""Prices as sources give them: with and without tax, in c/kWh and EUR/MWh; and a year of real prices."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.consumption import price_units
from campaigns.consumption.series import SPOT_PRICES
from campaigns.register.deliveries import Imported
from support.readings import NOW, SETTINGS, ZONE, MemoryLake, delivery

REAL = Path(__file__).parents[4] / "shared" / "data" / "fi_spot_hourly.csv"
EXCLUDED = {"vat": "excluded"}


def load(folder: Path, content: str, lake: MemoryLake, **source: object) -> Imported:
    sent = delivery(folder / "prices.csv", content, kind="spot_prices", **source)
    return SPOT_PRICES.load(sent, settings=SETTINGS, lake=lake, ledger=None, now=NOW)  # type: ignore[arg-type]


def kept(folder: Path, content: str, **source: object) -> list[int]:
    lake = MemoryLake()
    load(folder, content, lake, **source)
    return lake.frame("prices")["price_mc"].to_list()


@pytest.mark.parametrize(
    ("start", "net", "gross_mc"),
    [
        ("2022-11-30T21:59:00Z", "10", None),  # not on the grid
        ("2022-11-30T21:45:00Z", "10", 12_400),
        ("2022-11-30T22:00:00Z", "10", 11_000),  # local midnight
        ("2023-04-30T20:45:00Z", "10", 11_000),
        ("2023-04-30T21:00:00Z", "10", 12_400),
        ("2024-08-31T20:45:00Z", "10", 12_400),
        ("2024-08-31T21:00:00Z", "10", 12_550),
        ("2025-10-01T10:15:00Z", "-0,5", -627),  # -627,5: halves up
        ("2012-12-31T21:45:00Z", "10", 12_300),
    ],
)
def test_tax_by_local_day(tmp_path: Path, start: str, net: str, gross_mc: int | None) -> None:
    expected = [] if gross_mc is None else [gross_mc]
    assert kept(tmp_path, f"start;price\n{start};{net}\n", defaults=EXCLUDED) == expected
    in_euros = f"start;price\n{start};{Decimal(net.replace(',', '.')) * 10}\n"
    assert kept(tmp_path, in_euros, defaults={**EXCLUDED, "unit": "eur_mwh"}) == expected


def test_each_row_may_say_it(tmp_path: Path) -> None:
    content = (
        "start;price;unit;vat\n2025-01-15T00:00Z;100;eur_mwh;included\n2025-01-15T01:00Z;10;;\n"
        "2025-01-15T02:00Z;10;c_kwh;excluded\n2025-01-15T03:00Z;1;ore;included\n2025-01-15T04:00Z;1;;perhaps\n"
        "2025-01-15T05:00Z;10000,1;eur_mwh;\n"
    )
    lake = MemoryLake()
    done = load(tmp_path, content, lake)
    assert lake.frame("prices")["price_mc"].to_list() == [10_000, 10_000, 12_550]
    assert sorted(lake.frame("quarantine")["line"]) == [5, 6, 7]
    assert done.quarantined == 3


def test_words_of_the_source(tmp_path: Path) -> None:
    values = {"unit": {"EUR/MWh": "eur_mwh"}, "vat": {"alv 0": "excluded"}}
    content = "start;price;unit;vat\n2025-01-15T00:00Z;-40;EUR/MWh;ALV 0\n"
    assert kept(tmp_path, content, values=values) == [-5_020]


@given(
    st.decimals("-9999", "9999", places=6),
    st.sampled_from([1, 10]),
    st.integers(0, 4 * 365 * 24),
)
def test_rounded_once(price: Decimal, size: int, hours: int) -> None:
    start = datetime(2022, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    day = start.astimezone(ZONE).date()
    rate = Decimal("0.24")
    if date(2022, 12, 1) <= day <= date(2023, 4, 30):
        rate = Decimal("0.10")
    if day >= date(2024, 9, 1):
        rate = Decimal("0.255")
    exact = price / size * (1 + rate) * 1000
    shifted = (exact + 10**9).quantize(Decimal(1), ROUND_HALF_UP) - 10**9  # halves up, below zero too
    starts = pl.Series([start], dtype=pl.Datetime("us", "UTC"))
    found = price_units.milli_cents(
        pl.Series([int(price * 10**6)]),
        pl.Series([size]),
        price_units.vat_permille(starts, ZoneInfo("Europe/Helsinki")),
    )
    assert found[0] == shifted


@pytest.mark.skipif(not REAL.exists(), reason="the real prices are not beside the repository")
def test_real_prices_with_and_without_tax(tmp_path: Path) -> None:
    """Taxed prices go in as they are; without their tax, in EUR/MWh, they come out the same."""
    lake = MemoryLake()
    columns = {"ts_utc": "start", "price_c_kwh_incl_vat": "price"}
    done = load(tmp_path, REAL.read_text(), lake, columns=columns)
    real = pl.read_csv(REAL, has_header=False, skip_rows=1, schema={"start": pl.String, "price": pl.String})
    assert (done.accepted, done.quarantined) == (10_176, 0)
    found = lake.frame("prices")
    expected = [
        int((Decimal(text) * 1000 + 10**9).quantize(Decimal(1), ROUND_HALF_UP)) - 10**9
        for text in real["price"]
    ]
    assert found["price_mc"].to_list() == expected
    assert found["minutes"].unique().to_list() == [60]
    lines = ["start;price"]
    for start, text in real.rows():
        rate = Decimal("1.10") if start < "2023-04-30T21" else Decimal("1.24")
        lines.append(f"{start};{(Decimal(text) / rate * 10):.6f}")
    without = MemoryLake()
    load(tmp_path, "\n".join(lines), without, defaults={"vat": "excluded", "unit": "eur_mwh"})
    assert without.frame("prices")["price_mc"].to_list() == expected
