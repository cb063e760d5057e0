"""Metrics of sums, peaks, shares and of what appliances leave in the hours, from their definitions."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from itertools import groupby, pairwise

import numpy as np

from support.metric_reference import Asked, Day, Days, Point, Sky, is_off, mean, minutes_of


def counts(point: Point, asked: Asked, _: Sky, as_of: date) -> dict[str, float]:
    """What is known however little data there is."""
    period = [asked.first + timedelta(days=at) for at in range((asked.last - asked.first).days + 1)]
    missing = present = estimated = 0
    for at in period:
        day = point.days.get(at)
        if day is None:
            missing += 0 if at < point.since else minutes_of(at) // 60
            continue
        present += len(day.present)
        missing += day.expected // day.grid - len(day.present)
        estimated += day.estimated_minutes // day.grid
    seen = [day for day, one in point.everything.items() if one.present and day <= as_of]
    used = point.used(asked.first, asked.last)
    found: dict[str, float] = {
        "days_used": len(used),
        "full_days": len(used),
        "missing_intervals": missing,
        "days_since_last_data": (as_of - max(seen)).days,
    }
    found |= {"estimated_share": estimated / present} if present else {}
    if point.contract is not None:
        found["tenure_days"] = (as_of - point.contract.since).days
        if point.contract.end is not None:
            found["contract_days_left"] = (point.contract.end - as_of).days
    return found


def hours(point: Point, asked: Asked, sky: Sky, _: date) -> dict[str, float]:
    """Of full days, when there are enough of them."""
    used = point.used(asked.first, asked.last)
    if len(used) < asked.needed:
        return {}
    found = {**_sums(used), **_peaks(used, point.fuse_a), **_shares(used), **_appliances(used)}
    if asked.yearly:
        found |= _of_year(used)
    frosty = [
        day
        for one, day in used.items()
        if one.month in (12, 1, 2) and not is_off(one) and sky.means.get(one, 0) < -5
    ]
    if len(frosty) >= 10:
        found["preheat_sign"] = mean(_is_preheated(day) for day in frosty)
    if asked.compared:
        before = point.used(*asked.year_before)
        if len(before) >= asked.needed:
            found["yoy_change"] = mean(_wh(used)) / mean(_wh(before)) - 1
    return found


def _wh(used: Days, chosen: Callable[[date], bool] = lambda _: True) -> list[int]:
    return [day.wh for one, day in used.items() if chosen(one)]


def _sums(used: Days) -> dict[str, float]:
    every = [wh for day in used.values() for wh in day.hours()]
    of_days = _wh(used)
    return {
        "electricity_use": sum(of_days) / 1000,
        "load_factor": mean(every) / max(every),
        "weekday_weekend": mean(_wh(used, lambda day: not is_off(day))) / mean(_wh(used, is_off)),
        "day_cv": float(np.std(of_days, ddof=1)) / mean(of_days),
        "export_ratio": sum(day.exported for day in used.values()) / sum(of_days),
    }


def _peaks(used: Days, fuse_a: float | None) -> dict[str, float]:
    highest = [max(day.hours()) for day in used.values()]
    at = Counter(day.clock[int(np.argmax(day.hours()))] for day in used.values())
    found = {
        "base_kw": float(np.median([min(day.hours()) for day in used.values()])) / 1000,
        "peak_kw": max(highest) / 1000,
        "peak_p99_kw": float(np.percentile(highest, 99)) / 1000,
        "peak_hour_mode": min(hour for hour, count in at.items() if count == max(at.values())),
        "peak_hour_entropy": -math.fsum(n / len(used) * math.log(n / len(used)) for n in at.values()),
    }
    return found | ({} if fuse_a is None else {"fuse_use": max(highest) / 1000 / (3 * 0.23) / fuse_a})


def _shares(used: Days) -> dict[str, float]:
    total = sum(_wh(used))
    parts = {"night": (0, 6), "morning": (6, 10), "midday": (10, 16), "evening": (16, 21), "late": (21, 24)}
    each = {
        name: [wh for day in used.values() for wh in day.hours_between(*ends)] for name, ends in parts.items()
    }
    return {
        **{f"{name}_share": sum(wh) / total for name, wh in each.items()},
        "morning_ramp_kw": (mean(each["morning"]) - mean(each["night"])) / 1000,
        "evening_ramp_kw": (mean(each["evening"]) - mean(each["midday"])) / 1000,
    }


def _of_year(used: Days) -> dict[str, float]:
    found = {"kwh_year": 365 * mean(_wh(used)) / 1000}
    for month in range(1, 13):
        peaks = [max(day.hours()) for one, day in used.items() if one.month == month]
        found |= {f"peak_month_kw_{month:02}": max(peaks) / 1000} if peaks else {}
    winter, summer = (
        _wh(used, lambda day, months=months: day.month in months)  # type: ignore[misc]
        for months in ((12, 1, 2), (6, 7, 8))
    )
    if min(len(winter), len(summer)) >= 60:
        found["winter_summer"] = mean(winter) / mean(summer)
    sunny = [day for one, day in used.items() if 5 <= one.month <= 8]
    if len(sunny) >= 60:
        found["pv_midday_sign"] = mean(day.exported_midday > 0 for day in sunny)
    return found


def _appliances(used: Days) -> dict[str, float]:
    days = list(used.values())
    steps = [[after - before for before, after in pairwise(day.hours())] for day in days]
    bounds = {"small": (2800, 4200), "medium": (5500, 8000), "large": (8000, 12000)}
    night = [max(day.hours_between(0, 4) + day.hours_between(22, 24)) for day in days]
    relay = [
        mean(
            any(step >= 1500 for step, at in zip(of_day, day.clock[1:], strict=True) if at == hour)
            for of_day, day in zip(steps, days, strict=True)
        )
        for hour in (21, 22, 23)
    ]
    found = {
        "ev_plateau": sum(map(_plateau, days)) / sum(len(day.hours()) for day in days),
        "ev_night_peak": float(np.percentile(night, 90)) / 1000,
        "night_relay": max(relay),
        **{
            f"ev_steps_{name}": sum(low <= step < high for of_day in steps for step in of_day) / len(days)
            for name, (low, high) in bounds.items()
        },
    }
    saturdays, early = (
        [_has_stove(day) for one, day in used.items() if one.weekday() in chosen] for chosen in ((5,), (0, 1))
    )
    return found | {"sauna_sign": mean(saturdays) - 2 * mean(early)}


def _above(day: Day) -> list[float]:
    """Of each hour how much it lies above the day's median, that in whole Wh as days are kept."""
    middle = math.trunc(np.median(day.hours()))
    return [wh - middle for wh in day.hours()]


def _plateau(day: Day) -> int:
    wh, above = day.hours(), _above(day)
    found = set()
    for at in range(len(wh) - 1):
        differ = abs(wh[at] - wh[at + 1]) / max(wh[at], wh[at + 1], 1)
        if min(above[at], above[at + 1]) >= 2500 and differ < 0.25:
            found |= {at, at + 1}
    return len(found)


def _has_stove(day: Day) -> bool:
    evening = [more for more, hour in zip(_above(day), day.clock, strict=True) if 16 <= hour < 22]
    runs = (list(run) for is_hot, run in groupby(evening, lambda more: more >= 4000) if is_hot)
    return any(len(run) <= 2 and max(run) <= 9000 for run in runs)


def _is_preheated(day: Day) -> bool:
    more = max(day.hours_between(4, 8)) - mean(day.hours_between(0, 4))
    return 500 <= more <= 2000
