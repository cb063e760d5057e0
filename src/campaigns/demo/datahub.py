"""Readings as the Datahub customer portal gives them (domain.md 4.2), with gaps and corrections."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl

from campaigns.demo import readings
from campaigns.demo.dice import Dice, Flags
from campaigns.demo.files import Inbox
from campaigns.demo.outdoors import Surroundings

FINNISH_HEADER = (
    "Mittauspisteen tunnus", "Tuotteen tyyppi", "Resoluutio", "Yksikkötyyppi", "Lukeman tyyppi", "Alkuaika",
    "Määrä", "Laatu",
)  # fmt: skip
ENGLISH_HEADER = (
    "MeteringPointGSRN", "Product Type", "Resolution", "Unit Type", "Reading Type", "Start Time", "Quantity",
    "Quality",
)  # fmt: skip
ACTIVE_ENERGY = "8716867000030"
POINTS_A_FILE = 60
LATER = timedelta(minutes=25)  # how much later than the readings their correction came


@dataclass(frozen=True, kw_only=True)
class Written:
    """How many intervals the files hold, and what is wrong with some of them."""

    intervals: int
    missing: int
    absent: int
    revised: int
    filled: int


def write(dice: Dice, inbox: Inbox, homes: pl.DataFrame, around: Surroundings, stamp: str) -> Written:
    """Files of 60 metering points each, a small last one sent again, packed, and one of corrections."""
    last = homes[-2:]
    groups = [homes[at : at + POINTS_A_FILE] for at in range(0, homes.height - 2, POINTS_A_FILE)]
    groups = [group[: homes.height - 2 - at * POINTS_A_FILE] for at, group in enumerate(groups)]
    counts, corrections = [], []
    for number, group in enumerate([*groups, last], start=1):
        read = readings.read(dice, str(number), group, around)
        rows = spoil(
            dice.of(f"gaps:{number}"), by_direction(read, group.filter(pl.col("pv_kwp") > 0)["gsrn"])
        )
        first = rows.filter(~pl.col("absent")).with_columns(wh="first", estimated="revised")
        corrections.append(rows.filter(pl.col("revised") | pl.col("filled")))
        name = f"datahub_{stamp}_{number:02}.csv"
        frame = portal(first, around, english=number % 2 == 0)
        path = inbox.write(name, frame, decimals=6, bom=number == 2, broken=BROKEN if group is last else ())
        counts.append(rows.select(pl.len(), pl.col("missing", "absent", "revised", "filled").sum()))
        if group is last:
            copy = f"datahub_{stamp}_{number:02}_kopio.csv.gz"
            inbox.put(copy, gzip.compress(path.read_bytes(), mtime=0), frame.height + len(BROKEN))
    fixed = pl.concat(corrections).with_columns(missing=pl.lit(value=False), estimated=pl.lit(value=False))
    inbox.write(
        f"datahub_{stamp}_korjaus.csv",
        portal(fixed, around, english=False),
        decimals=6,
        received=inbox.received + LATER,
    )
    total = pl.concat(counts).sum().row(0, named=True)
    return Written(
        intervals=total["len"],
        missing=total["missing"],
        absent=total["absent"],
        revised=total["revised"],
        filled=total["filled"],
    )


# A wrong check digit, and a quantity that is no number.
BROKEN = (
    f"643007590000000009;{ACTIVE_ENERGY};PT1H;kWh;BN01;2026-01-01T00:00:00Z;1,000000;OK",
    f"643007590000000008;{ACTIVE_ENERGY};PT1H;kWh;BN01;2026-01-01T00:00:00Z;yksi;OK",
)


def by_direction(rows: pl.DataFrame, producers: pl.Series) -> pl.DataFrame:
    """Net readings as a series a direction: what came from the network, and what producers fed into it."""
    out = rows.filter(pl.col("gsrn").is_in(producers.implode())).with_columns(
        wh=(-pl.col("wh")).clip(0), export=pl.lit(value=True)
    )
    return pl.concat([rows.with_columns(wh=pl.col("wh").clip(0), export=pl.lit(value=False)), out])


def portal(rows: pl.DataFrame, around: Surroundings, *, english: bool) -> pl.DataFrame:
    """The eight columns of the portal's file."""
    starts = around.quarters.grid.texts.gather(rows["step"].cast(pl.UInt32))
    columns = rows.select(
        pl.col("gsrn").cast(pl.String),
        pl.lit(ACTIVE_ENERGY).alias("product"),
        pl.when(minutes=60).then(pl.lit("PT1H")).otherwise(pl.lit("PT15M")).alias("resolution"),
        pl.lit("kWh").alias("unit"),
        pl.when("export").then(pl.lit("BN02")).otherwise(pl.lit("BN01")).alias("reading"),
        starts.alias("start"),
        pl.when(~pl.col("missing")).then(pl.col("wh") / 1000).alias("quantity"),
        pl.when("missing")
        .then(pl.lit("MISSING"))
        .when("estimated")
        .then(pl.lit("EST"))
        .otherwise(pl.lit("OK"))
        .alias("quality"),
    )
    columns.columns = list(ENGLISH_HEADER if english else FINNISH_HEADER)
    return columns


def spoil(rng: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    """Adds what happens to readings on their way: flags missing, absent, revised, filled, and `first`.

    missing: a row without quantity; absent: no row at all; revised: `first` is a flat estimate, corrected
    later; filled: was missing, and came later. Most homes lose a few hours, one in thirty some weeks.
    """
    rows = rows.with_columns(
        series=pl.struct("gsrn", "export").rle_id(),
    )
    homes = int(rows["series"].max() or 0) + 1  # type: ignore[arg-type]  # an integer column
    lengths = rows.group_by("series", maintain_order=True).len()["len"].to_numpy().astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    size = rows.height

    def stretches(each: Flags, shortest: int, longest: int) -> Flags:
        """One stretch in each of these homes, at a random place."""
        flags = np.zeros(size, dtype=np.bool_)
        for home in np.flatnonzero(each):
            span = int(rng.integers(shortest, longest))
            begin = int(rng.integers(0, max(lengths[home] - span, 1)))
            flags[offsets[home] + begin : offsets[home] + min(begin + span, lengths[home])] = True
        return flags

    def some_homes(part: float) -> Flags:
        chosen: Flags = rng.random(homes) < part
        chosen[rng.integers(0, homes)] = True
        return chosen

    missing = stretches(rng.random(homes) < 0.8, 1, 9) | stretches(some_homes(0.3), 1, 40)
    long = stretches(some_homes(0.03), 12 * 24, 25 * 24)
    filled = stretches(some_homes(0.06), 5, 60)
    absent = stretches(some_homes(0.04), 24, 24 * 6) & ~(missing | long | filled)
    revised = stretches(some_homes(0.08), 24, 24 * 5) & ~(missing | long | filled | absent)
    return rows.with_columns(
        missing=pl.Series(missing | long | filled),
        filled=pl.Series(filled),
        absent=pl.Series(absent),
        revised=pl.Series(revised),
        first=pl.when(pl.Series(revised))
        .then(pl.col("wh").mean().over("series").round().cast(pl.Int32))
        .otherwise("wh"),
    ).drop("series")
