"""Nights of a lake of readings: files come in, holders change, metrics are computed, now and then cut off.

A `Night` is one thing that happens; what comes of many of them must be what a rebuild from the same files
gives (invariant 11).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import strategies as st

from campaigns.consumption import KINDS
from campaigns.consumption.computing import compute
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.lake.writer import Writer
from campaigns.register.importing import import_files
from campaigns.settings.model import Place, Settings
from support.readings import COTTAGE, FLAT, HOUSE, ZONE, Row, starts, text

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
FIRST, LAST = date(2025, 11, 10), date(2026, 11, 20)  # of the readings that every lake begins with
NEAR = date(2026, 10, 20)  # from here on files bring corrections: the clock goes back on the 25th
AS_OF = (None, date(2026, 10, 31), date(2026, 11, 19), date(2026, 11, 20))
RECEIVED = tuple(NOW - timedelta(hours=hours) for hours in (30, 2, 1))  # few, so that there are ties
SETTINGS = Settings.model_construct(
    time_zone=ZONE.key, default_controller="seller", controllers={}, sources={}, place=Place()
)
COMPUTED = (
    "day_facts", "month_facts", "metrics", "reading_flags", "reading_twins",
)  # fmt: skip
IMPORTED = ("consumption_days", "heat_registers", "heat_days", "prices", "temperatures")


@dataclass(frozen=True, kw_only=True)
class File:
    """A file that was sent; the same words give the same file."""

    kind: str  # fi, en, plain, heat, prices, temperatures
    first: date
    days: int
    point: int = HOUSE
    minutes: int = 60
    level: int = 400
    received: datetime = RECEIVED[0]

    @property
    def content(self) -> str:
        """What is in it."""
        return _CONTENT[self.kind](self)

    def times(self) -> list[datetime]:
        """The starts of its intervals."""
        return starts(self.first, self.first + timedelta(days=self.days - 1), self.minutes)


@dataclass(frozen=True, kw_only=True)
class Move:
    """A metering point has another holder since a day."""

    point: int
    person: int
    since: date


@dataclass(frozen=True, kw_only=True)
class Fuse:
    """A metering point has another main fuse."""

    point: int
    ampere: int


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """`campaigns metrics`."""

    as_of: date | None = None


@dataclass(frozen=True, kw_only=True)
class Night:
    """What happens, and after how many commits it is cut off (never: None)."""

    what: File | Move | Fuse | Metrics
    cut_after: int | None = None


class CutOff(RuntimeError):
    """The program ended here."""


def _datahub(file: File) -> str:
    kind = "BN02" if file.level % 5 == 0 else "BN01"
    rows = [
        Row(start=time, wh=_wh(file, at), gsrn=file.point, minutes=file.minutes, kind=kind)
        for at, time in enumerate(file.times())
    ]
    return text(rows, header=file.kind)


def _wh(file: File, at: int) -> int | None:
    if file.level % 7 == 0 and at % 17 == 3:
        return None  # MISSING
    cold = 40 - (at // 24 * 5 + 400) % 41  # as the temperatures of the beginning are
    return file.level + (at * at + file.level) % 211 + 60 * (at % 24) + 30 * cold


def _plain(file: File) -> str:
    lines = [
        f"{file.point};{time:%Y-%m-%dT%H:%MZ};{_wh(file, at) or 0};Wh;{file.minutes}"
        for at, time in enumerate(file.times())
    ]
    return "\n".join(["gsrn;start;quantity;unit;resolution", *lines]) + "\n"


def _heat(file: File) -> str:
    lines = ["site;read_at;energy;unit;volume_m3;inlet_m3c;return_m3c"]
    for time in replace(file, minutes=60).times():
        hours = (time - datetime(2024, 1, 1, tzinfo=UTC)) // timedelta(hours=1)
        total = hours * 2 + (hours * hours + file.level) % 3
        lines.append(f"A-1;{time:%Y-%m-%dT%H:%MZ};{total};kWh;{total}.5;{total * 70}.25;{total * 40}")
    return "\n".join(lines) + "\n"


def _prices(file: File) -> str:
    lines = [f"{time:%Y-%m-%dT%H:%MZ};{(at * 7 + file.level) % 30}" for at, time in enumerate(file.times())]
    return "\n".join(["start;price", *lines]) + "\n"


def _temperatures(file: File) -> str:
    lines = [
        f"{time:%Y-%m-%dT%H:%MZ};{(at // 24 * 5 + file.level) % 41 - 20 + at % 3}"
        for at, time in enumerate(replace(file, minutes=60).times())
    ]
    return "\n".join(["start;celsius", *lines]) + "\n"


_CONTENT: Mapping[str, Callable[[File], str]] = {
    "fi": _datahub,
    "en": _datahub,
    "plain": _plain,
    "heat": _heat,
    "prices": _prices,
    "temperatures": _temperatures,
}
_ALL = (LAST - FIRST).days + 1
BASE = (
    File(kind="fi", first=FIRST, days=_ALL, level=302),
    File(kind="en", first=FIRST, days=_ALL, level=204, point=FLAT),
    File(kind="heat", first=FIRST, days=_ALL + 1),
    File(kind="prices", first=FIRST, days=_ALL),
    File(kind="temperatures", first=FIRST, days=_ALL),
)


def files() -> st.SearchStrategy[File]:
    """Corrections and additions of some days near the end."""
    days = st.integers(0, (LAST - NEAR).days - 1)
    return st.builds(
        File,
        kind=st.sampled_from(["fi", "en", "fi", "plain", "heat", "prices", "temperatures"]),
        first=days.map(lambda day: NEAR + timedelta(days=day)) | st.just(date(2026, 2, 27)),
        days=st.integers(1, 4) | st.just(30),
        point=st.sampled_from([HOUSE, FLAT, COTTAGE]),
        minutes=st.sampled_from([60, 60, 15]),
        level=st.integers(0, 900) | st.just(302),  # as the readings of the beginning are
        received=st.sampled_from(RECEIVED),
    )


def nights() -> st.SearchStrategy[list[Night]]:
    """What may happen, in any order; some files twice."""
    near = st.dates(date(2026, 9, 1), date(2026, 11, 25))
    points = st.sampled_from([HOUSE, FLAT])
    what = st.one_of(
        files(),
        files(),
        st.builds(Metrics, as_of=st.sampled_from(AS_OF)),
        st.builds(Metrics, as_of=st.sampled_from(AS_OF)),
        st.builds(Move, point=points, person=st.integers(1, 3), since=near),
        st.builds(Fuse, point=points, ampere=st.sampled_from([25, 63])),
    )
    one = st.builds(Night, what=what, cut_after=st.none() | st.integers(1, 9))
    return st.lists(one, min_size=2, max_size=8).flatmap(_with_repeats)


def _with_repeats(drawn: list[Night]) -> st.SearchStrategy[list[Night]]:
    again = [night for night in drawn if isinstance(night.what, File)]
    return (
        st.lists(st.sampled_from(again), max_size=2).map(lambda more: drawn + more)
        if again
        else st.just(drawn)
    )


def play(lake: Lake, folder: Path, night: Night) -> None:
    """Let it happen; what was cut off is done again, as the next run of the program does."""
    try:
        with cut_after(night.cut_after):
            happen(lake, folder, night.what)
    except CutOff:
        happen(lake, folder, night.what)


def happen(lake: Lake, folder: Path, what: File | Move | Fuse | Metrics) -> None:
    """Let it happen in a lake. Files are written into the folder."""
    if isinstance(what, Metrics):
        compute(lake, settings=SETTINGS, now=NOW, as_of=what.as_of)
    elif isinstance(what, File):
        bring(lake, folder, [what])
    else:
        table, row = _row(what)
        schema = {name: kind for name, kind in TABLES[table].schema.items() if name in row}
        with lake.writer(purpose="test") as writer:
            writer.upsert(table, pl.DataFrame([row], schema=schema))


def _row(what: Move | Fuse) -> tuple[str, dict[str, Any]]:
    point = {"controller": "seller", "metering_point_id": what.point}
    if isinstance(what, Fuse):
        return "metering_points", {**point, "fuse_a": what.ampere, "energy": "electricity"}
    held = {"contract_id": what.point % 1000 * 10 + what.person, "person_id": what.person}
    return "contracts", {**point, **held, "start_date": what.since}


def bring(lake: Lake, folder: Path, what: Sequence[File]) -> None:
    """Import files, each in a run of its own."""
    for file in what:
        content = file.content
        path = folder / f"{hashlib.sha256(content.encode()).hexdigest()[:12]}.csv"
        path.write_text(content)
        moment = file.received.timestamp()
        os.utime(path, (moment, moment))
        (done,) = import_files(
            [path],
            kinds=KINDS,
            settings=SETTINGS,
            lake=lake,
            ledger=None,  # type: ignore[arg-type]  # readings need none
            now=NOW,
            settle=0,
            received=file.received,
        )
        assert done.refused is None, done.refused
        assert done.accepted or done.unchanged, done  # rows of the days to come are set aside


@contextmanager
def cut_after(commits: int | None) -> Iterator[None]:
    """Raise `CutOff` when so many commits have been made; nothing is published then."""
    commit, left = Writer._commit, commits

    def counted(writer: Writer, *arguments: Any, **more: Any) -> None:
        nonlocal left
        commit(writer, *arguments, **more)
        if left is not None:
            left -= 1
            if left <= 0:
                raise CutOff

    Writer._commit = counted  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        Writer._commit = commit  # type: ignore[assignment,method-assign]


def digests(lake: Lake, tables: Sequence[str] = COMPUTED) -> dict[str, str]:
    """A hash of the rows of each table, in their fixed order."""
    with lake.snapshot() as snapshot:
        return {
            name: hashlib.sha256(snapshot.frame(name).write_ndjson().encode()).hexdigest() for name in tables
        }
