from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from campaigns.demo import market, weather
from campaigns.demo.dice import Dice
from campaigns.demo.grid import Grid
from campaigns.demo.outdoors import Surroundings

YEAR = Grid(first=date(2025, 11, 24), days=365, minutes=60)


@pytest.mark.parametrize("seed", range(6))
def test_a_year_has_the_cold_and_warm_days_that_a_heating_fit_needs(seed: int) -> None:
    celsius = weather.celsius(Dice(seed=seed), YEAR)
    days = np.bincount(YEAR.day, celsius) / np.bincount(YEAR.day)
    assert 3 < celsius.mean() < 8
    assert -40 < celsius.min() < -12
    assert (days < 0).sum() >= 60
    assert (days > 15).sum() >= 60


@pytest.mark.parametrize("seed", range(6))
def test_prices_are_dear_in_the_evening_and_in_the_cold(seed: int) -> None:
    dice = Dice(seed=seed)
    celsius = weather.celsius(dice, YEAR)
    cents = market.prices(dice, YEAR, celsius) / 1000
    assert 3 < cents.mean() < 10
    assert (cents < 0).mean() > 0.005
    evening, night = (YEAR.hour > 17) & (YEAR.hour < 20), YEAR.hour < 5
    assert cents[evening].mean() > cents[night].mean() + 2
    assert np.corrcoef(celsius, cents)[0, 1] < -0.1


def test_quarters_have_the_mean_of_their_hour() -> None:
    hourly = np.array([5000, -120, 0, 88_000])
    quarters = market.quarters(Dice(seed=1), hourly).reshape(-1, 4)
    assert np.abs(quarters.mean(axis=1) - hourly).max() <= 0.5
    assert (quarters[3] != 88_000).any()


def test_prices_of_15_minutes_begin_on_the_first_of_october_2025() -> None:
    grid = Grid(first=date(2025, 9, 30), days=2, minutes=60)
    assert grid.texts[market.before_quarters(grid)] == "2025-09-30T22:00:00Z"


def test_hours_and_quarters_tell_the_same(around: Surroundings) -> None:
    hours, quarters = around.hours, around.quarters
    assert quarters.grid.steps == 4 * hours.grid.steps
    assert (quarters.celsius[::4] == hours.celsius).all()
    assert np.abs(quarters.price.reshape(-1, 4).mean(axis=1) - hours.price).max() <= 0.5
    assert (quarters.clear[::4] == hours.clear).all()


def test_files_have_decimals_as_told() -> None:
    grid = Grid(first=date(2026, 1, 1), days=1, minutes=60)
    frame = market.rows(grid, np.full(24, 7123))
    assert frame.row(0) == ("2025-12-31T22:00:00Z", 7.123)
    assert weather.rows(grid, np.full(24, -3.5)).schema == {"aika": pl.String, "lämpötila": pl.Float64}
