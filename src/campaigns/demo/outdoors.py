"""What all homes share: weather, sky and prices, by hour and by quarter, and the files that tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from campaigns.demo import market, weather
from campaigns.demo.dice import Dice, Floats, Integers
from campaigns.demo.files import Inbox
from campaigns.demo.grid import Grid

EARLIER = 31  # days of weather and prices before the first reading


@dataclass(frozen=True, kw_only=True)
class Outdoors:
    """One value a step: temperature (°C), price (1/1000 c/kWh) and sky (1 = clear)."""

    grid: Grid
    celsius: Floats
    price: Integers
    clear: Floats


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """The same period in hours and in quarters, and the hours of the days before it."""

    hours: Outdoors
    quarters: Outdoors
    before: Outdoors


def surround(dice: Dice, inbox: Inbox, *, as_of: date, days: int) -> Surroundings:
    """Make weather and prices up to and including `as_of`, write their files, give the days before it."""
    long = Grid(first=as_of - timedelta(days=days + EARLIER), days=days + EARLIER + 1, minutes=60)
    celsius = weather.celsius(dice, long)
    price = market.prices(dice, long, celsius)
    quarterly = market.quarters(dice, price)
    stamp = f"{as_of:%Y%m%d}"
    inbox.write(f"lampotila_{stamp}.csv", weather.rows(long, celsius), decimals=1)
    _write_prices(inbox, long, price, quarterly, stamp)
    hours = Grid(first=as_of - timedelta(days=days), days=days, minutes=60)
    quarters = Grid(first=hours.first, days=days, minutes=15)
    skip = int((hours.start - long.start).total_seconds()) // 3600
    part = slice(skip, skip + hours.steps)
    clear = dice.of("sky").beta(1.1, 0.9, days + 1)
    before = Grid(first=long.first, days=EARLIER, minutes=60)
    split = market.before_quarters(hours)
    fine = np.concatenate([np.repeat(price[part][:split], 4), quarterly.reshape(-1, 4)[part][split:].ravel()])
    return Surroundings(
        hours=Outdoors(grid=hours, celsius=celsius[part], price=price[part], clear=clear[hours.day]),
        quarters=Outdoors(
            grid=quarters, celsius=np.repeat(celsius[part], 4), price=fine, clear=clear[quarters.day]
        ),
        before=Outdoors(
            grid=before, celsius=celsius[:skip], price=price[:skip], clear=np.full(skip, clear.mean())
        ),
    )


def _write_prices(inbox: Inbox, long: Grid, price: Integers, quarterly: Integers, stamp: str) -> None:
    split = market.before_quarters(long)
    if split:
        inbox.write(f"spot_tunti_{stamp}.csv", market.rows(long, price)[:split], decimals=3)
    if split < long.steps:
        fine = Grid(first=long.first, days=long.days, minutes=15)
        inbox.write(f"spot_vartti_{stamp}.csv", market.rows(fine, quarterly)[split * 4 :], decimals=3)
