"""The facts of days: what `day_facts` holds of each row of consumption days, worked out for all at once.

Days whose clock and grid are alike make one matrix, whatever their date: a small town has a few days a date,
and a step of the work for each date would cost more than its days do. The matrix is worked through in pieces
that stay near the processor. All is in whole numbers, so no fact hangs on which days lie beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption import shapes
from campaigns.consumption.calendar import Integers, LocalDays
from campaigns.consumption.days import HOUR_GRID, QUARTER_GRID
from campaigns.consumption.panels import panel_sizes
from campaigns.consumption.readings import ESTIMATED
from campaigns.consumption.spot_days import Prices, SpotDays, spot_days
from campaigns.lake.schemas import TABLES, empty
from campaigns.settings.model import Place

MOST_WH = 500_000_000  # of a day: 20 MW all day long; more is no customer of ours, and squares would not fit
_NEAR = 4096  # days: a quarter of a megabyte of hours
_SUMS = ("wh_sum", "wh_00_06", "wh_06_10", "wh_10_16", "wh_16_21")  # huge ones may cancel out over a day
_DAY = ["controller", "metering_point_id", "local_date"]
_SCHEMA = TABLES["day_facts"].schema
_COPIED = ("wh_min", "wh_max", "peak_hour", "wh_00_06", "wh_06_10", "wh_10_16", "wh_16_21")
_SHAPES = (
    "plateau_hours", *shapes.STEPS_WH, "night_max", "evening_block", "relay_hours", "morning_block",
    "wh_22_24",
)  # fmt: skip
_COSTS = ("cost_x4", "dear_wh", "price_rank")
Indices = npt.NDArray[np.intp]


def facts_of(
    bought: pl.DataFrame, sold: pl.DataFrame, prices: Sequence[Prices], calendar: LocalDays, place: Place
) -> pl.DataFrame:
    """Rows of `day_facts`, register by register in the order of `bought`, the days of import.

    `sold` are days of export: all that belong to those, and perhaps others. The calendar holds all days.
    """
    if bought.is_empty():
        return empty("day_facts")
    days = bought.with_columns(is_full=is_full())
    several = days["controller"].n_unique() > 1  # dividing the days would copy them
    registers = days.partition_by("controller", maintain_order=True) if several else [days]
    parts = [_of_register(part, prices, calendar) for part in registers]
    return _with_sold(pl.concat(parts), days, sold, calendar, place)


def is_full() -> pl.Expr:
    """Whether a row of `consumption_days` has every interval, and sums that can be counted with."""
    every = pl.col("intervals_present") == pl.col("intervals_expected")
    return every & pl.all_horizontal(pl.col(name).is_between(-MOST_WH, MOST_WH) for name in _SUMS)


def estimated() -> pl.Expr:
    """How many intervals of a row of `consumption_days` were estimated."""
    of_interval = pl.col("quality").list.eval(pl.element() == ESTIMATED)
    return of_interval.list.sum().fill_null(0).cast(pl.Int16)


def _base(days: pl.DataFrame) -> pl.DataFrame:
    """What needs no hours; of days that are not full most is NULL."""
    only_full = {"wh": "wh_sum", **{name: name for name in _COPIED}}
    return days.select(
        "controller", "metering_point_id", "month", "local_date", "is_full",
        minutes=pl.col("intervals_expected").cast(pl.Int16) * pl.col("resolution_min").cast(pl.Int16),
        expected="intervals_expected",
        present="intervals_present",
        estimated=estimated(),
        **{name: pl.when("is_full").then(pl.col(of)).cast(_SCHEMA[name]) for name, of in only_full.items()},
    )  # fmt: skip


def _of_register(days: pl.DataFrame, prices: Sequence[Prices], calendar: LocalDays) -> pl.DataFrame:
    """What the days of one register say by themselves."""
    controller = days["controller"][0]
    priced = [row for some in prices for row in some.rows(controller)]
    kinds = empty("day_facts")
    found = {name: np.zeros(len(days), dtype=kinds[name].to_numpy().dtype) for name in (*_SHAPES, *_COSTS)}
    is_priced, is_ranked = (np.zeros(len(days), dtype=np.bool_) for _ in range(2))
    arrays = _Arrays.of(days, calendar)
    for alike in arrays.alike(calendar):
        spot = spot_days(priced, calendar, alike.of_clock, alike.minutes, alike.width)
        for rows in alike.pieces(spot):
            day, wh = arrays.day[rows], arrays.hours(rows, alike.width)
            hourly = wh if alike.minutes == HOUR_GRID else _to_hours(wh)
            numbers: dict[str, npt.NDArray[np.integer]] = dict(shapes.shape_facts(hourly, alike.clock))
            numbers["wh_22_24"] = hourly[np.searchsorted(alike.clock, 22) :].sum(axis=0)
            if spot.has(day).all():
                numbers |= spot.costs(wh, hourly, day)
                is_priced[rows], is_ranked[rows] = True, spot.is_ranked(day)
            for name, values in numbers.items():
                found[name][rows] = values
    shown = dict.fromkeys(_SHAPES, days["is_full"]) | dict.fromkeys(_COSTS, pl.Series(is_priced))
    shown["price_rank"] = pl.Series(is_ranked)
    return _base(days).with_columns(
        pl.when(shown[name]).then(pl.Series(values)).alias(name) for name, values in found.items()
    )


def _to_hours(quarters: shapes.Hours) -> shapes.Hours:
    hourly: shapes.Hours = quarters.reshape(-1, 4, quarters.shape[1]).sum(axis=1, dtype=np.int32)
    return hourly


@dataclass(frozen=True, kw_only=True, slots=True)
class _Alike:
    """Full days of the same clock and grid: their rows."""

    minutes: int
    clock: Integers  # of each hour
    of_clock: npt.NDArray[np.bool_]  # by number of the calendar's day
    rows: Indices
    day: Integers  # of each row

    @property
    def width(self) -> int:
        return len(self.clock) * (HOUR_GRID // self.minutes)

    def pieces(self, spot: SpotDays) -> Iterator[Indices]:
        """Some rows at a time, all with prices or none."""
        priced = spot.has(self.day)
        for same in (priced, ~priced):
            rows = self.rows if same.all() else self.rows[same]
            for at in range(0, len(rows), _NEAR):
                yield rows[at : at + _NEAR]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Arrays:
    """All intervals of some days on end."""

    flat: npt.NDArray[np.int32]
    begins: Integers  # of each row its first interval
    day: Integers  # number of the calendar's day
    minutes: npt.NDArray[np.int16]
    is_full: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, days: pl.DataFrame, calendar: LocalDays) -> _Arrays:
        lengths = days["wh"].list.len().to_numpy().astype(np.int64)
        return cls(
            flat=days["wh"].explode().fill_null(0).to_numpy(),
            begins=np.cumsum(lengths) - lengths,
            day=days["local_date"].to_physical().to_numpy().astype(np.int64) - calendar.epoch_days[0],
            minutes=days["resolution_min"].to_numpy(),
            is_full=days["is_full"].to_numpy(),
        )

    def alike(self, calendar: LocalDays) -> Iterator[_Alike]:
        every_day = np.arange(len(calendar.quarters))
        for clock, of_clock in calendar.patterns(every_day).items():
            for minutes in (HOUR_GRID, QUARTER_GRID):
                chosen = self.is_full & (self.minutes == minutes) & of_clock[self.day]
                if chosen.any():
                    rows = np.flatnonzero(chosen)
                    yield _Alike(
                        minutes=minutes,
                        clock=np.array(clock[::4], dtype=np.int64),
                        of_clock=of_clock,
                        rows=rows,
                        day=self.day[rows],
                    )

    def hours(self, rows: Indices, width: int) -> shapes.Hours:
        """The intervals of some rows: a row an interval, a column a day."""
        wh: shapes.Hours = self.flat[self.begins[rows] + np.arange(width)[:, None]]
        return wh


def _with_sold(
    facts: pl.DataFrame, days: pl.DataFrame, sold: pl.DataFrame, calendar: LocalDays, place: Place
) -> pl.DataFrame:
    """The facts with what was fed in on the same days."""
    sizes = panel_sizes(days.filter("is_full"), sold.filter(pl.col("wh_sum") <= MOST_WH), calendar, place)
    fed_in = sold.select(
        *_DAY,
        export_wh=pl.col("wh_sum").clip(0, MOST_WH).cast(pl.Int32),
        export_10_16=pl.col("wh_10_16").clip(0, MOST_WH).cast(pl.Int32),
    ).join(sizes, on=_DAY, how="left")
    beside = facts.join(fed_in, on=_DAY, how="left", maintain_order="left")
    return beside.with_columns(
        pl.when("is_full").then(pl.col(name).fill_null(0)) for name in ("export_wh", "export_10_16")
    ).select(empty("day_facts").columns)
