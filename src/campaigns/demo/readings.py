"""Which homes have their readings in the town's Datahub files, at which resolution, and how they read."""

from __future__ import annotations

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Integers
from campaigns.demo.loads import energy
from campaigns.demo.outdoors import Surroundings

METERED_SHARE = 0.15  # of the customers
LEAST_METERED = 300
_RESOLUTIONS = {"PT1H": 0.87, "PT15M": 0.08, "change": 0.05}


def choose_metered(dice: Dice, homes: pl.DataFrame, held: pl.DataFrame, customers: int) -> pl.DataFrame:
    """Homes whose readings are given, with all the homes of each chosen holder: column `resolution` is added.

    `held`: site, holder, interesting (a weight: what segments look for is metered more often).
    """
    rng = dice.of("metered")
    wanted = max(LEAST_METERED, round(customers * METERED_SHARE))
    holders = held.group_by("holder", maintain_order=True).agg(pl.len(), pl.col("interesting").max())
    order = np.argsort(rng.exponential(1, holders.height) / holders["interesting"].to_numpy())
    enough = np.cumsum(holders["len"].to_numpy()[order]) <= wanted
    chosen = held.join(holders[order[enough]].select("holder"), on="holder", how="semi")
    metered = homes.filter(pl.col("site").is_in(chosen["site"].to_list()))
    words, parts = list(_RESOLUTIONS), list(_RESOLUTIONS.values())
    kind = rng.choice(len(words), metered.height, p=parts)
    kind[: len(words)] = np.arange(len(words))[: metered.height]  # a small town has one of each too
    return metered.with_columns(resolution=pl.Series(words).gather(kind))


def read(dice: Dice, topic: str, homes: pl.DataFrame, around: Surroundings) -> pl.DataFrame:
    """Every interval of these homes: gsrn, step (quarters from the start), minutes, wh (negative: fed in)."""
    rng = dice.of(f"loads:{topic}")
    hourly = homes.filter(resolution="PT1H")
    fine = homes.filter(pl.col("resolution") != "PT1H")
    parts = []
    if hourly.height:
        parts.append(_hours(hourly["gsrn"].to_numpy(), energy(rng, hourly, around.hours)))
    if fine.height:
        wh = energy(rng, fine, around.quarters)
        since = _change(rng, fine, around)
        parts.extend(_mixed(gsrn, row, at) for gsrn, row, at in zip(fine["gsrn"], wh, since, strict=True))
    return pl.concat(parts)


def _change(rng: np.random.Generator, fine: pl.DataFrame, around: Surroundings) -> Integers:
    """The quarter from which a home is read in quarters: a local midnight, or the very first."""
    grid = around.quarters.grid
    day = rng.integers(grid.days // 4, max(grid.days * 3 // 4, grid.days // 4 + 1), fine.height)
    changes = fine["resolution"].to_numpy() == "change"
    starts: Integers = np.searchsorted(grid.day, day)
    return np.where(changes, starts, 0)


def _hours(gsrn: Integers, wh: Integers | np.ndarray) -> pl.DataFrame:
    points, steps = wh.shape
    return pl.DataFrame(
        {
            "gsrn": np.repeat(gsrn, steps),
            "step": np.tile(np.arange(0, steps * 4, 4, dtype=np.int32), points),
            "minutes": np.full(points * steps, 60, dtype=np.int16),
            "wh": wh.ravel(),
        }
    )


def _mixed(gsrn: int, wh: np.ndarray, since: int) -> pl.DataFrame:
    hours = wh[:since].reshape(-1, 4).sum(axis=1).astype(np.int32)
    step = np.concatenate([np.arange(0, since, 4), np.arange(since, len(wh))]).astype(np.int32)
    return pl.DataFrame(
        {
            "gsrn": np.full(len(step), gsrn),
            "step": step,
            "minutes": np.where(step < since, 60, 15).astype(np.int16),
            "wh": np.concatenate([hours, wh[since:]]),
        }
    )
