"""Metrics of weather and of spot prices, from their definitions, one day at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from support.metric_reference import Asked, Day, Days, Point, Sky, mean

LATITUDE = math.radians(60.98)


def weather(point: Point, asked: Asked, sky: Sky, as_of: date) -> dict[str, float]:
    """What a straight line through days says, over a year."""
    if not asked.yearly:
        return {}
    used = _with_means(point.used(asked.first, asked.last), sky)
    found = _cooling(used, sky)
    if not _has_seasons([sky.means[day] for day in used]):
        return found
    degree_days, kwh = _degree_days(used, sky), np.array([day.wh / 1000 for day in used.values()])
    slope, base = _line(degree_days, kwh)
    r2 = np.corrcoef(degree_days, kwh)[0, 1] ** 2
    found |= {"heat_slope": slope, "base_kwh_day": base, "heat_r2": float(r2)}
    if r2 >= 0.3:
        found["heat_share"] = slope * degree_days.sum() / kwh.sum()
    if (normal := _normal_year(sky.means, as_of)) is not None:
        found["kwh_year_norm"] = base * 365 + slope * normal
    night = np.array([(day.between(0, 6) + day.between(22, 24)) / 1000 for day in used.values()])
    found["heat_night_ratio"] = _line(degree_days, night)[0] / _line(degree_days, kwh - night)[0]
    found["light_sensitivity"] = _light(used, sky)
    before = _with_means(point.used(*asked.year_before), sky)
    if _has_seasons([sky.means[day] for day in before]):
        slope0, base0 = _line(_degree_days(before, sky), np.array([day.wh / 1000 for day in before.values()]))
        found |= {"yoy_base_ratio": base / base0, "yoy_slope_ratio": slope / slope0}
    return found


def _with_means(used: Days, sky: Sky) -> Days:
    return {day: one for day, one in used.items() if day in sky.means}


def _degree_days(used: Days, sky: Sky) -> np.ndarray:
    return np.array([max(0.0, 17 - sky.means[day]) for day in used])


def _has_seasons(means: Sequence[float]) -> bool:
    cold, warm = sum(one < 0 for one in means), sum(one > 15 for one in means)
    return len(means) >= 180 and cold >= 30 and warm >= 60


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    slope, level = np.polyfit(x, y, 1)
    return float(slope), float(level)


def _cooling(used: Days, sky: Sky) -> dict[str, float]:
    summer = {day: one for day, one in used.items() if day.month in (6, 7, 8)}
    above = np.array([max(0.0, sky.means[day] - 18) for day in summer])
    if len(summer) < 80 or (above > 0).sum() < 15:
        return {}
    return {"cool_slope": _line(above, np.array([day.wh / 1000 for day in summer.values()]))[0]}


def _normal_year(means: Mapping[date, float], as_of: date) -> float | None:
    """Degree days a year, over those of the last ten calendar years whose every day has a temperature."""
    sums = []
    for year in range(as_of.year - 10, as_of.year):
        days = [date(year, 1, 1) + timedelta(days=at) for at in range(365)]
        days += [date(year, 12, 31)] if days[-1] != date(year, 12, 31) else []
        if all(day in means for day in days):
            sums.append(math.fsum(max(0.0, 17 - means[day]) for day in days))
    return mean(sums) if sums else None


def _light(used: Days, sky: Sky) -> float:
    """The correlation of what temperature leaves of the evening's use with what it leaves of darkness."""
    degrees = np.array([sky.means[day] for day in used])
    evening = np.array([day.between(16, 21) / 1000 for day in used.values()])
    dark = np.array([_dark_minutes(day) for day in used], dtype=float)
    left = [values - np.polyval(np.polyfit(degrees, values, 1), degrees) for values in (evening, dark)]
    return float(np.corrcoef(*left)[0, 1])


