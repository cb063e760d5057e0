"""Electricity contracts: cut from who lived where when, each stay a chain of one contract after another."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Flags, pick

TYPES = {"fixed_term": 0.47, "open_ended": 0.24, "spot": 0.29}
PRODUCTS = {"fixed_term": "Lahti Kiinteä 24", "open_ended": "Lahti Vakaa", "spot": "Lahti Pörssi"}
SOON = 60  # days: a renewal is asked for before the contract ends
_ELECTRIC = ("direct_electric", "storage_electric")


def sign(dice: Dice, stays: pl.DataFrame, homes: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Contracts of all stays (person or company, site, start, end; NULL end: they live there).

    Columns: contract, person, company, site, gsrn, product, contract_type, start, end (both included,
    NULL = open), estimate (kWh a year), price (c/kWh, NULL on spot), margin (c/kWh on spot), follows_price.
    """
    rng = dice.of("contracts")
    stays = stays.join(homes, on="site", maintain_order="left")
    kind = pick(rng, TYPES, stays.height)
    soon = _ends_soon(rng, stays)
    today = _cut(rng, stays, kind, soon, as_of)
    before = _earlier(rng, today)
    after = _renewed(rng, today, soon)
    chain = pl.concat([before, today, after])
    priced = chain.with_columns(
        product=pl.col("contract_type").replace_strict(PRODUCTS, return_dtype=pl.String),
        estimate=_estimate(),
        **_prices(rng, chain.height),
    )
    return priced.select(
        "person", "company", "site", "gsrn", "product", "contract_type", "start", "end", "estimate",
        "price", "margin", "follows_price",
    ).with_row_index("contract")  # fmt: skip


def _ends_soon(rng: np.random.Generator, stays: pl.DataFrame) -> Flags:
    """Whose fixed term ends within two months: more of the electrically heated houses than of others."""
    house = stays.select((pl.col("building_type") == "detached_house") & pl.col("heating").is_in(_ELECTRIC))
    flags: Flags = rng.random(stays.height) < np.where(house.to_series().to_numpy(), 0.45, 0.07)
    flags[0] = True
    flags &= stays["end"].is_null().to_numpy()
    return flags


def _cut(
    rng: np.random.Generator, stays: pl.DataFrame, kind: pl.Series, soon: Flags, as_of: date
) -> pl.DataFrame:
    """The contract that runs today (or ran when they left)."""
    count = stays.height
    length = np.where(rng.random(count) < 0.7, 730, 365)
    ends_in = np.where(soon, rng.integers(4, SOON - 2, count), rng.integers(SOON + 1, 725, count))
    follows = (rng.random(count) < 0.5) & ((stays["pv_kwp"] > 0) | (stays["ev_kw"] > 0)).to_numpy()
    follows |= rng.random(count) < 0.25
    frame = stays.with_columns(
        contract_type=pl.Series(np.where(soon, "fixed_term", kind.to_numpy()), dtype=pl.String),
        term=pl.Series(np.maximum(length, ends_in + 5)),
        ends_in=pl.Series(ends_in),
        running=pl.Series(rng.integers(10, 1200, count)),
        follows=pl.Series(follows),
        left=pl.col("end"),
    ).with_columns(
        term=pl.duration(days="term"),
        fixed_end=as_of + pl.duration(days="ends_in"),
        asked=as_of - pl.duration(days="running"),
    )
    fixed = pl.col("contract_type") == "fixed_term"
    last_start = pl.coalesce("left", pl.lit(as_of)) - pl.duration(days=5)
    wanted = pl.when(fixed).then(pl.col("fixed_end") - pl.col("term")).otherwise("asked")
    return frame.with_columns(
        arrived=pl.col("start"),
        start=pl.max_horizontal(pl.min_horizontal(wanted, last_start), "start"),
        end=pl.coalesce("left", pl.when(fixed).then("fixed_end")),
        follows_price=pl.col("follows") & (pl.col("contract_type") == "spot"),
    )


def _earlier(rng: np.random.Generator, today: pl.DataFrame) -> pl.DataFrame:
    """The contract that they had before, where they lived there already."""
    kind = pick(rng, {"fixed_term": 0.5, "open_ended": 0.5}, today.height)
    return today.with_columns(
        contract_type=kind,
        end=pl.col("start") - pl.duration(days=1),
        start=pl.max_horizontal("arrived", pl.col("start") - pl.duration(days=800)),
        follows_price=pl.lit(value=False),
    ).filter(pl.col("start") + pl.duration(days=30) < pl.col("end"))


def _renewed(rng: np.random.Generator, today: pl.DataFrame, soon: Flags) -> pl.DataFrame:
    """A third of those whose contract ends soon have signed the next one already."""
    signed = soon & (rng.random(today.height) < 0.33)
    following = today.filter(pl.Series(signed)).with_columns(
        start=pl.col("end") + pl.duration(days=1), follows_price=pl.lit(value=False)
    )
    return following.with_columns(end=pl.col("start") + pl.duration(days=729))


def _prices(rng: np.random.Generator, count: int) -> dict[str, pl.Expr]:
    """The price agreed for a term or until further notice, and the margin on spot; VAT included."""
    agreed = pl.Series(np.round(rng.normal(8.2, 0.9, count).clip(5, 12), 2))
    cheaper = pl.when(contract_type="fixed_term").then(0.0).otherwise(0.9)
    return {
        "price": pl.when(pl.col("contract_type") != "spot").then((agreed + cheaper).round(2)),
        "margin": pl.lit(pl.Series(rng.choice([0.39, 0.45, 0.55], count))),
    }


def _estimate() -> pl.Expr:
    """The supplier's figure of a year's use, kWh in hundreds: from the building, before any reading."""
    degree_hours = 4200 * 24
    efficiency = pl.col("heating").replace_strict(
        {"direct_electric": 1.0, "storage_electric": 1.0, "heat_pump_air": 0.55, "heat_pump_ground": 0.33},
        default=0.02,
        return_dtype=pl.Float64,
    )
    heat = pl.col("heat_kw_per_k") * degree_hours * efficiency
    life = (pl.col("base_kw") + 0.07 + 0.075 * pl.col("occupants")) * 8760
    life = pl.when(building_type="commercial").then(pl.col("area_m2") * 105).otherwise(life)
    part = pl.when(building_type="cottage").then(0.35).otherwise(1.0)
    return ((heat + life) * part / 100).round().cast(pl.Int64) * 100
