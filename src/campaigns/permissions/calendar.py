"""When people may be called, and when a text message would wake them up (Finnish local time)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

# Trade practice in Finland; the Consumer Ombudsman: not late, not early, not on public holidays.
CALLING = {weekday: (time(9), time(21)) for weekday in range(5)} | {5: (time(9), time(18))}
AWAKE = (time(8), time(21))


def outside_calling_hours(local: datetime) -> bool:
    """No sales calls now: night, Sunday or public holiday."""
    hours = CALLING.get(local.weekday())
    return hours is None or is_holiday(local.date()) or not hours[0] <= local.time() < hours[1]


def quiet_hours(local: datetime) -> bool:
    """No text messages now: they would ring at night."""
    return not AWAKE[0] <= local.time() < AWAKE[1]


def is_holiday(day: date) -> bool:
    """A Finnish public holiday, Midsummer Eve and Christmas Eve included."""
    easter = _easter(day.year)
    moving = {easter + timedelta(days=offset) for offset in (-2, 0, 1, 39, 49)}
    fixed = {(1, 1), (1, 6), (5, 1), (12, 6), (12, 24), (12, 25), (12, 26)}
    return day in moving or (day.month, day.day) in fixed or _is_midsummer(day) or _is_all_saints(day)


def _is_midsummer(day: date) -> bool:
    """The Friday between 19 and 25 June and the Saturday after it."""
    friday = day - timedelta(days=day.weekday() - 4)
    return day.weekday() in (4, 5) and friday.month == 6 and 19 <= friday.day <= 25


def _is_all_saints(day: date) -> bool:
    """The Saturday between 31 October and 6 November."""
    return day.weekday() == 5 and ((day.month, day.day) == (10, 31) or (day.month == 11 and day.day <= 6))


def _easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
