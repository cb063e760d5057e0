"""The sums of periods under the present holders: their whole months and the days at their ends, added up.

A metering point whose holder came within a month has of that month the days since; only these are read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from campaigns.consumption import month_facts
from campaigns.consumption.inputs import Inputs
from campaigns.consumption.month_facts import Days
from campaigns.consumption.sums import LEAST, NAMES, NONE, PEAKS, Numbers, Sums, together

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

_SEASONS = {"winter": (12, 1, 2), "summer": (6, 7, 8)}
_SEASONAL = (
    *(f"s_{season}_{what}" for season in _SEASONS for what in ("days", "wh")),
    "m_month_cost_x4",  # of the dearest month
    *(f"m_peak_{month:02}" for month in range(1, 13)),
)
# a year of squares may be too large for Int64: they are added up as multiples of 2^32 and the rest
_SQUARES = ("s_wh_squared", "s_yy", "s_ee")
_HALVES = ("high", "low")
COMPARED = ("s_days", "s_wh", "s_n", "s_x", "s_xx", "s_y", "s_xy", "s_cold_days", "s_warm_days")


@dataclass(frozen=True, slots=True)
class Span:
    """Days whose sums are wanted: these ones only, or all of month facts and by season and month."""

    first: date
    last: date
    names: Sequence[str] | None = None


def add_up(snapshot: Snapshot, inputs: Inputs, spans: Sequence[Span]) -> list[Sums]:
    """The sums of each span. Months that lie in several of them are read once."""
    wanted: dict[Days, list[int]] = {}
    for number, span in enumerate(spans):
        for days in month_facts.by_month(span.first, span.last):
            wanted.setdefault(days, []).append(number)
    sums = [NONE] * len(spans)
    for days, numbers in sorted(wanted.items()):
        month = _of_month(snapshot, inputs, days)
        for number in numbers:
            names = spans[number].names
            values = _all(month, days[0].month) if names is None else _some(month, names)
            sums[number] = together(sums[number], Sums(points=month.points, values=values))
    return sums


def frame(sums: Sums) -> pl.DataFrame:
    """One row a metering point: `days` for s_days and so on, and at which hour of the clock peaks are."""
    halves = [f"{name}_{half}" for name in _SQUARES for half in _HALVES]
    rows = sums.frame([name for name in (*NAMES, *halves, *_SEASONAL) if name not in {*PEAKS, *_SQUARES}])
    plain = rows.rename({name: name[2:] for name in rows.columns[1:]})
    return (
        plain.with_columns(_peaks(sums))
        if len(plain)
        else plain.with_columns(
            peak_hour_mode=pl.lit(None, pl.Int64), peak_hour_entropy=pl.lit(None, pl.Float64)
        )
    )


def _of_month(snapshot: Snapshot, inputs: Inputs, days: Days) -> Sums:
    holders = inputs.holders.drop_nulls("since")
    if not month_facts.is_whole(days):
        return month_facts.of_days(snapshot, inputs, days, holders=holders)
    kept = month_facts.of_month(snapshot, inputs.controller, days[0])
    later = holders.filter(pl.col("since") > days[0])["metering_point_id"]
    came = holders.filter(pl.col("since").is_between(*days, closed="right"))["metering_point_id"]
    sums = kept.only(~np.isin(kept.points, later.to_numpy()))
    if came.is_empty():
        return sums
    return together(sums, month_facts.of_days(snapshot, inputs, days, holders=holders, points=came))


def _some(sums: Sums, names: Iterable[str]) -> dict[str, Numbers]:
    return {name: sums.values[name] for name in names} if sums.values else {}


def _all(sums: Sums, month: int) -> dict[str, Numbers]:
    if not sums.values:
        return {}
    plain = {name: values for name, values in sums.values.items() if name not in _SQUARES}
    halves = {}
    for name in _SQUARES:
        halves[f"{name}_high"], halves[f"{name}_low"] = np.divmod(sums.values[name], 2**32)
    return {**plain, **halves, **_seasonal(sums, month)}


def _seasonal(sums: Sums, month: int) -> dict[str, Numbers]:
    """What is said of seasons and single months."""
    found = {f"m_peak_{month:02}": sums.values["m_peak_wh"]}
    priced = sums.values["s_priced_days"] > 0
    found["m_month_cost_x4"] = np.where(priced, sums.values["s_cost_x4"], LEAST)
    for season, months in _SEASONS.items():
        if month in months:
            found |= {f"s_{season}_{what}": sums.values[f"s_{what}"] for what in ("days", "wh")}
    return found


def _peaks(sums: Sums) -> list[pl.Series]:
    """The commonest hour of daily peaks, first of equals, and how evenly peaks lie among hours (nats)."""
    counts = np.stack([sums.values[name] for name in PEAKS], axis=1)
    days = sums.values["s_days"].astype(np.float64)
    weighed = counts * np.log(np.maximum(counts, 1))
    with_days = np.maximum(days, 1)
    entropy = np.where(days > 0, np.log(with_days) - weighed.sum(axis=1) / with_days, np.nan)
    return [
        pl.Series("peak_hour_mode", counts.argmax(axis=1)),
        pl.Series("peak_hour_entropy", entropy, nan_to_null=True),
    ]
