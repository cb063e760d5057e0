"""Electricity of each home from its appliances: the physics behind the ground truth.

All functions work on (homes, steps) arrays of kW. What leaves the room is energy in whole Wh.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.demo.dice import Floats
from campaigns.demo.grid import Grid
from campaigns.demo.outdoors import Outdoors

Loads = npt.NDArray[np.float32]

_HOURS = np.array([0, 3, 6, 7.5, 9, 12, 15, 17, 19, 21, 22.5, 24])
_WORKING = np.array([0.55, 0.45, 0.8, 1.6, 0.8, 0.7, 0.8, 1.5, 2.0, 1.8, 1.2, 0.55])
_AT_HOME = np.array([0.55, 0.45, 0.6, 1.2, 1.4, 1.6, 1.4, 1.5, 1.6, 1.4, 1.0, 0.55])
_OFFICE = np.array([0.35, 0.35, 0.5, 1.4, 2.0, 2.1, 2.0, 1.3, 0.7, 0.45, 0.4, 0.35])


def energy(rng: np.random.Generator, homes: pl.DataFrame, outdoors: Outdoors) -> npt.NDArray[np.int32]:
    """Net energy of each step in Wh, one row a home: positive from the network, negative into it."""
    grid = outdoors.grid
    present = _presence(rng, homes, grid)
    load = _household(rng, homes, grid) * present
    load += _heating(homes, outdoors, present)
    load += _hot_water(rng, homes, grid) * present
    load *= _price_response(homes, outdoors)
    load += _car(rng, homes, outdoors)
    load += _sauna(rng, homes, grid) * present
    load -= _panels(rng, homes, outdoors)
    limit = _column(homes, "fuse_a") * np.float32(0.69)  # three phases of 230 V
    wh = np.clip(load, -limit, limit) * np.float32(1000 * grid.minutes / 60)
    whole: npt.NDArray[np.int32] = np.rint(wh).astype(np.int32)
    return whole


def _column(homes: pl.DataFrame, name: str) -> Loads:
    """A number of each home as a column, to be spread over the steps."""
    return homes[name].to_numpy().astype(np.float32)[:, None]


def _presence(rng: np.random.Generator, homes: pl.DataFrame, grid: Grid) -> Loads:
    """1 when somebody is there, nearly 0 when not: cottages live in July and on summer weekends."""
    days = grid.days + 1
    day = np.arange(days)
    month_day = (np.datetime64(grid.first, "D") + day).astype("datetime64[D]")
    month = month_day.astype("datetime64[M]").astype(int) % 12 + 1
    weekend = np.isin((grid.first.weekday() + day) % 7, (4, 5, 6))
    cottage = homes["building_type"].to_numpy() == "cottage"
    chance = np.where(month == 7, 0.75, np.where(np.isin(month, (5, 6, 8, 9)), 0.8 * weekend, 0.12 * weekend))
    week = rng.random((homes.height, days // 7 + 1))[:, day // 7]
    away = rng.random((homes.height, days // 7 + 1))[:, day // 7] < 0.045
    there = np.where(cottage[:, None], week < chance, ~away)
    there |= (homes["building_type"].to_numpy() == "commercial")[:, None]
    presence: Loads = np.where(there, 1.0, 0.08).astype(np.float32)
    spread: Loads = presence[:, grid.day]
    return spread


def _household(rng: np.random.Generator, homes: pl.DataFrame, grid: Grid) -> Loads:
    """Base load, and daily life that follows the clock; businesses keep office hours."""
    business = (homes["building_type"].to_numpy() == "commercial")[:, None]
    at_home = homes["retired"].to_numpy()[:, None] | (grid.weekday >= 6)[None, :]
    hour = (grid.hour[None, :] + rng.normal(0, 0.6, (homes.height, 1))) % 24
    shape = np.where(at_home, np.interp(hour, _HOURS, _AT_HOME), np.interp(hour, _HOURS, _WORKING))
    late = 0.6 + 1.9 * np.exp(-(((hour - 18.6) / 1.7) ** 2))  # where the evening is when all is switched on
    shape = np.where(homes["evening"].to_numpy()[:, None] & ~at_home, shape * late, shape)
    office = np.where(grid.weekday[None, :] >= 6, 0.45, 1.0) * np.interp(grid.hour, _HOURS, _OFFICE)[None, :]
    size = 0.07 + 0.075 * _column(homes, "occupants")
    size = np.where(business, 0.011 * _column(homes, "area_m2"), size)
    roughness = 2.2 if grid.minutes == 60 else 1.2
    noise = rng.standard_gamma(roughness, (homes.height, grid.steps), dtype=np.float32) / roughness
    darker = (1.12 - 0.35 * grid.sun)[None, :]
    life = size * np.where(business, office, shape) * darker * noise
    used: Loads = (_column(homes, "base_kw") + life).astype(np.float32)
    return used


def _heating(homes: pl.DataFrame, outdoors: Outdoors, present: Loads) -> Loads:
    """Electricity for heating below 17 °C: by the building's loss and the efficiency of what heats it."""
    heating = homes["heating"].to_numpy()[:, None]
    cold = np.clip(17 - _slow(outdoors.celsius, outdoors.grid.minutes), 0, None)[None, :].astype(np.float32)
    heat = _column(homes, "heat_kw_per_k") * cold
    cottage = (homes["building_type"].to_numpy() == "cottage")[:, None]
    frost_free = np.clip(cold - 12, 0, None) * _column(homes, "heat_kw_per_k")
    heat = np.where(cottage & (present < 0.5), frost_free, heat)
    air = np.interp(outdoors.celsius, [-25, -15, -7, 7, 15], [1.1, 1.6, 2.2, 3.2, 3.6]).astype(np.float32)
    ground = np.where(outdoors.celsius < -18, 2.5, 3.1).astype(np.float32)
    night = _night_heat(outdoors)
    result = np.select(
        [
            heating == "direct_electric",
            heating == "storage_electric",
            heating == "heat_pump_air",
            heating == "heat_pump_ground",
            heating == "other",
        ],
        [heat, heat * night, heat * (0.25 + 0.75 / air), heat / ground, heat * 0.3],
        np.float32(0.012) * np.minimum(cold, 4),  # the pump of a boiler or of district heat
    )
    return result.astype(np.float32)


