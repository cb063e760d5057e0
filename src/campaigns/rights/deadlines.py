"""By when a request must be answered: GDPR Art. 12(3), counted as Regulation 1182/71 counts.

The day of receipt is not counted. A period of months ends with the day of the same number, or with the last
of the month where that has none (Art. 3(2)(c)); when that is a Saturday, Sunday or holiday, with the next
working day (Art. 3(4)).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from campaigns.settings.holidays import days_off

MONTHS = 1
EXTENDED_MONTHS = 3  # one, and two further ones


def due_on(received_on: date, *, months: int = MONTHS) -> date:
    """The last day of a period of `months` that began with the receipt on `received_on`."""
    return _working_day(_months_after(received_on, months))


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _working_day(day: date) -> date:
    closed = days_off((day.year, day.year + 1))
    while day.weekday() >= 5 or day in closed:
        day += timedelta(days=1)
    return day
