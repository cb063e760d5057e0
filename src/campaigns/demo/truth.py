"""What is really so in the town: for tests that ask whether the engine finds it out. Never an input."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

_HOME = (
    "site", "gsrn", "building_type", "building_year", "heating", "area_m2", "occupants", "base_kw",
    "heat_kw_per_k", "ev_kw", "pv_kwp", "sauna_kw", "night_relay", "retired", "evening",
    "follows_price", "fuse_a",
)  # fmt: skip


def write(
    path: Path,
    people: pl.DataFrame,
    homes: pl.DataFrame,
    contracts: pl.DataFrame,
    metered: pl.DataFrame,
    network: pl.DataFrame,
    as_of: date,
) -> None:
    """One row for each person and home they hold today: people without a home and homes of companies too.

    Columns: customer number, the number in the network company's register (NULL: not there), kind, language,
    relationship, deceased, protected; site, gsrn, building, appliances, `resolution` of the readings (NULL:
    not metered), contract_type, end.
    """
    running = contracts.filter(
        (pl.col("start") <= as_of) & (pl.col("end").is_null() | (pl.col("end") >= as_of))
    )
    places = homes.select(_HOME).join(metered.select("site", "resolution"), on="site", how="left")
    held = running.select("person", "company", "site", "contract_type", "end").join(places, on="site")
    also = network.filter(pl.col("same_as").is_not_null()).select(person="same_as", network_number="number")
    who = people.select("person", "number", "kind", "language", "relationship", "deceased", "protected")
    rows = held.join(who.join(also, on="person", how="left"), on="person", how="full", coalesce=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows.sort("person", "site", nulls_last=True, maintain_order=True).write_parquet(path, statistics=False)
