"""The fitted metrics worked out slowly, one metering point and one day at a time, from their definitions.

Nothing of the product is used.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from support.metric_reference import Asked, Day, local, mean
from support.readings import Row

NAMES = (
    "regularity", "balance_temp", "cold_bend", "pv_fit_kwp", "vacancy_days", "longest_vacancy",
    "seasonal_home", "change_point_days", "change_size",
)  # fmt: skip
LATITUDE, LONGITUDE = math.radians(60.98), 25.66
Pairs = Sequence[tuple[float, float]]


def fits(
    days: Mapping[date, Day],
    sold: Sequence[Row],
    asked: Asked,
    *,
    means: Mapping[date, float],
    is_off: Callable[[date], bool],
) -> dict[str, float]:
    """Those that are known of the fitted metrics; `days` are those of the present holder only."""
    full = {day: found for day, found in sorted(days.items()) if found.is_full}
    used = {day: found for day, found in full.items() if asked.first <= day <= asked.last}
    found: dict[str, float] = {}
    if len(used) >= asked.needed:
        found |= _vacancy(used, asked, is_off)
        if asked.seldom and (alike := _regularity(used)) is not None:
            found["regularity"] = alike
        if asked.yearly and (size := _panels(used, sold)) is not None:
            found["pv_fit_kwp"] = size
    if asked.yearly:
        found |= _heat({day: one for day, one in used.items() if day in means}, means)
        begin = asked.last - timedelta(days=729)
        longer = {day: one for day, one in full.items() if begin <= day <= asked.last and day in means}
        found |= _change(longer, means, asked.last)
    return found


def _vacancy(used: Mapping[date, Day], asked: Asked, is_off: Callable[[date], bool]) -> dict[str, float]:
    idle = float(np.percentile([min(day.hours()) for day in used.values()], 5))
    vacant = {
        one
        for one, day in used.items()
        if (day.wh < 2000 or day.wh < 1.3 * 24 * idle) and (not day.wh or day.between(16, 21) / day.wh < 0.25)
    }
    longest = run = 0
    for at in range((asked.last - asked.first).days + 1):
        run = run + 1 if asked.first + timedelta(days=at) in vacant else 0
        longest = max(longest, run)
    found: dict[str, float] = {"vacancy_days": len(vacant), "longest_vacancy": longest}
    if asked.yearly:
        season = [one for one in used if one.month in (10, 11, 12, 1, 2, 3, 4)]
        present = [one for one in used if one not in vacant]
        weekend = [used[one].wh for one in present if is_off(one)]
        working = [used[one].wh for one in present if not is_off(one)]
        more = bool(weekend) and mean(weekend) > 2 * (mean(working) if working else 0)
        found["seasonal_home"] = float(sum(one in vacant for one in season) > len(season) / 2 and more)
    return found


def _regularity(used: Mapping[date, Day]) -> float | None:
    shapes: dict[int, list[list[float]]] = {}
    for one, day in used.items():
        hours = day.hours()
        if len(hours) == 24 and sum(hours) > 0:
            shapes.setdefault(one.weekday(), []).append([wh / sum(hours) for wh in hours])
    found = []
    for same in shapes.values():
        usual = [mean(hour) for hour in zip(*same, strict=True)]
        if len(set(usual)) > 1:
            found += [float(np.corrcoef(shape, usual)[0, 1]) for shape in same if len(set(shape)) > 1]
    return mean(found) if found else None


def _panels(used: Mapping[date, Day], sold: Sequence[Row]) -> float | None:
    """The 90th percentile of the days' fits, in W rounded as they are kept."""
    by_day: dict[date, dict[datetime, int]] = {}
    minutes: Counter[date] = Counter()
    for row in sold:
        one = local(row.start)[0]
        hours, hour = by_day.setdefault(one, {}), row.start.replace(minute=0)
        hours[hour] = hours.get(hour, 0) + (row.wh or 0)
        minutes[one] += row.minutes if row.wh is not None else 0
    watts = []
    for one, day in used.items():
        exported = by_day.get(one, {})
        if 5 <= one.month <= 8 and minutes[one] == day.expected and sum(exported.values()) > 0:
            size = _panel_day(day, exported)
            watts += [] if size is None else [size]
    return float(np.percentile(watts, 90)) / 1000 if len(watts) >= 20 else None


