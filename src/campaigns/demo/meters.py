"""Readings that come past the Datahub: a former metering system's history, and meters of district heat.

Both name the usage place instead of a GSRN, and each file has the columns of the system that sends it.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Floats
from campaigns.demo.files import Inbox
from campaigns.demo.grid import Grid, midnight
from campaigns.demo.loads import energy
from campaigns.demo.outdoors import Outdoors, Surroundings
from campaigns.demo.registers import site_numbers

OLD_METERS = 3  # whose readings from before the Datahub's are given
HEAT_METERS = 6
_TIME = "%Y-%m-%dT%H:%M:%SZ"
_WARM = 17.0  # °C outside, from which on no room is heated
_KWH_PER_M3_AND_K = 1.163  # of water
_HOT, _HOTTER = 75.0, 1.1  # °C that come at 0 °C outside, and how many more for each degree below


def write(
    dice: Dice, inbox: Inbox, metered: pl.DataFrame, homes: pl.DataFrame, around: Surroundings, stamp: str
) -> None:
    """`mittaushistoria_*.csv` of a few metered homes, and `kaukolampo_*.csv` of houses on district heat."""
    old = metered.filter(pl.col("pv_kwp") == 0, pl.col("resolution") == "PT1H")[:OLD_METERS]
    inbox.write(f"mittaushistoria_{stamp}.csv", history_rows(dice, old, around.before))
    on_heat = (pl.col("heating") == "district_heat") & (pl.col("building_type") != "apartment")
    inbox.write(
        f"kaukolampo_{stamp}.csv",
        heat_rows(dice, homes.filter(on_heat)[:HEAT_METERS], around.hours),
        decimals=3,
    )


def history_rows(dice: Dice, homes: pl.DataFrame, outdoors: Outdoors) -> pl.DataFrame:
    """An hour a row, whole Wh."""
    wh = energy(dice.of("loads:history"), homes, outdoors).clip(0)
    return _rows(homes, outdoors.grid, {"kulutus_wh": wh.astype(np.int64)})


def heat_rows(dice: Dice, homes: pl.DataFrame, outdoors: Outdoors) -> pl.DataFrame:
    """What each meter's registers showed at every whole hour; they began to count at some time before."""
    rng = dice.of("heat meters")
    kw = _heat_kw(rng, homes, outdoors)
    hot = np.broadcast_to(_HOT - _HOTTER * np.minimum(outdoors.celsius, 0.0), kw.shape)
    cooled = rng.uniform(28, 48, (homes.height, 1)) + rng.normal(0, 1.5, kw.shape)
    volume = kw / (_KWH_PER_M3_AND_K * cooled)
    shown = {
        "energia_mwh": kw / 1000,
        "tilavuus_m3": volume,
        "meno_m3c": volume * hot,
        "paluu_m3c": volume * (hot - cooled),
    }
    hours_before = rng.integers(2_000, 40_000, (homes.height, 1))
    registers = {
        name: np.pad(np.cumsum(used, axis=1), [(0, 0), (1, 0)])
        + used.mean(axis=1, keepdims=True) * hours_before
        for name, used in shown.items()
    }
    return _rows(homes, outdoors.grid, registers)


def _heat_kw(rng: np.random.Generator, homes: pl.DataFrame, outdoors: Outdoors) -> Floats:
    """Rooms by the cold outside, and hot water by the clock."""
    area = homes["area_m2"].to_numpy().astype(np.float64)[:, None]
    cold = np.maximum(_WARM - outdoors.celsius, 0.0)
    water = 0.15 + 0.6 * (np.abs(outdoors.grid.hour - 7.5) < 1) + 0.8 * (np.abs(outdoors.grid.hour - 20) < 2)
    leak = rng.uniform(0.7e-3, 1.6e-3, (homes.height, 1))  # kW for each m2 and degree
    kw: Floats = leak * area * cold * rng.normal(1, 0.05, (homes.height, len(cold))) + water
    return np.maximum(kw, 0.05)


def _rows(homes: pl.DataFrame, grid: Grid, values: dict[str, np.ndarray]) -> pl.DataFrame:
    """A column of each matrix, home by home; one step more than the grid has is the end of its last."""
    steps = next(iter(values.values())).shape[1]
    times = pl.concat(
        [grid.texts, pl.Series([f"{midnight(grid.first + timedelta(days=grid.days)):{_TIME}}"])]
    )
    sites = homes.select(site_numbers("K")).to_series()
    return pl.DataFrame(
        {
            "käyttöpaikka": sites.gather(np.repeat(np.arange(homes.height), steps)),
            "aika": times.gather(np.tile(np.arange(steps), homes.height)),
            **{name: matrix.ravel() for name, matrix in values.items()},
        }
    )
