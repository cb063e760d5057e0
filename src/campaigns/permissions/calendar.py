"""When people may be called, and when a text message would wake them up (Finnish local time)."""

from __future__ import annotations

from datetime import date, datetime, time

from campaigns.settings.holidays import days_off

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
    return day in days_off([day.year])