def _panel_day(day: Day, exported: Mapping[datetime, int]) -> int | None:
    bought: dict[datetime, int] = {}
    for start, _, wh in day.present:
        hour = start.replace(minute=0)
        bought[hour] = bought.get(hour, 0) + wh
    both = [(clear_wh(hour), exported[hour] - wh) for hour, wh in bought.items() if clear_wh(hour) > 0]
    made, net = np.array([one for one, _ in both]), np.array([one for _, one in both])
    slope, _ = np.polyfit(made, net, 1)
    if slope <= 0 or np.corrcoef(made, net)[0, 1] ** 2 < 0.8:
        return None
    return round(1000 * slope)


def clear_wh(hour: datetime) -> int:
    """Haurwitz's clear sky on the level at the middle of the hour, of which 85 % are delivered."""
    middle = hour.astimezone(UTC) + timedelta(minutes=30)
    of_day = middle.hour + middle.minute / 60
    of_year = middle.timetuple().tm_yday + of_day / 24
    declination = math.radians(-23.44) * math.cos(2 * math.pi * (of_year + 10) / 365.25)
    turn = math.radians(15 * (of_day - 12) + LONGITUDE)
    sine = math.sin(LATITUDE) * math.sin(declination)
    sine += math.cos(LATITUDE) * math.cos(declination) * math.cos(turn)
    return 0 if sine <= 0 else round(0.85 * 1098 * sine * math.exp(-0.057 / sine))


def _has_seasons(means: Collection[float]) -> bool:
    cold, warm = sum(one < 0 for one in means), sum(one > 15 for one in means)
    return len(means) >= 180 and cold >= 30 and warm >= 60


def _heat(used: Mapping[date, Day], means: Mapping[date, float]) -> dict[str, float]:
    both = [(means[one], day.wh / 1000) for one, day in used.items()]
    if not _has_seasons([degrees for degrees, _ in both]):
        return {}
    bases = [8 + half / 2 for half in range(25)]
    errors = [_squared_error([(max(0, base - degrees), kwh) for degrees, kwh in both]) for base in bases]
    found = {"balance_temp": bases[int(np.argmin(errors))]}
    severe = [(-degrees, kwh) for degrees, kwh in both if degrees < -15]
    mild = [(-degrees, kwh) for degrees, kwh in both if -10 <= degrees <= 5]
    if len(severe) >= 10 and len(mild) >= 30 and _line(mild)[0] > 0:
        found["cold_bend"] = _line(severe)[0] / _line(mild)[0]
    return found


def _line(pairs: Pairs) -> tuple[float, float]:
    slope, level = np.polyfit(*zip(*pairs, strict=True), 1)
    return float(slope), float(level)


def _squared_error(pairs: Pairs) -> float:
    slope, level = _line(pairs)
    return math.fsum((y - level - slope * x) ** 2 for x, y in pairs)


def _change(used: Mapping[date, Day], means: Mapping[date, float], last: date) -> dict[str, float]:
    if not _has_seasons([means[one] for one in used]):
        return {}
    pairs = [(max(0, 17 - means[one]), day.wh / 1000) for one, day in used.items()]
    slope, level = _line(pairs)
    left = np.array([y - level - slope * x for x, y in pairs])
    splits = range(60, len(left) - 59)
    if not splits:
        return {}
    errors = [left[:at].var() * at + left[at:].var() * (len(left) - at) for at in splits]
    at = splits[int(np.argmin(errors))]
    if 1 - min(errors) / (left.var() * len(left)) <= 0.2:
        return {}
    return {
        "change_point_days": (last - list(used)[at]).days,
        "change_size": float(left[at:].mean() - left[:at].mean()),
    }
