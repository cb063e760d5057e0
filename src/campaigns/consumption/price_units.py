"""What a price of a file is in 1/1000 c/kWh with tax: its unit and the Finnish VAT of its day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import polars as pl

PER_CENT_A_KWH: Mapping[str, int] = {"c_kwh": 1, "eur_mwh": 10}  # how many of the unit are 1 c/kWh
VAT = ("included", "excluded")
# VAT on electricity in Finland, in 1/1000, from the local day on.
RATES: tuple[tuple[date, int], ...] = (
    (date(1994, 6, 1), 220),
    (date(2010, 7, 1), 230),
    (date(2013, 1, 1), 240),
    (date(2022, 12, 1), 100),  # for one winter, by law 1136/2022
    (date(2023, 5, 1), 240),
    (date(2024, 9, 1), 255),
)


def vat_permille(starts: pl.Series, zone: ZoneInfo) -> pl.Series:
    """The rate on the local day of each start, in 1/1000."""
    days = starts.dt.convert_time_zone(str(zone)).dt.date()
    rate = pl.lit(0)
    for first, permille in RATES:
        rate = pl.when(pl.lit(days) >= first).then(permille).otherwise(rate)
    return pl.select(rate.cast(pl.Int64).alias("permille")).to_series()


def milli_cents(millionths: pl.Series, per_cent: pl.Series, permille: pl.Series) -> pl.Series:
    """1/1000 c/kWh from 1/1000000 of the file's unit, tax added, rounded once and halves up."""
    divisor = per_cent * 1_000_000
    return (millionths * (1000 + permille) + divisor // 2) // divisor
