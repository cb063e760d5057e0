"""Readings of a file to consumption days: dense arrays, a row a metering point, direction and local day.

A day keeps the finest grid that was seen on it. An hourly reading on a grid of quarters is its four quarters:
the whole part of a fourth in each, and the rest in the last. So a set of readings gives the same day in any
order. Within a file the later line counts when two speak of the same interval.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from campaigns.consumption.calendar import Integers
from campaigns.consumption.readings import Codes, Flags, Positions, Readings

NEVER_STATED = -1
QUARTER_GRID, HOUR_GRID = 15, 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Days:
    """Days of one grid; the first axis of every array is the day.

    `wh` and `quality` have a column for each interval of the longest day. `quality` is -1 where no line spoke
    of the interval, 0 where one said that it is missing, else as in schemas.py.
    """

    minutes: int
    metering_point: Integers
    export: Flags
    day: Positions
    wh: npt.NDArray[np.int32]
    quality: Codes

    def __len__(self) -> int:
        return len(self.day)

    @property
    def stated(self) -> Flags:
        """Of which intervals a line spoke."""
        stated: Flags = self.quality != NEVER_STATED
        return stated

    @property
    def order_key(self) -> Positions:
        """Day and direction as one number."""
        return self.day * 2 + self.export

    def take(self, rows: npt.NDArray[np.intp] | Flags) -> Days:
        """Only those rows."""
        columns = ("metering_point", "export", "day", "wh", "quality")
        return Days(minutes=self.minutes, **{name: getattr(self, name)[rows] for name in columns})


@dataclass(frozen=True, kw_only=True, slots=True)
class Built:
    """The days of a file, at most one entry a grid, and how many intervals a later line stated again."""

    days: tuple[Days, ...]
    repeated: int


def build(batches: Iterable[Readings], *, hours: int) -> Built:
    """The days of all batches in order. `hours` is the length of the longest day."""
    fragments: list[Days] = []
    repeated = 0
    for readings in batches:
        for fragment, again in _of_batch(readings, hours):
            fragments.append(fragment)
            repeated += again
    finest = _on_one_grid(fragments)
    merged = [_merged(found) for grid in (HOUR_GRID, QUARTER_GRID) if (found := finest[grid])]
    return Built(
        days=tuple(days for days, _ in merged), repeated=repeated + sum(again for _, again in merged)
    )


def to_quarters(days: Days) -> Days:
    """Hours as quarters: the whole part of a fourth in each, the rest in the last."""
    fourth = days.wh // 4
    quarters = np.repeat(fourth, 4, axis=1)
    quarters[:, 3::4] = days.wh - 3 * fourth
    return Days(
        minutes=QUARTER_GRID,
        metering_point=days.metering_point,
        export=days.export,
        day=days.day,
        wh=quarters,
        quality=np.repeat(days.quality, 4, axis=1),
    )


def groups(
    metering_point: Integers, order_key: Positions
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Equal pairs as groups, in ascending order: the first place of each, and the group of every place."""
    order = np.lexsort((order_key, metering_point))
    points, keys = metering_point[order], order_key[order]
    first = np.flatnonzero(np.r_[True, (points[1:] != points[:-1]) | (keys[1:] != keys[:-1])][: len(order)])
    group = np.empty(len(order), dtype=np.intp)
    group[order] = np.repeat(np.arange(len(first)), np.diff(np.r_[first, len(order)]))
    return order[first], group


def _of_batch(readings: Readings, hours: int) -> list[tuple[Days, int]]:
    if not len(readings):
        return []
    key = readings.day * 2 + readings.export
    # Files are mostly in order of metering point and time: runs of one day are found without sorting rows.
    point = readings.metering_point
    runs = np.flatnonzero(np.r_[True, (point[1:] != point[:-1]) | (key[1:] != key[:-1])])
    first, group_of_run = groups(point[runs], key[runs])
    group = np.repeat(group_of_run, np.diff(np.r_[runs, len(readings)]))
    lead = runs[first]
    has_quarters = np.zeros(len(lead), dtype=np.bool_)
    has_quarters[group[~readings.hourly]] = True
    return [
        _scattered(readings, group, lead, grid, has_quarters == (grid == QUARTER_GRID), hours)
        for grid in (HOUR_GRID, QUARTER_GRID)
        if (has_quarters == (grid == QUARTER_GRID)).any()
    ]


