"""Types of single values that several parts of `campaigns.yml` use."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from campaigns.settings.binding import Definition

_SWITCHES = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
_SPAN = re.compile(r"(\d{1,4}) (day|week|month|year)s?")
_FOREVER = ("forever", "always", "never", "unlimited", "indefinitely", "none")
_LONGEST_MONTHS = 1200


def _switch(value: object) -> object:
    if isinstance(value, str) and value.lower() in _SWITCHES:
        return _SWITCHES[value.lower()]
    if isinstance(value, bool):
        return value
    raise ValueError("say on or off")


Switch = Annotated[bool, BeforeValidator(_switch)]


def _name(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", value):
        raise ValueError("a name is lower-case letters, digits and _, such as energy_offers")
    return value


Name = Annotated[str, AfterValidator(_name)]


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("says nothing")
    return value.strip()


Said = Annotated[str, AfterValidator(_said)]  # must not be left empty


class Span(Definition):
    """How long something is kept: `24 months`, `30 days`. Exactly one of the two is not zero."""

    months: int = 0
    days: int = 0

    def before(self, day: date) -> date:
        """The day so long before `day`; the last of the month where that one is shorter."""
        total = day.year * 12 + day.month - 1 - self.months
        year, month = divmod(total, 12)
        last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - timedelta(days=1)).day
        return date(year, month + 1, min(day.day, last)) - timedelta(days=self.days)

    def __str__(self) -> str:
        number, word = (self.months, "month") if self.months else (self.days, "day")
        return f"{number} {word}{'' if number == 1 else 's'}"


def _span(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if text in _FOREVER:
        raise ValueError("nothing is kept for ever: say how long, such as 24 months")
    match = _SPAN.fullmatch(text)
    if match is None or int(match.group(1)) == 0:
        raise ValueError("say how long with a number and a word, such as 24 months or 30 days")
    number, word = int(match.group(1)), match.group(2)
    if word in ("month", "year"):
        months = number * (12 if word == "year" else 1)
        if months > _LONGEST_MONTHS:
            raise ValueError("nobody plans for more than 100 years: say how long it is really kept")
        return Span(months=months)
    return Span(days=number * (7 if word == "week" else 1))


# As people write it, for editors.
_Written = Annotated[str, Field(pattern=rf"^{_SPAN.pattern}$", examples=["24 months", "30 days"])]
Keep = Annotated[Span, BeforeValidator(_span, json_schema_input_type=_Written)]


class Decided(Definition):
    """Who took a decision that the law leaves open, when and why; never without all three."""

    decided_by: str
    date: date
    reason: str