def _dark_minutes(day: date) -> int:
    """From sunset to sunrise; the sun sets when its upper edge does, with refraction: at -0.833°."""
    of_year = day.timetuple().tm_yday
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (of_year + 10) / 365.25)
    above = math.sin(math.radians(-0.833)) - math.sin(LATITUDE) * math.sin(declination)
    cosine = max(-1.0, min(1.0, above / (math.cos(LATITUDE) * math.cos(declination))))
    return round(1440 - 2 * math.degrees(math.acos(cosine)) / 15 * 60)


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What a day of which every interval has a price says."""

    cents: float  # of its import
    price_minutes: float  # price x minutes, summed
    minutes: int
    dear_wh: int
    rank: float | None  # None where prices spread 5 c at most


def priced_days(point: Point, sky: Sky) -> dict[date, Priced]:
    """All full days that have their prices."""
    found = {day: _priced(one, sky.prices) for day, one in point.full.items()}
    return {day: one for day, one in found.items() if one is not None}


def spot(point: Point, asked: Asked, priced: Mapping[date, Priced]) -> dict[str, float]:
    """What a period's use costs on spot."""
    used = {day: one for day, one in point.used(asked.first, asked.last).items() if day in priced}
    if len(used) < asked.needed:
        return {}
    days = [priced[day] for day in used]
    kwh, cents = sum(day.wh for day in used.values()) / 1000, math.fsum(one.cents for one in days)
    average = math.fsum(one.price_minutes for one in days) / sum(one.minutes for one in days)
    ranks = [one.rank for one in days if one.rank is not None]
    found = {
        "spot_paid": cents / kwh,
        "market_average": average,
        "spot_premium": cents / kwh - average,
        "dear4_share": sum(one.dear_wh for one in days) / 1000 / kwh,
    }
    found |= {"price_response": mean(ranks)} if len(ranks) >= 20 else {}
    if asked.yearly:
        months: dict[tuple[int, int], float] = {}
        for day in used:
            month = (day.year, day.month)
            months[month] = months.get(month, 0) + priced[day].cents
        found["worst_month_spot_eur"] = max(months.values()) / 100
        told = point.contract
        if told is not None and told.fixed is not None and told.margin is not None:
            saved = kwh * (told.fixed - told.margin) - cents
            found["spot_vs_fixed_eur"] = 365 * saved / len(used) / 100
    return found


def _priced(day: Day, prices: Mapping[datetime, float]) -> Priced | None:
    priced = [(wh, _price(prices, start, length)) for start, length, wh in sorted(day.present)]
    if any(math.isnan(price) for _, price in priced):
        return None
    dearest = sorted(range(len(priced)), key=lambda at: (-priced[at][1], at))[: 240 // day.grid]
    return Priced(
        cents=math.fsum(wh * price for wh, price in priced) / 1000,
        price_minutes=math.fsum(price * day.grid for _, price in priced),
        minutes=day.expected,
        dear_wh=sum(priced[at][0] for at in dearest),
        rank=_rank_correlation(day, prices),
    )


def _price(prices: Mapping[datetime, float], start: datetime, minutes: int) -> float:
    """In 1/4000 c, so that the mean of quarters is exact."""
    quarters = [prices.get(start + timedelta(minutes=15 * at), math.nan) for at in range(minutes // 15)]
    return math.nan if any(map(math.isnan, quarters)) else round(mean(quarters) * 4000) / 4000


def _rank_correlation(day: Day, prices: Mapping[datetime, float]) -> float | None:
    """Spearman's of the day's hours; nothing follows the price on a day whose hours are all the same."""
    starts = sorted({start.replace(minute=0) for start, _, _ in day.present})
    market = [_price(prices, start, 60) for start in starts]
    if round(4000 * (max(market) - min(market))) <= 5 * 4000:
        return None
    mine = day.hours()
    return float(np.corrcoef(_ranks(mine), _ranks(market))[0, 1]) if len(set(mine)) > 1 else 0.0


def _ranks(values: Sequence[float]) -> np.ndarray:
    """From 1 on, equals share their mean."""
    array = np.array(values)
    below, level = (array[:, None] > array).sum(axis=1), (array[:, None] == array).sum(axis=1)
    return below + (level + 1) / 2
