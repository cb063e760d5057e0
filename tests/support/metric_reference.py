"""Every metric worked out slowly with numpy from raw series, to hold against what the lake says.

Nothing of the product is used but the dates of the period: days are cut with zoneinfo, hour by hour.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import mean, median, stdev
from typing import Any

import numpy as np

from support.readings import ZONE, Row

HOLIDAYS = {
    date(2025, 1, 1), date(2025, 1, 6), date(2025, 4, 18), date(2025, 4, 20), date(2025, 4, 21),
    date(2025, 5, 1), date(2025, 5, 29), date(2025, 6, 8), date(2025, 6, 20), date(2025, 6, 21),
    date(2025, 11, 1), date(2025, 12, 6), date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26),
    date(2026, 1, 1), date(2026, 1, 6), date(2026, 4, 3), date(2026, 4, 5), date(2026, 4, 6),
    date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 24), date(2026, 6, 19), date(2026, 6, 20),
    date(2026, 10, 31), date(2026, 12, 6), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26),
}  # fmt: skip

NAMES = (
    "days_used", "electricity_use", "kwh_year", "base_kw", "peak_kw", "load_factor", "night_share",
    "morning_share", "midday_share", "evening_share", "weekday_weekend", "winter_summer", "day_cv",
    "heat_slope", "base_kwh_day", "heat_r2", "spot_paid", "market_average", "spot_premium", "dear4_share",
    "export_ratio",
)  # fmt: skip


@dataclass
class Day:
    """A local day of one metering point: (start, minutes, Wh) of what is present."""

    expected: int = 0
    present: list[tuple[datetime, int, int]] = field(default_factory=list)
    exported: int = 0

    @property
    def is_full(self) -> bool:
        return sum(minutes for _, minutes, _ in self.present) == self.expected

    @property
    def wh(self) -> int:
        return sum(wh for _, _, wh in self.present)

    def hours(self) -> list[int]:
        """Wh of each hour that passed."""
        found: dict[datetime, int] = {}
        for start, _, wh in self.present:
            hour = start.replace(minute=0)
            found[hour] = found.get(hour, 0) + wh
        return [found[hour] for hour in sorted(found)]

    def between(self, first: int, last: int) -> int:
        return sum(wh for start, _, wh in self.present if first <= start.astimezone(ZONE).hour < last)


def days_of(rows: Sequence[Row]) -> dict[date, Day]:
    """The days of one metering point."""
    days: dict[date, Day] = {}
    for row in rows:
        local = row.start.astimezone(ZONE).date()
        day = days.setdefault(local, Day(expected=_minutes(local)))
        if row.wh is None:
            continue
        if row.kind == "BN02":
            day.exported += row.wh
        else:
            day.present.append((row.start, row.minutes, row.wh))
    for day in days.values():
        if len({minutes for _, minutes, _ in day.present}) > 1:
            day.present = [quarter for one in day.present for quarter in _quarters(*one)]
    return days


def _quarters(start: datetime, minutes: int, wh: int) -> list[tuple[datetime, int, int]]:
    """An hour as its quarters: the whole part of a fourth in each, the rest in the last."""
    if minutes == 15:
        return [(start, minutes, wh)]
    parts = [wh // 4] * 3 + [wh - wh // 4 * 3]
    return [(start + timedelta(minutes=15 * at), 15, part) for at, part in enumerate(parts)]


def _minutes(day: date) -> int:
    first, last = (
        datetime(one.year, one.month, one.day, tzinfo=ZONE).timestamp()
        for one in (day, day + timedelta(days=1))
    )
    return round(last - first) // 60


def metrics(
    days: Mapping[date, Day],
    *,
    first: date,
    last: date,
    needed: int,
    yearly: bool,
    prices: Mapping[datetime, float],
    celsius: Mapping[datetime, float],
) -> dict[str, Any]:
    """The metrics over a period. `prices` are c/kWh by quarter start, `celsius` by hour start."""
    used = {day: found for day, found in days.items() if first <= day <= last and found.is_full}
    found: dict[str, Any] = {"days_used": len(used)}
    if len(used) >= needed:
        found |= _plain(used, yearly=yearly)
    found |= _heat(used, celsius)
    found |= _spot(used, prices, needed)
    return found


def _plain(used: Mapping[date, Day], *, yearly: bool) -> dict[str, Any]:
    total = sum(day.wh for day in used.values())
    hours = [wh for day in used.values() for wh in day.hours()]
    off = [day.wh for one, day in used.items() if one.weekday() >= 5 or one in HOLIDAYS]
    work = [day.wh for one, day in used.items() if not (one.weekday() >= 5 or one in HOLIDAYS)]
    winter = [day.wh for one, day in used.items() if one.month in (12, 1, 2)]
    summer = [day.wh for one, day in used.items() if one.month in (6, 7, 8)]
    found = {
        "electricity_use": total / 1000,
        "base_kw": median(min(day.hours()) for day in used.values()) / 1000,
        "peak_kw": max(hours) / 1000,
        "load_factor": mean(hours) / max(hours),
        "night_share": sum(day.between(0, 6) for day in used.values()) / total,
        "morning_share": sum(day.between(6, 10) for day in used.values()) / total,
        "midday_share": sum(day.between(10, 16) for day in used.values()) / total,
        "evening_share": sum(day.between(16, 21) for day in used.values()) / total,
        "weekday_weekend": mean(work) / mean(off),
        "day_cv": stdev(day.wh for day in used.values()) / mean(day.wh for day in used.values()),
        "export_ratio": sum(day.exported for day in used.values()) / total,
    }
    if yearly:
        found["kwh_year"] = 365 * mean(day.wh for day in used.values()) / 1000
        if min(len(winter), len(summer)) >= 60:
            found["winter_summer"] = mean(winter) / mean(summer)
    return found


def _heat(used: Mapping[date, Day], celsius: Mapping[datetime, float]) -> dict[str, Any]:
    by_day: dict[date, list[float]] = {}
    for start, degrees in celsius.items():
        by_day.setdefault(start.astimezone(ZONE).date(), []).append(degrees)
    both = [(mean(by_day[one]), day.wh / 1000) for one, day in used.items() if len(by_day.get(one, [])) >= 18]
    cold, warm = sum(degrees < 0 for degrees, _ in both), sum(degrees > 15 for degrees, _ in both)
    if len(both) < 180 or cold < 30 or warm < 60:
        return {}
    degree_days = np.array([max(0.0, 17 - degrees) for degrees, _ in both])
    kwh = np.array([one for _, one in both])
    slope, base = np.polyfit(degree_days, kwh, 1)
    return {
        "heat_slope": slope,
        "base_kwh_day": base,
        "heat_r2": np.corrcoef(degree_days, kwh)[0, 1] ** 2,
    }


def _spot(used: Mapping[date, Day], prices: Mapping[datetime, float], needed: int) -> dict[str, Any]:
    cost = total = dear = weighted = minutes = 0.0
    days = 0
    for day in used.values():
        priced = [(wh, _price(prices, start, length), length) for start, length, wh in sorted(day.present)]
        if any(math.isnan(price) for _, price, _ in priced):
            continue
        days += 1
        cost += sum(wh * price for wh, price, _ in priced)
        total += day.wh
        weighted += sum(price * length for _, price, length in priced)
        minutes += sum(length for _, _, length in priced)
        dearest = sorted(range(len(priced)), key=lambda at: (-priced[at][1], at))
        dear += sum(priced[at][0] for at in dearest[: 240 // priced[0][2]])
    if days < needed:
        return {}
    return {
        "spot_paid": cost / total,
        "market_average": weighted / minutes,
        "spot_premium": cost / total - weighted / minutes,
        "dear4_share": dear / total,
    }


def _price(prices: Mapping[datetime, float], start: datetime, minutes: int) -> float:
    quarters = [prices.get(start + timedelta(minutes=15 * at), math.nan) for at in range(minutes // 15)]
    return round(mean(quarters) * 4000) / 4000 if not any(map(math.isnan, quarters)) else math.nan
