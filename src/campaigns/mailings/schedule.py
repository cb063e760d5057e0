"""When a mailing goes: once, every day, on weekdays or monthly, always at a local time.

Clock changes: a time that does not exist (03:30 on the last Sunday of March) means the first minute after the
gap (04:00); a time that exists twice (03:30 in October) means its first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from campaigns.settings.binding import Definition

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ONCE = "once"
LONGEST = timedelta(days=366)  # how far ahead the next occurrence is looked for

_LENGTH = re.compile(r"(\d{1,4}) (minute|hour|day)s?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """One time that a mailing goes. `due` is None when it has no schedule: it goes when it is told to."""

    name: str  # `once`, or the local date and time; the key under which a person gets it at most once
    due: datetime | None
    latest: datetime | None


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _no_twice(value: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(value)) != len(value):
        raise ValueError("names a day twice")
    return value


def _length(value: object) -> object:
    """`90 minutes`, `4 hours`, `2 days`."""
    if isinstance(value, timedelta):
        return value
    match = _LENGTH.fullmatch(str(value))
    if not match:
        raise ValueError("is not a length of time; write it like `4 hours`")
    return timedelta(**{f"{match[2]}s": int(match[1])})


# As people write it, for editors.
_Written = Annotated[str, Field(pattern=rf"^{_LENGTH.pattern}$", examples=["4 hours", "90 minutes"])]
Length = Annotated[timedelta, BeforeValidator(_length, json_schema_input_type=_Written)]
_Day = Literal["day", "month"] | Weekday
Every = Annotated[
    tuple[_Day, ...],
    BeforeValidator(_as_list, json_schema_input_type=_Day | tuple[_Day, ...]),
    Field(min_length=1),
    AfterValidator(_no_twice),
]


class Schedule(Definition):
    """`at: 2026-12-01 09:00`, or `every:` (day, weekdays, month with `on_day:`) with `at: 09:00`."""

    at: str
    every: Every | None = None
    on_day: Annotated[int, Field(ge=1, le=28)] | None = None
    first: date | None = None
    last: date | None = None

    @model_validator(mode="after")
    def _fits(self) -> Schedule:
        if self.every is None:
            _moment(self.at)
            if self.on_day or self.first or self.last:
                raise ValueError("`on_day`, `first` and `last` belong to `every`")
            return self
        _clock(self.at)
        monthly = "month" in self.every
        if monthly and (len(self.every) > 1 or self.on_day is None):
            raise ValueError("`every: month` stands alone and needs `on_day`, 1 to 28")
        if "day" in self.every and len(self.every) > 1:
            raise ValueError("`every: day` stands alone")
        if self.on_day is not None and not monthly:
            raise ValueError("`on_day` belongs to `every: month`")
        return self

    def occurrences(
        self, start: datetime, end: datetime, *, zone: ZoneInfo, latest: timedelta
    ) -> Iterator[Occurrence]:
        """Those due from `start` until before `end`, in order."""
        if self.every is None:
            day, clock = _moment(self.at)
            due = instant(day, clock, zone)
            if start <= due < end:
                yield Occurrence(name=ONCE, due=due, latest=due + latest)
            return
        clock = _clock(self.at)
        day = start.astimezone(zone).date() - timedelta(days=1)
        while (due := instant(day, clock, zone)) < end:
            if due >= start and self._falls_on(day):
                yield Occurrence(name=f"{day.isoformat()} {self.at}", due=due, latest=due + latest)
            day += timedelta(days=1)

    def due_of(self, name: str, zone: ZoneInfo) -> datetime | None:
        """When the occurrence of that name is due; None when the schedule has no such occurrence."""
        if self.every is None:
            return instant(*_moment(self.at), zone) if name == ONCE else None
        day_text, _, at = name.partition(" ")
        day = date.fromisoformat(day_text) if at else None
        if day is None or at != self.at or not self._falls_on(day):
            return None
        return instant(day, _clock(self.at), zone)

    def _falls_on(self, day: date) -> bool:
        every = self.every or ()
        if (self.first and day < self.first) or (self.last and day > self.last):
            return False
        if "month" in every:
            return day.day == self.on_day
        return "day" in every or WEEKDAYS[day.weekday()] in every


def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC instant of a local time; see the module's text for the clock changes."""
    local = datetime.combine(day, clock)
    while not _exists(local, zone):
        local += timedelta(minutes=1)
    return local.replace(tzinfo=zone, fold=0).astimezone(UTC)


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    there = local.replace(tzinfo=zone).astimezone(UTC)
    return there.astimezone(zone).replace(tzinfo=None) == local


def _clock(text: str) -> time:
    match = _CLOCK.fullmatch(text)
    if not match:
        raise ValueError("`at` is not a time of day; write it like 09:00")
    return time(int(match[1]), int(match[2]))


def _moment(text: str) -> tuple[date, time]:
    match = _MOMENT.fullmatch(text)
    try:
        if match:
            return date.fromisoformat(match[1]), _clock(match[2])
    except ValueError:
        pass
    raise ValueError("`at` is not a date and time; write it like 2026-12-01 09:00, or add `every`")


def as_text(length: timedelta) -> str:
    """`4 hours`, as `latest` is written."""
    seconds: Any = int(length.total_seconds())
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            number = seconds // size
            return f"{number} {word}{'' if number == 1 else 's'}"
    raise ValueError("not whole minutes")
