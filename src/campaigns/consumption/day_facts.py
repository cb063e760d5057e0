"""Day facts: the numbers of each day of import that metrics read, kept beside the days they come from.

They are made again for days that changed: for the rows of every file of `consumption_days` that was not
there before, and for whole months whose prices changed. `day_fact_months` says from what each month was made,
so that a run that was cut off is finished by the next, and the outcome is that of a full rebuild.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from campaigns.consumption.calendar import LocalDays, local_days
from campaigns.consumption.day_numbers import facts_of
from campaigns.consumption.inputs import version_of
from campaigns.consumption.spot_days import Prices
from campaigns.lake.frames import by_partition
from campaigns.lake.schemas import empty
from campaigns.settings.model import Settings

if TYPE_CHECKING:
    from campaigns.lake import Writer

Sized = TypeVar("Sized")
_AT_ONCE = 48_000_000  # bytes of files that are read together: about a million days
_READ = (
    "controller", "metering_point_id", "direction", "month", "local_date", "resolution_min", "wh", "quality",
    "wh_sum", "intervals_expected", "intervals_present", "wh_min", "wh_max", "peak_hour", "wh_00_06",
    "wh_06_10", "wh_10_16", "wh_16_21",
)  # fmt: skip
_DAY = ["controller", "metering_point_id", "local_date"]
_IS_IMPORT, _IS_EXPORT = (pl.col("direction") == name for name in ("import", "export"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Updated:
    """What was made anew, days and the months that they lie in, and how many days were kept as they were."""

    days: int
    kept: int
    months: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Month:
    """A month that changed: its files, those of them that are not in its facts, and what it is made from."""

    name: str
    files: tuple[Path, ...]
    new: tuple[Path, ...]
    stamp: Mapping[str, str]
    prices: Prices

    @property
    def is_whole(self) -> bool:
        """Whether all of its facts are made again."""
        return len(self.new) == len(self.files)

    @property
    def bytes(self) -> int:
        return sum(map(_size, self.new))


def version() -> str:
    """Changes with the code that makes them."""
    return version_of("day_facts", "day_numbers", "shapes", "spot_days", "price_days", "panels", "sun")


def update(writer: Writer, *, settings: Settings, full: bool = False) -> Updated:
    """Bring `day_facts` up to the lake's days and prices; with `full` everything is made again."""
    files = by_partition(writer.files("consumption_days"), "month")
    made = {} if full else {row["month"]: row for row in writer.frame("day_fact_months").to_dicts()}
    gone = sorted(set(made) - set(files))
    changed = list(_changed(writer, files, made, settings))
    days = sum(_remake(writer, months, settings) for months in _together(changed, lambda month: month.bytes))
    if gone:
        _drop(writer, gone)
    kept = writer.count("day_facts") - days
    return Updated(days=days, kept=kept, months=(*(month.name for month in changed), *gone))


def _changed(
    writer: Writer,
    files: Mapping[str, Sequence[Path]],
    made: Mapping[str, Mapping[str, str]],
    settings: Settings,
) -> Iterator[_Month]:
    """The months that are made from something else than they were."""
    table = writer.frame("prices")
    made_by = f"{version()} {settings.place.latitude} {settings.place.longitude}"
    for name, paths in files.items():
        prices = Prices.of(table, _calendar(settings, name, name))
        stamp = {"files": _names(paths), "prices": prices.digest, "version": made_by}
        before = made.get(name, {})
        if any(before.get(what) != value for what, value in stamp.items()):
            is_same = all(before.get(what) == stamp[what] for what in ("prices", "version"))
            known = set(json.loads(before["files"])) if is_same else set()
            new = tuple(path for path in paths if path.name not in known)
            yield _Month(name=name, files=tuple(paths), new=new, stamp=stamp, prices=prices)


def _names(paths: Sequence[Path]) -> str:
    return json.dumps(sorted(path.name for path in paths))


