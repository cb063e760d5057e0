"""From what heat meters showed to what was used: differences of registers, hour by hour and by day.

A register that goes down was reset, or exchanged with its meter: what was used between is not known. One that
stood just below a power of ten and starts from little has run over. Over a gap only the sum is known: it is
in its day when it begins and ends there, else in `gap_kwh` of the day on which it begins.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from campaigns.consumption.calendar import LocalDays
from campaigns.consumption.days import HOUR_GRID, NEVER_STATED, Days
from campaigns.consumption.readings import GOOD
from campaigns.consumption.rows import Stamped
from campaigns.lake.heat_tables import REGISTERS

LONGEST_GAP = 7 * 24  # hours; over a longer one not even the sum is used
MOST_WH = 10**8  # in an hour, as with readings
_ROLLED = 100  # a register that ran over has less than a hundredth of its span to go and come
_FLOW = REGISTERS[1:]


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What was used: hours as days of `consumption_days`, rows of `heat_days`, and what was odd."""

    hours: Stamped
    days: pl.DataFrame
    resets: int
    rollovers: int
    gaps: int


def used(readings: pl.DataFrame, wanted: pl.DataFrame, calendar: LocalDays) -> Used:
    """What was used on the `wanted` days (`metering_point_id`, `day`), of readings in their order.

    The readings have `at` (hours since 1970, UTC), `day` and `hour` of the local calendar, the registers, and
    the stamp of their file. Those of the days before and after are there too.
    """
    steps = _steps(readings, calendar).join(wanted, on=["metering_point_id", "day"], how="semi")
    return Used(
        hours=_hours(steps, wanted.sort("metering_point_id", "day"), calendar),
        days=_days(steps),
        resets=int(steps["is_reset"].sum()),
        rollovers=int(steps["is_rollover"].sum()),
        gaps=int(steps["is_gap"].sum()),
    )


def _steps(readings: pl.DataFrame, calendar: LocalDays) -> pl.DataFrame:
    """Each reading with what was used until the next one of its meter."""
    same = pl.col("metering_point_id") == pl.col("metering_point_id").shift(-1)
    length = pl.Series(calendar.quarters // 4).gather(readings["day"])
    steps = readings.with_columns(
        pl.when(same).then(pl.col("at").shift(-1) - pl.col("at")).alias("hours"),
        *(pl.when(same).then(pl.col(name).shift(-1)).alias(f"{name}_next") for name in REGISTERS),
        *(
            pl.max_horizontal(name, pl.col(name).shift(-1)).alias(f"{name}_both")
            for name in ("received", "file")
        ),
    ).with_columns(is_within=pl.col("hour") + pl.col("hours") <= length)
    steps = steps.with_columns(pl.when(pl.col("hours") <= LONGEST_GAP).then("hours").alias("hours"))
    energy, *flow = (_difference(steps, name) for name in REGISTERS)
    too_much = energy > steps["hours"] * MOST_WH
    raw = steps["energy_wh_next"] - steps["energy_wh"]
    known = energy.is_not_null() & ~too_much & steps["hours"].is_not_null()
    whole_flow = pl.select(pl.all_horizontal(one.is_not_null() for one in flow)).to_series()
    return steps.with_columns(
        pl.select(pl.when(known).then(energy)).to_series().alias("wh"),
        *(
            pl.select(pl.when(whole_flow & steps["hours"].is_not_null()).then(one))
            .to_series()
            .alias(f"d_{name}")
            for name, one in zip(_FLOW, flow, strict=True)
        ),
        ((raw < 0) & energy.is_null() | too_much).fill_null(value=False).alias("is_reset"),
        ((raw < 0) & energy.is_not_null()).fill_null(value=False).alias("is_rollover"),
        (steps["hours"] > 1).fill_null(value=False).alias("is_gap"),
    )


def _difference(steps: pl.DataFrame, name: str) -> pl.Series:
    """The next value less this one; over a power of ten when it ran over, NULL when it was reset."""
    before, after = pl.col(name), pl.col(f"{name}_next")
    span = pl.lit(10, pl.Int64).pow(before.cast(pl.String).str.len_chars()).cast(pl.Int64)
    little = span // _ROLLED
    ran_over = (after < before) & (span - before < little) & (after < little) & (before >= 1000)
    return steps.select(
        pl.when(after >= before).then(after - before).when(ran_over).then(after + span - before).alias(name)
    ).to_series()


def _hours(steps: pl.DataFrame, wanted: pl.DataFrame, calendar: LocalDays) -> Stamped:
    """Hour by hour, where a reading stands at both ends."""
    rows = wanted.with_row_index("row")
    known = steps.filter((pl.col("hours") == 1) & pl.col("wh").is_not_null())
    placed = known.join(rows, on=["metering_point_id", "day"], how="left", maintain_order="left")
    at = (placed["row"].to_numpy(), placed["hour"].to_numpy())
    shape = (len(wanted), calendar.hours)
    wh, quality = np.zeros(shape, dtype=np.int32), np.full(shape, NEVER_STATED, dtype=np.int8)
    received, file = (np.zeros(shape, dtype=np.int64) for _ in range(2))
    wh[at], quality[at] = placed["wh"].to_numpy(), GOOD
    received[at], file[at] = placed["received_both"].to_numpy(), placed["file_both"].to_numpy()
    days = Days(
        minutes=HOUR_GRID,
        metering_point=wanted["metering_point_id"].to_numpy(),
        export=np.zeros(len(wanted), dtype=np.bool_),
        day=wanted["day"].to_numpy().astype(np.int32),
        wh=wh,
        quality=quality,
    )
    return Stamped(days=days, received=received, file=file)


def _days(steps: pl.DataFrame) -> pl.DataFrame:
    """Sums by day; whole numbers are added, and divided once."""
    inside = pl.col("is_within")
    sums = {"kwh": ("wh", inside, 10**3), "gap_kwh": ("wh", ~inside, 10**3)}
    sums |= {
        ours: (f"d_{name}", inside, 10**6)
        for ours, name in zip(("volume_m3", "inlet_m3c", "return_m3c"), _FLOW, strict=True)
    }
    totals = steps.group_by("metering_point_id", "day", maintain_order=True).agg(
        pl.when(pl.col(name).filter(where).count() > 0).then(pl.col(name).filter(where).sum()).alias(ours)
        for ours, (name, where, _) in sums.items()
    )
    return totals.with_columns(_divided(totals[ours], unit) for ours, (_, _, unit) in sums.items())


def _divided(whole: pl.Series, unit: int) -> pl.Series:
    """The quotients as they are nearest; polars multiplies by 1 / unit, which is another number."""
    quotients = pl.Series(whole.name, whole.fill_null(0).to_numpy() / unit)
    return pl.select(pl.when(whole.is_not_null()).then(quotients)).to_series().alias(whole.name)
