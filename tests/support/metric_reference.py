"""Every metric worked out slowly from raw series, to hold against what the lake says: days and hours.

Nothing of the product is used: days are cut with zoneinfo, interval by interval. `metric_reference_all` puts
the parts together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from support.readings import ZONE, Row

HOLIDAYS = {
    date(2022, 1, 1), date(2022, 1, 6), date(2022, 4, 15), date(2022, 4, 17), date(2022, 4, 18),
    date(2022, 5, 1), date(2022, 5, 26), date(2022, 6, 5), date(2022, 6, 24), date(2022, 6, 25),
    date(2022, 11, 5), date(2022, 12, 6), date(2022, 12, 24), date(2022, 12, 25), date(2022, 12, 26),
    date(2023, 1, 1), date(2023, 1, 6), date(2023, 4, 7), date(2023, 4, 9), date(2023, 4, 10),
    date(2023, 5, 1), date(2023, 5, 18), date(2023, 5, 28), date(2023, 6, 23), date(2023, 6, 24),
    date(2023, 11, 4), date(2023, 12, 6), date(2023, 12, 24), date(2023, 12, 25), date(2023, 12, 26),
    date(2024, 1, 1), date(2024, 1, 6), date(2024, 11, 2), date(2024, 12, 6), date(2024, 12, 24),
    date(2024, 12, 25), date(2024, 12, 26),
    date(2025, 1, 1), date(2025, 1, 6), date(2025, 4, 18), date(2025, 4, 20), date(2025, 4, 21),
    date(2025, 5, 1), date(2025, 5, 29), date(2025, 6, 8), date(2025, 6, 20), date(2025, 6, 21),
    date(2025, 11, 1), date(2025, 12, 6), date(2025, 12, 24), date(2025, 12, 25), date(2025, 12, 26),
    date(2026, 1, 1), date(2026, 1, 6), date(2026, 4, 3), date(2026, 4, 5), date(2026, 4, 6),
    date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 24), date(2026, 6, 19), date(2026, 6, 20),
    date(2026, 10, 31), date(2026, 12, 6), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26),
}  # fmt: skip


def is_off(day: date) -> bool:
    """Saturday, Sunday or a public holiday."""
    return day.weekday() >= 5 or day in HOLIDAYS


@lru_cache(maxsize=100_000)
def local(start: datetime) -> tuple[date, int]:
    """The local day and clock hour of a time."""
    there = start.astimezone(ZONE)
    return there.date(), there.hour


@dataclass
class Day:
    """A local day of one metering point: (start, minutes, Wh) of what is present."""

    expected: int = 0  # minutes
    grid: int = 60  # minutes of an interval, the finest that any row of import has
    present: list[tuple[datetime, int, int]] = field(default_factory=list)
    estimated_minutes: int = 0
    exported: int = 0
    exported_midday: int = 0

    @cached_property
    def is_full(self) -> bool:
        return sum(minutes for _, minutes, _ in self.present) == self.expected

    @cached_property
    def wh(self) -> int:
        return sum(wh for _, _, wh in self.present)

    @cached_property
    def _by_hour(self) -> dict[datetime, int]:
        found: dict[datetime, int] = {}
        for start, _, wh in sorted(self.present):
            hour = start.replace(minute=0)
            found[hour] = found.get(hour, 0) + wh
        return found

    def hours(self) -> list[int]:
        """Wh of each hour that passed."""
        return list(self._by_hour.values())

    @cached_property
    def clock(self) -> list[int]:
        """The clock hour of each of `hours`."""
        return [local(start)[1] for start in self._by_hour]

    def hours_between(self, first: int, last: int) -> list[int]:
        """Those of `hours` whose clock hour is from `first` to before `last`."""
        return [wh for wh, hour in zip(self.hours(), self.clock, strict=True) if first <= hour < last]

    def between(self, first: int, last: int) -> int:
        """Wh of these clock hours."""
        return sum(self.hours_between(first, last))


Days = Mapping[date, Day]


def mean(values: Iterable[float]) -> float:
    """Added up without rounding; that of `statistics` takes a hundred times as long."""
    listed = list(values)
    return math.fsum(listed) / len(listed)


def days_of(rows: Iterable[Row]) -> dict[date, Day]:
    """The days of one metering point."""
    days: dict[date, Day] = {}
    for row in rows:
        at, hour = local(row.start)
        day = days.setdefault(at, Day(expected=minutes_of(at)))
        if row.kind == "BN02":
            day.exported += row.wh or 0
            day.exported_midday += (row.wh or 0) if 10 <= hour < 16 else 0
            continue
        day.grid = min(day.grid, row.minutes)
        if row.wh is not None:
            day.present.append((row.start, row.minutes, row.wh))
            day.estimated_minutes += row.minutes if row.quality == "EST" else 0
    for day in days.values():
        if day.grid < 60:
            day.present = [quarter for one in day.present for quarter in _quarters(*one)]
    return days


def _quarters(start: datetime, minutes: int, wh: int) -> list[tuple[datetime, int, int]]:
    """An hour as its quarters: the whole part of a fourth in each, the rest in the last."""
    if minutes == 15:
        return [(start, minutes, wh)]
    parts = [wh // 4] * 3 + [wh - wh // 4 * 3]
    return [(start + timedelta(minutes=15 * at), 15, part) for at, part in enumerate(parts)]


def minutes_of(day: date) -> int:
    """How long a local day is."""
    first, last = (
        datetime(one.year, one.month, one.day, tzinfo=ZONE).timestamp()
        for one in (day, day + timedelta(days=1))
    )
    return round(last - first) // 60


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A period: its days, what it needs, whether it is a year, one for `regularity`, one that is compared."""

    first: date
    last: date
    needed: int
    yearly: bool
    seldom: bool
    compared: bool = False

    @property
    def year_before(self) -> tuple[date, date]:
        """The same days of the year before."""
        if (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31):
            return self.first.replace(year=self.first.year - 1), self.last.replace(year=self.last.year - 1)
        return self.first - timedelta(days=365), self.last - timedelta(days=365)


