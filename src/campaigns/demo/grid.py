"""The steps of a period, with what the local clock and calendar say about each of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from campaigns.demo.dice import Floats, Integers

ZONE = ZoneInfo("Europe/Helsinki")


def midnight(day: date) -> datetime:
    """The UTC time at which a local day begins."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """All steps of `days` whole local days from `first`; a day has 23, 24 or 25 hours of them."""

    first: date
    days: int
    minutes: int
    start: datetime = field(init=False)
    steps: int = field(init=False)

    def __post_init__(self) -> None:
        start, end = midnight(self.first), midnight(self.first + timedelta(days=self.days))
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "steps", (end - start) // timedelta(minutes=self.minutes))

    @cached_property
    def utc(self) -> pl.Series:
        """Start of each step, Datetime UTC."""
        last = self.start + timedelta(minutes=self.minutes) * (self.steps - 1)
        return pl.datetime_range(
            self.start, last, f"{self.minutes}m", time_unit="us", time_zone="UTC", eager=True
        )

    @cached_property
    def texts(self) -> pl.Series:
        """Start of each step as Datahub writes it: 2026-11-24T22:00:00Z."""
        return self.utc.dt.strftime("%Y-%m-%dT%H:%M:%SZ")

    @cached_property
    def _local(self) -> pl.Series:
        return self.utc.dt.convert_time_zone(ZONE.key)

    @cached_property
    def hour(self) -> Floats:
        """Local clock at the middle of the step, hours from midnight."""
        local = self._local
        return (local.dt.hour() + local.dt.minute() / 60).to_numpy() + self.minutes / 120

    @cached_property
    def day(self) -> Integers:
        """Which local day, counted from `first`."""
        since = (self._local.dt.date() - pl.Series([self.first])).dt.total_days()
        return since.to_numpy()

    @cached_property
    def night(self) -> Integers:
        """Which stretch from noon to noon, so that a night is one number."""
        return self.day + (self.hour >= 12)

    @cached_property
    def weekday(self) -> Integers:
        """1 Monday … 7 Sunday."""
        return (self.first.weekday() + self.day) % 7 + 1

    @cached_property
    def day_of_year(self) -> Floats:
        """Position in the year, days."""
        return self.utc.dt.ordinal_day().to_numpy().astype(np.float64) + self.utc.dt.hour().to_numpy() / 24

    @cached_property
    def sun(self) -> Floats:
        """Sine of the sun's height at Lahti (60.98 N, 25.66 E), 0 below the horizon."""
        declination = np.radians(-23.44) * np.cos(2 * np.pi * (self.day_of_year + 10) / 365.25)
        utc = (self.utc.dt.hour() + self.utc.dt.minute() / 60).to_numpy() + self.minutes / 120
        turn = np.radians(15 * (utc - 12) + 25.66)
        latitude = np.radians(60.98)
        height = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(
            turn
        )
        above: Floats = np.maximum(height, 0.0)
        return above
