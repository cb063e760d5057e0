"""The days on which Finnish offices are closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache


def days_off(years: Iterable[int]) -> frozenset[date]:
    """Finland's public holidays, and the eves of Midsummer and Christmas, on which offices are closed too."""
    return frozenset(day for year in years for day in _days_off(year))


@cache
def _days_off(year: int) -> frozenset[date]:
    easter = _easter_sunday(year)
    fixed = {(1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26)}
    from_easter = {-2, 0, 1, 39, 49}  # Good Friday, Easter, Easter Monday, Ascension, Pentecost
    midsummer = _first_saturday_from(date(year, 6, 20))
    return frozenset(
        {date(year, month, day) for month, day in fixed}
        | {easter + timedelta(days=days) for days in from_easter}
        | {midsummer - timedelta(days=1), midsummer, _first_saturday_from(date(year, 10, 31))}
    )


def _first_saturday_from(day: date) -> date:
    return day + timedelta(days=(5 - day.weekday()) % 7)


def _easter_sunday(year: int) -> date:
    """The Gregorian computus in the form of Meeus, Astronomical Algorithms, chapter 8."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