def _slow(celsius: Floats, minutes: int) -> Floats:
    """Temperature as a house feels it: the mean of the last day and of now, half and half."""
    window = 1440 // minutes
    padded = np.concatenate([np.full(window - 1, celsius[0]), celsius])
    total = np.cumsum(padded)
    mean = (total[window - 1 :] - np.concatenate([[0.0], total[:-window]])) / window
    felt: Floats = 0.5 * celsius + 0.5 * mean
    return felt


def _night_heat(outdoors: Outdoors) -> Loads:
    """Storage heating takes most of a day's heat between 22 and 06."""
    charging = (outdoors.grid.hour >= 22) | (outdoors.grid.hour < 6)
    factor: Loads = np.where(charging, 2.5, 0.25).astype(np.float32)
    return factor.reshape(1, -1)


def _hot_water(rng: np.random.Generator, homes: pl.DataFrame, grid: Grid) -> Loads:
    """A boiler: 3 kW from a fixed hour of the evening where a relay starts it, else little by little."""
    electric = np.isin(homes["heating"].to_numpy(), ("direct_electric", "storage_electric", "heat_pump_air"))
    electric &= homes["building_type"].to_numpy() != "apartment"
    daily = np.where(electric, 0.9 + 1.1 * homes["occupants"].to_numpy(), 0.0)[:, None]  # kWh
    start = rng.choice([21.0, 22.0, 23.0], homes.height)[:, None]
    since = (grid.hour[None, :] - start) % 24
    block = np.where(since < daily / 3.0, 3.0, 0.0)
    spread = daily / 24 * np.interp(grid.hour, _HOURS, _WORKING)[None, :]
    return np.where(homes["night_relay"].to_numpy()[:, None], block, spread).astype(np.float32)


