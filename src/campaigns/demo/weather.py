"""Hourly temperatures of a town at 61 N: seasons, spells that last a few days, warmer afternoons."""

from __future__ import annotations

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Floats
from campaigns.demo.grid import Grid


def celsius(dice: Dice, grid: Grid) -> Floats:
    """One value a step, °C with one decimal; the mean of a year is about 5."""
    rng = dice.of("weather")
    season = np.cos(2 * np.pi * (grid.day_of_year - 200) / 365.25)  # 1 in late July, -1 in late January
    normal = 5.6 + 12.2 * season
    spell = np.interp(grid.utc.dt.epoch("s").to_numpy(), *_spells(rng, grid)) * (4.6 - 1.9 * season)
    swing = (1.0 + 3.2 * np.clip(season + 0.6, 0, None)) * np.cos(2 * np.pi * (grid.hour - 15.5) / 24)
    values: Floats = np.round(normal + spell + swing, 1)
    return values


def _spells(rng: np.random.Generator, grid: Grid) -> tuple[Floats, Floats]:
    """Weather that turns over within days: a first-order walk with unit spread, one value each 6 hours."""
    knots = grid.days * 4 + 8
    noise, walk = rng.normal(size=knots), np.zeros(knots)
    keep = 0.93
    for knot in range(1, knots):
        walk[knot] = keep * walk[knot - 1] + np.sqrt(1 - keep**2) * noise[knot]
    moments: Floats = grid.start.timestamp() + 21_600.0 * np.arange(knots, dtype=np.float64)
    return moments, walk


def rows(grid: Grid, values: Floats) -> pl.DataFrame:
    """The file's columns: aika, lämpötila."""
    return pl.DataFrame({"aika": grid.texts, "lämpötila": values})
