"""Consumption days as rows of the lake, and rows of the lake as days.

Beside each interval stands the file that gave it: `received` (microseconds UTC) and `file` (the first 63 bits
of its SHA-256). When one file gave all of a day both lists have a single entry.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.consumption.calendar import Integers, LocalDays
from campaigns.consumption.days import HOUR_GRID, NEVER_STATED, QUARTER_GRID, Days, to_quarters
from campaigns.consumption.facts import facts
from campaigns.consumption.readings import DIRECTIONS, Flags
from campaigns.lake.schemas import TABLES, empty

KEYS = ("controller", "metering_point_id", "direction", "local_date")
_PART = 250_000  # days turned into rows at a time
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NEVER = np.iinfo(np.int64).min


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamp:
    """Which file gave an interval. Of two the one with the later `received` wins, then the greater `file`."""

    received: int
    file: int

    @classmethod
    def of(cls, received: datetime, sha256: str) -> Stamp:
        """The stamp of a delivery."""
        return cls(received=(received - _EPOCH) // timedelta(microseconds=1), file=int(sha256[:16], 16) >> 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stamped:
    """Days, and for each stated interval the file that gave it."""

    days: Days
    received: Integers
    file: Integers

    @classmethod
    def by(cls, stamp: Stamp, days: Days) -> Stamped:
        """Days that one file gave."""
        shape = days.quality.shape
        received, file = np.int64(stamp.received), np.int64(stamp.file)
        return cls(days=days, received=np.broadcast_to(received, shape), file=np.broadcast_to(file, shape))

    def on(self, minutes: int) -> Stamped:
        """On that grid, which is the same or finer."""
        if self.days.minutes == minutes:
            return self
        received, file = (np.repeat(stamps, 4, axis=1) for stamps in (self.received, self.file))
        return Stamped(days=to_quarters(self.days), received=received, file=file)

    def take(self, rows: npt.NDArray[np.intp] | Flags) -> Stamped:
        """Only those rows."""
        return Stamped(days=self.days.take(rows), received=self.received[rows], file=self.file[rows])


def overlaid(known: pl.DataFrame, fresh: pl.DataFrame, *, calendar: LocalDays) -> pl.DataFrame:
    """Rows of the same keys in the same order: of each interval what the newer file stated.

    A day has the finer grid of the two.
    """
    parts = zip(known.iter_slices(_PART), fresh.iter_slices(_PART), strict=True)
    return pl.concat([empty("consumption_days"), *(_overlaid(*part, calendar) for part in parts)])


def _overlaid(known: pl.DataFrame, fresh: pl.DataFrame, calendar: LocalDays) -> pl.DataFrame:
    grids = known.select(*KEYS, "resolution_min").join(
        fresh.select(*KEYS, "resolution_min"), on=KEYS, suffix="_fresh"
    )
    frames = []
    for (old_grid, new_grid), same in grids.group_by(
        "resolution_min", "resolution_min_fresh", maintain_order=True
    ):
        old, new = (
            _to_stamped(frame.join(same, on=KEYS, how="semi").sort(KEYS), grid, calendar).on(
                min(old_grid, new_grid)
            )
            for frame, grid in ((known, old_grid), (fresh, new_grid))
        )
        frames.append(to_frame(_overlay(old, new), controller=known["controller"][0], calendar=calendar))
    return pl.concat(frames)


def _overlay(old: Stamped, new: Stamped) -> Stamped:
    """The same days in the same order and grid."""
    newer = (new.received > old.received) | ((new.received == old.received) & (new.file > old.file))
    wins = new.days.stated & (~old.days.stated | newer)
    days = Days(
        minutes=old.days.minutes,
        metering_point=old.days.metering_point,
        export=old.days.export,
        day=old.days.day,
        wh=np.where(wins, new.days.wh, old.days.wh),
        quality=np.where(wins, new.days.quality, old.days.quality),
    )
    received, file = np.where(wins, new.received, old.received), np.where(wins, new.file, old.file)
    return Stamped(days=days, received=received, file=file)


def to_frame(stamped: Stamped, *, controller: str, calendar: LocalDays) -> pl.DataFrame:
    """Rows of consumption_days."""
    lengths = calendar.quarters[stamped.days.day] // (stamped.days.minutes // QUARTER_GRID)
    single = _of_one_file(stamped, lengths)
    frames = [empty("consumption_days")]
    for length in np.unique(lengths).tolist():
        for one_file in (True, False):
            rows = np.flatnonzero((lengths == length) & (single == one_file))
            for at in range(0, len(rows), _PART):
                part = stamped.take(rows[at : at + _PART])
                frames.append(_part_to_frame(part, controller, calendar, length, one_file=one_file))
    return pl.concat(frames)


def _of_one_file(stamped: Stamped, lengths: Integers) -> Flags:
    """Which days were stated whole by one file."""
    beyond = np.arange(stamped.days.quality.shape[1]) >= lengths[:, None]
    same = (stamped.received == stamped.received[:, :1]) & (stamped.file == stamped.file[:, :1])
    whole: Flags = ((stamped.days.stated & same) | beyond).all(axis=1)
    return whole


def _part_to_frame(
    part: Stamped, controller: str, calendar: LocalDays, length: int, *, one_file: bool
) -> pl.DataFrame:
    days = part.days
    shown = slice(0, 1) if one_file else slice(0, length)
    stated = days.stated[:, shown]
    quality = days.quality[:, :length]
    dates = pl.Series(calendar.epoch_days[days.day]).cast(pl.Int32).cast(pl.Date)
    frame = pl.DataFrame(
        {
            "controller": pl.repeat(controller, len(days), eager=True),
            "metering_point_id": days.metering_point,
            "gsrn": days.metering_point,
            "direction": pl.Series(DIRECTIONS).gather(days.export.astype(np.uint32)),
            "month": calendar.months.gather(days.day),
            "local_date": dates,
            "resolution_min": np.full(len(days), days.minutes, dtype=np.int16),
            "wh": _lists(days.wh[:, :length], quality > 0),
            "quality": _lists(np.maximum(quality, 0), None),
            "received": _lists(part.received[:, shown], stated),
            "file": _lists(part.file[:, shown], stated),
        }
    )
    whole = frame.hstack(facts(days, calendar))
    return whole.select(list(TABLES["consumption_days"].schema))


def _lists(values: npt.NDArray[np.integer], valid: Flags | None) -> pl.Series:
    """Each row as a list, with NULL where it is not valid."""
    flat = pl.Series(np.ascontiguousarray(values).reshape(-1))
    if valid is not None and not valid.all():
        flat = pl.select(pl.when(pl.Series(valid.reshape(-1))).then(flat)).to_series()
    return flat.reshape(values.shape).arr.to_list()


def _to_stamped(frame: pl.DataFrame, minutes: int, calendar: LocalDays) -> Stamped:
    width = calendar.hours * (HOUR_GRID // minutes)
    day = frame["local_date"].to_physical().to_numpy() - calendar.epoch_days[0]
    received = _dense(frame["received"], frame["wh"], width, _NEVER)
    quality = _dense(frame["quality"], frame["wh"], width, NEVER_STATED)
    quality[received == _NEVER] = NEVER_STATED
    days = Days(
        minutes=minutes,
        metering_point=frame["metering_point_id"].to_numpy(),
        export=(frame["direction"] == DIRECTIONS[1]).to_numpy(),
        day=day.astype(np.int32),
        wh=_dense(frame["wh"], frame["wh"], width, 0).astype(np.int32),
        quality=quality.astype(np.int8),
    )
    return Stamped(days=days, received=received, file=_dense(frame["file"], frame["wh"], width, _NEVER))


def _dense(lists: pl.Series, model: pl.Series, width: int, nothing: int) -> Integers:
    """Lists as rows of a matrix, `nothing` for NULL and beyond the end.

    A list with a single entry says the same of all intervals that `model` has.
    """
    matrix = np.full((len(lists), width), nothing, dtype=np.int64)
    own, full = lists.list.len().to_numpy(), model.list.len().to_numpy()
    for length, shown in {(int(a), int(b)) for a, b in zip(full, own, strict=True)}:
        rows = (full == length) & (own == shown)
        values = lists.filter(pl.Series(rows)).explode().fill_null(nothing).to_numpy()
        matrix[rows, :length] = values.reshape(-1, shown)
    return matrix