def _calendar(settings: Settings, first: str, last: str) -> LocalDays:
    """All days of some months."""
    following = (date.fromisoformat(f"{last}-01") + timedelta(days=31)).replace(day=1)
    return local_days(settings.zone, date.fromisoformat(f"{first}-01"), following - timedelta(days=1))


def _remake(writer: Writer, months: Sequence[_Month], settings: Settings) -> int:
    """Facts of the rows in new files, into the table; how many."""
    calendar = _calendar(settings, months[0].name, months[-1].name)
    prices = [month.prices for month in months]
    frames = (
        facts_of(bought, sold, prices, calendar, settings.place) for bought, sold in _rows(writer, months)
    )
    facts = pl.concat([empty("day_facts"), *frames])
    # What says from what they were made goes before they do: a run that is cut off in between must not leave
    # facts under a note that is true again when what changed is changed back.
    writer.remove("day_fact_months", pl.col("month").is_in([month.name for month in months]))
    whole = [month.name for month in months if month.is_whole]
    in_whole = pl.col("month").is_in(whole)
    if whole:
        writer.replace_where("day_facts", facts.filter(in_whole), partitions={"month": whole})
    if len(whole) < len(months):
        writer.upsert("day_facts", facts.filter(~in_whole))
        for month in months:
            if not month.is_whole:
                _forget(writer, month)
    notes = [{"controller": "", "month": month.name, **month.stamp} for month in months]
    writer.upsert("day_fact_months", pl.DataFrame(notes))
    return len(facts)


def _rows(writer: Writer, months: Sequence[_Month]) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """The days of import in new files, some files at a time, and beside them those of export.

    A day's other direction may lie in any file of its month, and one that is not new.
    """
    new = [path for month in months for path in month.new]
    parts = list(_together(new, _size))
    old = [path for month in months for path in month.files if path not in set(new)]
    if len(parts) == 1 and not old:
        rows = writer.rows_in("consumption_days", new, _READ)
        yield rows.filter(_IS_IMPORT), rows.filter(_IS_EXPORT)
        return
    sold_anew = writer.rows_in("consumption_days", new, _READ, where=_IS_EXPORT)
    sold_before = writer.rows_in("consumption_days", old, _READ, where=_IS_EXPORT)
    sold = pl.concat([sold_anew, sold_before])
    for part in parts:
        yield writer.rows_in("consumption_days", part, _READ, where=_IS_IMPORT), sold
    if old and not sold_anew.is_empty():
        points = pl.col("metering_point_id").is_in(sold_anew["metering_point_id"].unique().implode())
        bought = writer.rows_in("consumption_days", old, _READ, where=_IS_IMPORT & points)
        yield bought.join(sold_anew, on=_DAY, how="semi", maintain_order="left"), sold


def _together(things: Sequence[Sized], size_of: Callable[[Sized], int]) -> Iterator[list[Sized]]:
    """Months or files that are read together: many small ones, or a large one."""
    together: list[Sized] = []
    size = 0
    for thing in things:
        own = size_of(thing)
        if together and size + own > _AT_ONCE:
            yield together
            together, size = [], 0
        together.append(thing)
        size += own
    if together:
        yield together


def _size(path: Path) -> int:
    """In bytes; of a file that is gone, whose reading says so, nothing."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _forget(writer: Writer, month: _Month) -> None:
    """Facts of days that are no longer there, when days left the month."""
    days = writer.rows_in("consumption_days", month.files, _DAY, where=_IS_IMPORT)
    in_month = pl.col("month") == month.name
    facts = writer.frame("day_facts", _DAY, where=in_month)
    if len(days) == len(facts):
        return
    whole = writer.frame("day_facts", where=in_month)
    kept = whole.join(days, on=_DAY, how="semi")
    writer.replace_where("day_facts", kept, partitions={"month": [month.name]})


def _drop(writer: Writer, months: Sequence[str]) -> None:
    writer.replace_where("day_facts", empty("day_facts"), partitions={"month": months})
    writer.remove("day_fact_months", pl.col("month").is_in(list(months)))
