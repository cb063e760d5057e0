"""The periods over which metrics are taken: whole local days, up to and including the day `as_of`.

`as_of` is the last day of which the data is complete, not the day that is still open.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType

YEAR_NEEDS = 330  # full days, for what is said of a year
SHORT_NEEDS = 0.9  # of the days of a shorter period


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """A named period. A year-long one (`yearly`) has each season once; one that is `compared` is held against
    the same days a year before; one that `changes_seldom` has the same days for a year.
    """

    name: str
    label: Mapping[str, str]
    yearly: bool
    compared: bool = False
    changes_seldom: bool = False
    _dates: Callable[[date], tuple[date, date]] = field(repr=False)

    def dates(self, as_of: date) -> tuple[date, date]:
        """Its first and last day."""
        return self._dates(as_of)

    def earlier(self, as_of: date) -> tuple[date, date]:
        """The same days a year before: the year before a calendar year, else 365 days earlier."""
        first, last = self.dates(as_of)
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31):
            return date(first.year - 1, 1, 1), first - timedelta(days=1)
        return first - timedelta(days=365), last - timedelta(days=365)

    def days_needed(self, as_of: date) -> int:
        """How many of its days must be full for its metrics to be known."""
        first, last = self.dates(as_of)
        return YEAR_NEEDS if self.yearly else math.ceil(SHORT_NEEDS * ((last - first).days + 1))


def _last(days: int) -> Callable[[date], tuple[date, date]]:
    return lambda as_of: (as_of - timedelta(days=days - 1), as_of)


def _full_year(as_of: date) -> tuple[date, date]:
    year = as_of.year if (as_of.month, as_of.day) == (12, 31) else as_of.year - 1
    return date(year, 1, 1), date(year, 12, 31)


def _winter(as_of: date) -> tuple[date, date]:
    """December to February, the last one that is over."""
    end = date(as_of.year, 3, 1) - timedelta(days=1)
    year = as_of.year if as_of >= end else as_of.year - 1
    return date(year - 1, 12, 1), date(year, 3, 1) - timedelta(days=1)


PERIODS: Mapping[str, Period] = MappingProxyType(
    {
        period.name: period
        for period in (
            Period(
                name="last full year",
                label={"fi": "viime kalenterivuosi", "en": "last full calendar year"},
                yearly=True,
                compared=True,
                changes_seldom=True,
                _dates=_full_year,
            ),
            Period(
                name="last 12 months",
                label={"fi": "viimeiset 12 kuukautta (365 päivää)", "en": "last 12 months (365 days)"},
                yearly=True,
                compared=True,
                _dates=_last(365),
            ),
            Period(
                name="last winter",
                label={"fi": "viime talvi (joulu–helmikuu)", "en": "last winter (December to February)"},
                yearly=False,
                changes_seldom=True,
                _dates=_winter,
            ),
            Period(
                name="last 3 months",
                label={"fi": "viimeiset 3 kuukautta (91 päivää)", "en": "last 3 months (91 days)"},
                yearly=False,
                _dates=_last(91),
            ),
            Period(
                name="last 28 days",
                label={"fi": "viimeiset 28 päivää", "en": "last 28 days"},
                yearly=False,
                compared=True,
                _dates=_last(28),
            ),
        )
    }
)