def _price_response(homes: pl.DataFrame, outdoors: Outdoors) -> Loads:
    """Those who follow the spot price use less in the dear hours of a day and more in the cheap ones."""
    price, day = outdoors.price.astype(np.float64), outdoors.grid.day
    count = np.bincount(day)
    mean = np.bincount(day, price) / count
    spread = np.sqrt(np.maximum(np.bincount(day, price**2) / count - mean**2, 1.0))
    dear = np.clip((price - mean[day]) / spread[day], -1.5, 2.0)
    return (1 - 0.24 * homes["follows_price"].to_numpy()[:, None] * dear[None, :]).astype(np.float32)


def _car(rng: np.random.Generator, homes: pl.DataFrame, outdoors: Outdoors) -> Loads:
    """An electric car: a flat plateau of hours in most nights; price followers start at the cheapest hour."""
    grid = outdoors.grid
    owners = np.flatnonzero(homes["ev_kw"].to_numpy() > 0)
    load = np.zeros((homes.height, grid.steps), dtype=np.float32)
    nights = grid.days + 2
    power = homes["ev_kw"].to_numpy()[owners][:, None]
    need = np.minimum(rng.gamma(3.0, 4.2, (len(owners), nights)), 45) * (
        rng.random((len(owners), nights)) < 0.6
    )
    usual = np.where(rng.random(len(owners)) < 0.35, 5.5, 10.2)[:, None] + rng.normal(
        0, 0.3, (len(owners), nights)
    )
    follows = homes["follows_price"].to_numpy()[owners][:, None]
    start = np.where(follows, _cheapest_start(outdoors, nights)[None, :], usual)  # hours since noon
    position = (grid.hour - 12) % 24
    half = grid.minutes / 120
    begin, end = start[:, grid.night], (start + need / power)[:, grid.night]
    overlap = np.clip(np.minimum(end, position + half) - np.maximum(begin, position - half), 0, 2 * half)
    load[owners] = power * overlap / (2 * half)
    return load


def _cheapest_start(outdoors: Outdoors, nights: int) -> Floats:
    """For each night the start, in hours since noon, of the four cheapest hours between 20 and 06."""
    grid = outdoors.grid
    position = np.floor((grid.hour - 12) % 24).astype(np.int64)
    cell = grid.night * 24 + position
    total = np.bincount(cell, outdoors.price, nights * 24)
    count = np.bincount(cell, minlength=nights * 24)
    hourly = np.where(count > 0, total / np.maximum(count, 1), np.inf).reshape(nights, 24)
    windows = np.stack([hourly[:, at : at + 4].sum(axis=1) for at in range(8, 15)], axis=1)
    starts: Floats = 8.0 + np.argmin(windows, axis=1)
    return starts


def _sauna(rng: np.random.Generator, homes: pl.DataFrame, grid: Grid) -> Loads:
    """Saturday evenings, and every third Wednesday: an hour or two at the stove's full power."""
    days = grid.days + 1
    weekday = (grid.first.weekday() + np.arange(days)) % 7
    chance = np.select([weekday == 5, weekday == 2], [0.85, 0.3], 0.03)
    heated = rng.random((homes.height, days)) < chance
    start = 16.75 + 3.0 * rng.random((homes.height, 1)) + rng.normal(0, 0.25, (homes.height, days))
    length = 1.0 + 0.75 * rng.random((homes.height, days))
    half = grid.minutes / 120
    begin, end = start[:, grid.day], (start + length)[:, grid.day]
    overlap = np.clip(np.minimum(end, grid.hour + half) - np.maximum(begin, grid.hour - half), 0, 2 * half)
    stove = _column(homes, "sauna_kw") * heated[:, grid.day]
    heat: Loads = (stove * overlap / (2 * half)).astype(np.float32)
    return heat


def _panels(rng: np.random.Generator, homes: pl.DataFrame, outdoors: Outdoors) -> Loads:
    """Solar production: the sun's height and the day's clouds, with passing ones in each step."""
    passing = rng.uniform(0.75, 1.0, (homes.height, outdoors.grid.steps)).astype(np.float32)
    sun = (0.95 * outdoors.grid.sun**1.15 * outdoors.clear).astype(np.float32)
    produced: Loads = _column(homes, "pv_kwp") * sun * passing
    return produced
