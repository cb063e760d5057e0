"""Usage places: where they are, how they are built and heated, and which appliances stand in them.

The appliances are the ground truth of consumption: `loads` turns each row into a year of intervals.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Flags, Floats, Integers, choose, pick
from campaigns.demo.places import AREAS, COTTAGE_AREAS, ELSEWHERE, STREETS

GSRN_PREFIX = 6430075  # the made-up prefix of domain.md 4.1
_SERIALS = 999_999_937  # a prime: multiplying below it gives every serial once
_HEATED = ("direct_electric", "storage_electric", "heat_pump_air", "heat_pump_ground")

_HOUSES = {"detached_house": 0.72, "row_house": 0.19, "semi_detached": 0.09}
_HEATING = {
    "old_house": {
        "direct_electric": 0.27, "storage_electric": 0.14, "heat_pump_air": 0.16, "heat_pump_ground": 0.11,
        "district_heat": 0.15, "oil": 0.12, "wood": 0.05,
    },
    "new_house": {
        "direct_electric": 0.12, "heat_pump_air": 0.20, "heat_pump_ground": 0.46, "district_heat": 0.22,
    },
    "row_house": {
        "district_heat": 0.62, "direct_electric": 0.26, "heat_pump_air": 0.07, "heat_pump_ground": 0.05,
    },
    "apartment": {"district_heat": 0.93, "direct_electric": 0.05, "other": 0.02},
    "cottage": {"direct_electric": 0.55, "wood": 0.33, "heat_pump_air": 0.12},
    "commercial": {"district_heat": 0.76, "direct_electric": 0.10, "heat_pump_ground": 0.09, "oil": 0.05},
}  # fmt: skip
_AREA_M2 = {
    "apartment": 56, "row_house": 82, "semi_detached": 98, "detached_house": 138, "cottage": 62,
    "commercial": 420,
}  # fmt: skip
_AREA_SPREAD = {
    "apartment": 20, "row_house": 18, "semi_detached": 22, "detached_house": 35, "cottage": 22,
    "commercial": 300,
}  # fmt: skip


def build(dice: Dice, topic: str, count: int, *, kind: str = "home", first: int = 0) -> pl.DataFrame:
    """`count` usage places of a kind (home, cottage, flat, commercial), numbered from `first`."""
    rng = dice.of(f"homes:{topic}")
    places = areas(rng, count, kind)
    types = _types(rng, places["flats"].to_numpy(), kind)
    year = _years(rng, types)
    frame = pl.DataFrame(
        {
            "site": np.arange(first, first + count),
            "gsrn": gsrns(np.arange(first, first + count)),
            "street": streets(rng, count, flat=types == "apartment"),
            "postal_code": places["postal_code"],
            "city": places["city"],
            "network": places["network"],
            "building_type": types,
            "building_year": year,
            "heating": _heating(rng, types, year),
            "area_m2": _area(rng, types),
        }
    )
    return _appliances(dice.of(f"appliances:{topic}"), frame)


def gsrns(serials: Integers) -> Integers:
    """Metering point ids with a valid check digit (GS1, weights 3 and 1 from the right)."""
    body = GSRN_PREFIX * 10**10 + 9 * 10**9 + serials * 48_271 % _SERIALS
    total, rest = np.zeros_like(body), body.copy()
    for place in range(17):
        total += (rest % 10) * (3 if place % 2 == 0 else 1)
        rest //= 10
    numbers: Integers = body * 10 + (10 - total % 10) % 10
    return numbers


def areas(rng: np.random.Generator, count: int, kind: str) -> pl.DataFrame:
    """That many postal areas: postal_code, city, weight, flats, network."""
    places = {"cottage": COTTAGE_AREAS, "elsewhere": ELSEWHERE}.get(kind, AREAS)
    weights = np.array([area.weight for area in places])
    return pl.DataFrame(places)[rng.choice(len(places), count, p=weights / weights.sum())]


def _types(rng: np.random.Generator, flats: Floats, kind: str) -> pl.Series:
    count = len(flats)
    if kind == "home":
        houses = pick(rng, _HOUSES, count)
        apartments = pl.Series(rng.random(count) < flats)
        return houses.set(apartments, "apartment").alias("building_type")
    word = {"flat": "apartment"}.get(kind, kind)
    return pl.Series("building_type", [word], dtype=pl.String).new_from_index(0, count)


def _years(rng: np.random.Generator, types: pl.Series) -> Integers:
    decades = rng.choice([1940, 1950, 1960, 1970, 1980, 1990, 2000, 2010, 2020], len(types),
                         p=[0.04, 0.09, 0.15, 0.19, 0.20, 0.11, 0.11, 0.09, 0.02])  # fmt: skip
    years: Integers = np.minimum(decades + rng.integers(0, 10, len(types)), 2024).astype(np.int64)
    return years


def _heating(rng: np.random.Generator, types: pl.Series, year: Integers) -> pl.Series:
    heating = pick(rng, _HEATING["old_house"], len(types))
    kinds = types.to_numpy()
    groups = {
        "new_house": (kinds == "detached_house") & (year > 2005),
        "row_house": np.isin(kinds, ["row_house", "semi_detached"]),
        **{kind: kinds == kind for kind in ("apartment", "cottage", "commercial")},
    }
    for group, mask in groups.items():
        heating = pl.select(
            pl.when(pl.Series(mask)).then(pick(rng, _HEATING[group], len(types))).otherwise(heating)
        ).to_series()
    return heating


def _area(rng: np.random.Generator, types: pl.Series) -> Integers:
    mean = types.replace_strict(_AREA_M2, return_dtype=pl.Float64).to_numpy()
    spread = types.replace_strict(_AREA_SPREAD, return_dtype=pl.Float64).to_numpy()
    sizes: Integers = np.maximum(rng.normal(mean, spread), mean * 0.4).astype(np.int64)
    return sizes


def streets(rng: np.random.Generator, count: int, *, flat: pl.Series) -> pl.Series:
    """Street addresses, with stair and door where it is a flat."""
    frame = pl.DataFrame(
        {
            "street": choose(rng, STREETS, count),
            "house": rng.integers(1, 90, count),
            "stair": choose(rng, ("A", "B", "C", "D"), count),
            "door": rng.integers(1, 60, count),
            "flat": flat,
        }
    )
    plain = pl.format("{} {}", "street", "house")
    return frame.select(
        pl.when("flat").then(pl.format("{} {} {}", plain, "stair", "door")).otherwise(plain)
    ).to_series()


def _appliances(rng: np.random.Generator, frame: pl.DataFrame) -> pl.DataFrame:
    """What uses and makes electricity there: shares of a town, a little higher so that models see some."""
    count = frame.height
    kinds, heating = frame["building_type"].to_numpy(), frame["heating"].to_numpy()
    house = np.isin(kinds, ["detached_house", "semi_detached"])
    area = frame["area_m2"].to_numpy()
    ev = rng.random(count) < np.where(house, 0.22, np.where(kinds == "row_house", 0.12, 0.02))
    pv = rng.random(count) < np.where(house, 0.16, np.where(kinds == "commercial", 0.10, 0.0))
    small_house = np.isin(kinds, ["cottage", "row_house"])
    sauna = rng.random(count) < np.where(house, 0.85, np.where(small_house, 0.6, 0.22))
    relay = (heating == "storage_electric") | ((heating == "direct_electric") & (rng.random(count) < 0.4))
    return frame.with_columns(
        occupants=pl.Series(np.minimum(1 + rng.poisson(np.clip(area / 90, 0.3, 1.9)), 6)),
        base_kw=pl.Series(rng.lognormal(-2.35, 0.35, count) * np.where(kinds == "commercial", 12, 1)),
        heat_kw_per_k=pl.Series(_heat_loss(rng, frame)),
        ev_kw=pl.Series(np.where(ev, rng.choice([3.7, 7.4, 11.0], count, p=[0.35, 0.35, 0.3]), 0.0)),
        pv_kwp=pl.Series(np.where(pv, np.round(rng.uniform(3, 11, count), 1), 0.0)),
        sauna_kw=pl.Series(np.where(sauna, np.round(rng.uniform(6, 9, count), 1), 0.0)),
        night_relay=pl.Series(relay & (kinds != "commercial")),
        retired=pl.Series(rng.random(count) < 0.27),
        evening=pl.Series(rng.random(count) < 0.22),
        fuse_a=pl.Series(_fuse(kinds, heating, ev | pv, area)),
    )


def _heat_loss(rng: np.random.Generator, frame: pl.DataFrame) -> Floats:
    """Heat that the building loses, kW for each kelvin: about 0.17 for a house of 140 m2 from 1980."""
    year, area = frame["building_year"].to_numpy(), frame["area_m2"].to_numpy()
    per_m2 = np.interp(year, [1940, 1965, 1980, 2000, 2015], [1.45, 1.4, 1.15, 0.95, 0.65])
    shared = np.where(frame["building_type"].to_numpy() == "apartment", 0.6, 1.0)  # warm neighbours
    losses: Floats = area * per_m2 * shared / 1000 * rng.lognormal(0, 0.15, frame.height)
    return losses


def _fuse(kinds: Integers, heating: Integers, much: Flags, area: Integers) -> Integers:
    electric = np.isin(heating, _HEATED)
    fuses: Integers = np.select(
        [kinds == "commercial", (area > 150) & (electric | much), kinds != "apartment"],
        [np.where(area > 400, 160, 63), 35, 25],
        25,
    ).astype(np.int64)
    return fuses
