"""Starts of readings as people and programs write them, with the offset that their zone has at that time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

import polars as pl

ZONES = frozenset(available_timezones())
_FINNISH = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d{1,2}[:.]\d\d([:.]\d\d(\.\d{1,9})?)?")
_OFFSET = re.compile(r" ?(Z|z|[+-]\d\d:?\d\d)$")
_UNCLEAR = ""  # in place of a time that no clock of that zone ever shows


class Starts:
    """Gives local times of one file their offset.

    Of the hour that autumn has twice the first reading of a metering point and direction is the earlier one,
    the second the later one. The hour that spring leaves out does not exist.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[str, str]] = {}
        self._seen: set[tuple[str, str, str]] = set()

    def with_offset(self, frame: pl.DataFrame) -> pl.Series:
        """`start` of each row, as Datahub would write it; a time that cannot be told is empty or as it was.

        The frame has `start`, `zone`, `gsrn` and `direction`.
        """
        pairs = frame.select("start", "zone").unique(maintain_order=True)
        found = [self._both(text, zone) for text, zone in pairs.rows()]
        first, second = zip(*found, strict=True) if found else ((), ())
        told = pairs.with_columns(
            pl.Series("first", first, dtype=pl.String), pl.Series("second", second, dtype=pl.String)
        )
        both = frame.join(told, on=["start", "zone"], how="left", maintain_order="left")
        doubtful = both.with_row_index("_at").filter(pl.col("first") != pl.col("second"))
        starts = both["first"]
        if not doubtful.is_empty():
            later = dict(self._later(doubtful))
            starts = starts.scatter(list(later), list(later.values()))
        return starts.alias("start")

    def _later(self, doubtful: pl.DataFrame) -> Iterator[tuple[int, str]]:
        """Which rows mean the second of two hours, and the start that they mean."""
        for at, gsrn, direction, first, second in doubtful.select(
            "_at", "gsrn", "direction", "first", "second"
        ).iter_rows():
            reading = (gsrn, direction, first)
            if reading in self._seen:
                yield at, second
            self._seen.add(reading)

    def _both(self, text: str, zone: str) -> tuple[str, str]:
        """The time with its offset, before and after clocks went back: twice the same but for one hour."""
        key = (text, zone)
        if key not in self._known:
            self._known[key] = _told(text, zone)
        return self._known[key]


def _told(text: str, zone: str) -> tuple[str, str]:
    iso = _FINNISH.sub(lambda day: f"{day[3]}-{int(day[2]):02}-{int(day[1]):02}", text.strip(), count=1)
    offset = _OFFSET.search(iso)
    clock = iso[: offset.start()] if offset else iso
    if not _ISO.fullmatch(clock) or (offset is None and zone not in ZONES):
        return text, text
    day, time = clock[:10], clock[11:].replace(".", ":", 2)
    try:
        naive = datetime.fromisoformat(f"{day}T{time.zfill(5) if time.count(':') == 1 else time.zfill(8)}")
    except ValueError:
        return text, text
    if offset is not None:
        told = f"{naive.isoformat()}{offset[1].upper()}"
        return told, told
    local = ZoneInfo(zone)
    first, second = (naive.replace(tzinfo=local, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset() and not _exists(first):
        return _UNCLEAR, _UNCLEAR
    return first.isoformat(), second.isoformat()


def _exists(moment: datetime) -> bool:
    """Whether a clock of its zone ever shows that time."""
    utc = ZoneInfo("UTC")
    return moment.astimezone(utc).astimezone(moment.tzinfo).replace(tzinfo=None) == moment.replace(
        tzinfo=None
    )
