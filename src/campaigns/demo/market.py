"""Spot prices of electricity: dear evenings and cold spells, cheap windy nights, now and then a spike."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl

from campaigns.demo.dice import Dice, Floats, Integers
from campaigns.demo.grid import Grid

QUARTERS_SINCE = datetime(2025, 9, 30, 22, tzinfo=UTC)  # prices of 15 minutes: 1.10.2025 in Central Europe
_HOURS = np.arange(24)
_DAILY = np.exp(-((_HOURS - 8.5) ** 2) / 5) * 0.55 + np.exp(-((_HOURS - 18.5) ** 2) / 7) * 0.75
_DAILY = _DAILY - _DAILY.mean()


def prices(dice: Dice, hours: Grid, celsius: Floats) -> Integers:
    """Hourly prices in 1/1000 c/kWh, value added tax included; the mean is about 6 c."""
    rng = dice.of("market")
    day = rng.normal(size=hours.days + 1)
    wind = np.convolve(day, [0.25, 0.5, 0.25], mode="same")[hours.day] * 1.4
    weekend = np.where(hours.weekday >= 6, -0.25, 0.0)
    cold = np.clip(5 - celsius, 0, 30) * 0.028
    noon_sun = -0.35 * hours.sun
    level = 1.95 + cold + 0.62 * wind + weekend + noon_sun + rng.normal(0, 0.1, hours.steps)
    cents = np.exp(level + _DAILY[hours.hour.astype(np.int64)] * (0.8 + 0.25 * np.abs(wind))) - 2.4
    spike = (rng.random(hours.days + 1) < 0.015)[hours.day] & (np.abs(hours.hour - 18) < 2)
    return np.round((cents + spike * 45.0) * 1000).astype(np.int64)


def quarters(dice: Dice, hourly: Integers) -> Integers:
    """Four quarter-hour prices for each hourly one, with the hour's price as their mean."""
    wobble = dice.of("market:quarters").normal(0, 0.06, (len(hourly), 4)) * np.abs(hourly)[:, None]
    wobble -= wobble.mean(axis=1, keepdims=True)
    return np.round(hourly[:, None] + wobble).astype(np.int64).ravel()


def rows(grid: Grid, thousandths: Integers) -> pl.DataFrame:
    """The file's columns: start (UTC), price (c/kWh)."""
    return pl.DataFrame({"start": grid.texts, "price": thousandths / 1000})


def before_quarters(grid: Grid) -> int:
    """How many steps of the grid lie before prices of 15 minutes."""
    return int(np.searchsorted(grid.utc.dt.epoch("s").to_numpy(), QUARTERS_SINCE.timestamp()))