def day_means(celsius: Mapping[datetime, float]) -> dict[date, float]:
    """The mean temperature of days with 18 hours of it, in 1/100 °C, halves up, as it is kept."""
    tenths: dict[date, list[int]] = {}
    for start, degrees in celsius.items():
        tenths.setdefault(local(start)[0], []).append(round(degrees * 10))
    return {
        day: ((20 * sum(ones) + len(ones)) // (2 * len(ones))) / 100
        for day, ones in tenths.items()
        if len(ones) >= 18
    }


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The running contract of a metering point, and since when its holder has it."""

    since: date
    end: date | None = None
    fixed: float | None = None  # c/kWh
    margin: float | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """A metering point: all its days, those of the present holder among them, and what the register tells."""

    everything: Days
    sold: Sequence[Row] = ()
    since: date = date.min
    fuse_a: float | None = None
    contract: Contract | None = None

    @cached_property
    def days(self) -> Days:
        """Those of the present holder."""
        return {day: one for day, one in sorted(self.everything.items()) if day >= self.since}

    @cached_property
    def full(self) -> Days:
        """Those of which every interval is there."""
        return {day: one for day, one in self.days.items() if one.is_full}

    def used(self, first: date, last: date) -> Days:
        """The full days of a period."""
        return {day: one for day, one in self.full.items() if first <= day <= last}


@dataclass(frozen=True, kw_only=True)
class Sky:
    """What holds for all metering points: prices (c/kWh by quarter start) and temperatures by hour."""

    prices: Mapping[datetime, float]
    celsius: Mapping[datetime, float]

    @cached_property
    def means(self) -> dict[date, float]:
        return day_means(self.celsius)