def _scattered(
    readings: Readings,
    group: npt.NDArray[np.intp],
    lead: npt.NDArray[np.intp],
    grid: int,
    chosen: Flags,
    hours: int,
) -> tuple[Days, int]:
    """The readings of the chosen groups, laid out on a grid; of equal places the last one stays."""
    place = np.cumsum(chosen) - 1
    every = bool(chosen.all())
    mine = slice(None) if every else chosen[group]
    row = place[group[mine]]
    if grid == HOUR_GRID:
        width, column, wh = hours, readings.quarter[mine] // 4, readings.wh[mine]
        quality = readings.quality[mine]
    else:
        width = hours * 4
        row, column, wh, quality = _as_quarters(readings.where(_mask(mine, len(readings))), row)
    flat = row * width + column
    dense_wh = np.zeros(int(chosen.sum()) * width, dtype=np.int32)
    dense_quality = np.full(len(dense_wh), NEVER_STATED, dtype=np.int8)
    dense_wh[flat] = wh
    dense_quality[flat] = quality
    leading = lead[chosen]
    days = Days(
        minutes=grid,
        metering_point=readings.metering_point[leading],
        export=readings.export[leading],
        day=readings.day[leading],
        wh=dense_wh.reshape(-1, width),
        quality=dense_quality.reshape(-1, width),
    )
    return days, len(flat) - int(days.stated.sum())


def _mask(mine: slice | Flags, length: int) -> Flags:
    return np.ones(length, dtype=np.bool_) if isinstance(mine, slice) else mine


def _as_quarters(
    readings: Readings, row: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], Positions, npt.NDArray[np.int32], Codes]:
    """Each hourly reading as four, in its place."""
    counts = np.where(readings.hourly, 4, 1)
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    fourth = np.repeat(np.where(readings.hourly, readings.wh // 4, 0), counts)
    whole = np.repeat(readings.wh, counts)
    hourly = np.repeat(readings.hourly, counts)
    wh = np.where(hourly, np.where(within == 3, whole - 3 * fourth, fourth), whole).astype(np.int32)
    return (
        np.repeat(row, counts),
        np.repeat(readings.quarter, counts) + within,
        wh,
        np.repeat(readings.quality, counts),
    )


def _on_one_grid(fragments: Sequence[Days]) -> dict[int, list[Days]]:
    """Fragments by grid, in order, with those hours as quarters whose day has quarters elsewhere."""
    by_grid: dict[int, list[Days]] = {HOUR_GRID: [], QUARTER_GRID: []}
    for days, is_fine in zip(fragments, _have_quarters(fragments), strict=True):
        if days.minutes == QUARTER_GRID:
            by_grid[QUARTER_GRID].append(days)
        elif not is_fine.any():
            by_grid[HOUR_GRID].append(days)
        else:
            by_grid[QUARTER_GRID].append(to_quarters(days.take(is_fine)))
            by_grid[HOUR_GRID].append(days.take(~is_fine))
    return {grid: [days for days in found if len(days)] for grid, found in by_grid.items()}


def _have_quarters(fragments: Sequence[Days]) -> list[Flags]:
    """For each day of each fragment whether some fragment has it on the grid of quarters."""
    lengths = [len(days) for days in fragments]
    fine = np.repeat([days.minutes == QUARTER_GRID for days in fragments], lengths)
    if not fine.any() or fine.all():
        return [np.full(len(days), days.minutes == QUARTER_GRID) for days in fragments]
    point = np.concatenate([days.metering_point for days in fragments])
    _, group = groups(point, np.concatenate([days.order_key for days in fragments]))
    found = np.zeros(int(group.max()) + 1, dtype=np.bool_)
    found[group[fine]] = True
    return np.split(found[group], np.cumsum(lengths)[:-1])


def _merged(fragments: Sequence[Days]) -> tuple[Days, int]:
    """Fragments of one grid as one, each day once; also how many intervals were stated in two of them."""
    whole = fragments[0] if len(fragments) == 1 else _joined(fragments)
    _, group = groups(whole.metering_point, whole.order_key)
    order = np.argsort(group, kind="stable")
    new = np.r_[True, np.diff(group[order]) > 0]
    heads = np.flatnonzero(new)
    if len(heads) == len(order):
        in_order = bool((order[1:] > order[:-1]).all())
        return (whole if in_order else whole.take(order)), 0
    merged = whole.take(order[heads])
    position = np.arange(len(order)) - np.repeat(heads, np.diff(np.r_[heads, len(order)]))
    repeated = 0
    for level in range(1, int(position.max()) + 1):
        later = order[position == level]
        target = group[later]
        stated = whole.stated[later]
        repeated += int((stated & merged.stated[target]).sum())
        merged.wh[target] = np.where(stated, whole.wh[later], merged.wh[target])
        merged.quality[target] = np.where(stated, whole.quality[later], merged.quality[target])
    return merged, repeated


def _joined(fragments: Sequence[Days]) -> Days:
    columns = ("metering_point", "export", "day", "wh", "quality")
    return Days(
        minutes=fragments[0].minutes,
        **{name: np.concatenate([getattr(days, name) for days in fragments]) for name in columns},
    )
