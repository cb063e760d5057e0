"""Every metric of a metering point over a period, and the rules over them that say what it looks like."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from campaigns.consumption.metrics import METRICS
from campaigns.consumption.periods import PERIODS
from support import metric_reference_fits as fits
from support import metric_reference_hours as hours
from support import metric_reference_weather as weather
from support.metric_reference import Asked, Point, Sky, is_off

Found = Mapping[str, float]
# Worked out in a test of their own, and why they are not here.
ELSEWHERE = {"heat_cooling_k": "of heat meters only: test_real_heat.py and test_heat_cooling.py"}


def asked(period: str, as_of: date) -> Asked:
    """What the reckoning must know of a period; dates and least data are those of the product's table."""
    one = PERIODS[period]
    first, last = one.dates(as_of)
    return Asked(
        first=first,
        last=last,
        needed=one.days_needed(as_of),
        yearly=period in ("last full year", "last 12 months"),
        seldom=period in ("last full year", "last winter"),
        compared=period in ("last full year", "last 12 months", "last 28 days"),
    )


def known(frame: pl.DataFrame, gsrn: int, period: str) -> dict[str, float]:
    """The metrics of a row that are not NULL, and of how many days they are; nothing without a row."""
    found = frame.filter(metering_point_id=gsrn, period=period).select("days_used", *METRICS)
    row = found.row(0, named=True) if len(found) else {}
    return {name: value for name, value in row.items() if value is not None}


def everything(
    point: Point, asked: Asked, sky: Sky, as_of: date, priced: Mapping[date, weather.Priced]
) -> dict[str, float]:
    """Those that are known, nothing of a period without a reading; `priced` are `weather.priced_days`."""
    if not any(asked.first <= day <= asked.last for day in point.days):
        return {}
    found = hours.counts(point, asked, sky, as_of)
    found |= hours.hours(point, asked, sky, as_of)
    found |= weather.weather(point, asked, sky, as_of)
    found |= weather.spot(point, asked, priced)
    found |= fits.fits(point.days, point.sold, asked, means=sky.means, is_off=is_off)
    return found | (_signs(found) if asked.yearly else {})


def _signs(known: Found) -> dict[str, float]:
    """Three-valued where a metric that the rule needs is not known; what only takes away may be unknown."""
    found: dict[str, float] = {}
    if "day_cv" in known:
        swings = known["day_cv"] >= 0.75 and known["weekday_weekend"] <= 0.75
        found["cottage_sign"] = float(swings or known["seasonal_home"] == 1)
        found["car_sign"] = float(_car(known, is_cottage=found["cottage_sign"] == 1))
    if "pv_midday_sign" in known:
        found["solar_sign"] = float(known["pv_midday_sign"] >= 0.1)
    if "heat_r2" in known:
        electric = (
            known["heat_slope"] >= 0.5
            and known["heat_r2"] >= 0.5
            and known.get("heat_share", 0) >= 0.3
            and found.get("cottage_sign") != 1
        )
        found["electric_heating_sign"] = float(electric)
        bends = known.get("cold_bend", 0) > 1.3 or known["balance_temp"] <= 14
        by_night = known["heat_night_ratio"] > 1 or known.get("night_relay", 0) >= 0.7
        found["heat_pump_sign"] = float(electric and bends and not by_night)
    return found


def _car(known: Found, *, is_cottage: bool) -> bool:
    small, larger = known["ev_steps_small"], known["ev_steps_medium"] + known["ev_steps_large"]
    is_plateau = known["ev_plateau"] >= 0.015
    steps = larger + (0 if known.get("preheat_sign", 0) >= 0.5 else small)
    steps -= 2 / 7 if known["sauna_sign"] >= 0.3 else 0
    other = known["night_relay"] >= 0.7 or small + larger > 1.5 or (is_cottage and not is_plateau)
    return (is_plateau or steps >= 0.25) and not other
