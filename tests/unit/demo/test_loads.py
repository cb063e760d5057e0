"""What the appliances of a home do to its readings: the truth that metrics and models must find again."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from campaigns.demo import homes, loads
from campaigns.demo.dice import Dice
from campaigns.demo.outdoors import Surroundings

PLAIN = {
    "building_type": "detached_house", "heating": "district_heat", "heat_kw_per_k": 0.16, "base_kw": 0.1,
    "occupants": 3, "ev_kw": 0.0, "pv_kwp": 0.0, "sauna_kw": 0.0, "night_relay": False, "retired": False,
    "evening": False,
    "follows_price": False, "fuse_a": 35, "area_m2": 140,
}  # fmt: skip


def energy(around: Surroundings, *, minutes: int = 60, count: int = 20, **different: object) -> np.ndarray:
    """kWh of `count` equal homes, one row each."""
    row = {**PLAIN, **different}
    frame = pl.DataFrame({name: [value] * count for name, value in row.items()})
    outdoors = around.hours if minutes == 60 else around.quarters
    return loads.energy(Dice(seed=5).of("test"), frame, outdoors) / 1000


def by_day(around: Surroundings, kwh: np.ndarray) -> np.ndarray:
    day = around.hours.grid.day
    return np.stack([np.bincount(day, row) for row in kwh])


def share(kwh: np.ndarray, chosen: np.ndarray) -> float:
    return float(kwh[:, chosen].sum() / kwh.sum())


def heat_slope(around: Surroundings, kwh: np.ndarray) -> np.ndarray:
    """kWh for each degree day below 17, one a home (metric 20 of analytics.md)."""
    grid = around.hours.grid
    degrees = np.clip(17 - np.bincount(grid.day, around.hours.celsius) / np.bincount(grid.day), 0, None)
    return np.array([np.polyfit(degrees, row, 1)[0] for row in by_day(around, kwh)])


def test_energy_is_whole_watt_hours(around: Surroundings) -> None:
    frame = homes.build(Dice(seed=1), "x", 3).with_columns(follows_price=pl.lit(value=False))
    assert loads.energy(Dice(seed=1).of("x"), frame, around.hours).dtype == np.int32


def test_the_heating_slope_is_that_of_the_building(around: Surroundings) -> None:
    slopes = heat_slope(around, energy(around, heating="direct_electric"))
    assert np.median(slopes) / 24 == pytest.approx(0.16, rel=0.08)


@pytest.mark.parametrize(
    ("heating", "lowest", "highest"),
    [
        ("storage_electric", 0.9, 1.15),
        ("heat_pump_air", 0.4, 0.75),
        ("heat_pump_ground", 0.28, 0.38),
        ("district_heat", 0.0, 0.06),
        ("oil", 0.0, 0.06),
    ],
)
def test_each_heating_has_its_part_of_the_slope(
    around: Surroundings, heating: str, lowest: float, highest: float
) -> None:
    slope = np.median(heat_slope(around, energy(around, heating=heating))) / (24 * 0.16)
    assert lowest < slope < highest


def test_an_air_heat_pump_loses_output_in_the_cold(around: Surroundings) -> None:
    cold = around.hours.celsius < -12
    mild = (around.hours.celsius > 2) & (around.hours.celsius < 9)
    degrees = 17 - around.hours.celsius
    kwh = energy(around, heating="heat_pump_air") - energy(around, heating="oil")
    per_degree = [np.median(kwh[:, part] / degrees[part]) for part in (cold, mild)]
    assert per_degree[0] > 1.2 * per_degree[1]


def test_storage_heating_charges_at_night(around: Surroundings) -> None:
    night = (around.hours.grid.hour >= 22) | (around.hours.grid.hour < 6)
    assert share(energy(around, heating="storage_electric"), night) > 0.6
    assert share(energy(around, heating="direct_electric"), night) < 0.45


def test_an_electric_car_makes_plateaus_at_night(around: Surroundings) -> None:
    grid = around.hours.grid
    night = (grid.hour >= 22) | (grid.hour < 4)
    without, with_car = energy(around), energy(around, ev_kw=7.4)

    def night_peak(kwh: np.ndarray) -> float:  # metric 40 of analytics.md, of half of the homes at least
        peaks = np.zeros((grid.days + 1, len(kwh)))
        np.maximum.at(peaks, grid.night[night], kwh[:, night].T)
        return float(np.median(np.quantile(peaks, 0.9, axis=0)))

    assert night_peak(with_car) > 6.5
    assert night_peak(without) < 3
    yearly = (with_car.sum() - without.sum()) / 20
    assert 1000 < yearly < 4500


def test_sauna_evenings_are_saturdays(around: Surroundings) -> None:
    grid = around.hours.grid
    evening = (grid.hour > 17) & (grid.hour < 21)
    kwh = energy(around, sauna_kw=8.0)
    heated = [(kwh[:, evening & (grid.weekday == day)] > 5).mean() for day in range(1, 8)]
    assert np.argmax(heated) == 5
    assert heated[5] > 3 * heated[0]


def test_only_producers_feed_in_and_only_in_daylight(around: Surroundings) -> None:
    kwh = energy(around, pv_kwp=8.0)
    assert (energy(around) >= 0).all()
    assert (kwh < 0).mean() > 0.05
    assert (kwh[:, around.hours.grid.sun == 0] >= 0).all()
    summer = np.isin(around.hours.grid.utc.dt.month().to_numpy(), (5, 6, 7))
    exported = np.clip(-kwh, 0, None)
    assert exported[:, summer].sum() > 0.5 * exported.sum()


def test_who_follows_the_price_uses_less_when_it_is_dear(around: Surroundings) -> None:
    def paid(kwh: np.ndarray) -> float:
        price = around.hours.price
        return float((kwh * price).sum() / kwh.sum() / price.mean())

    assert paid(energy(around, follows_price=True)) < paid(energy(around)) - 0.05
    assert paid(energy(around, follows_price=True, ev_kw=7.4)) < paid(energy(around, ev_kw=7.4)) - 0.05


def test_evening_people_use_most_in_the_evening(around: Surroundings) -> None:
    evening = (around.hours.grid.hour >= 16) & (around.hours.grid.hour < 21)
    assert share(energy(around, evening=True), evening) > share(energy(around), evening) + 0.05


def test_a_cottage_stands_empty_in_winter(around: Surroundings) -> None:
    month = around.hours.grid.utc.dt.month().to_numpy()
    days = {m: around.hours.grid.day[month == m].astype(int) for m in (1, 7)}
    kwh = by_day(around, energy(around, building_type="cottage", heating="wood"))
    january, july = (np.unique(days[m]) for m in (1, 7))
    assert kwh[:, july].mean() > 2 * kwh[:, january].mean()


def test_nothing_is_beyond_the_main_fuse(around: Surroundings) -> None:
    kwh = energy(around, heating="storage_electric", heat_kw_per_k=0.6, ev_kw=11.0, fuse_a=25)
    assert kwh.max() == pytest.approx(25 * 0.69, abs=0.01)


def test_quarters_of_a_home_add_up_to_about_its_hours(around: Surroundings) -> None:
    hours = energy(around, heating="direct_electric").sum()
    quarters = energy(around, heating="direct_electric", minutes=15).sum()
    assert quarters == pytest.approx(hours, rel=0.02)
