"""What the hours of a day look like: blocks, steps and plateaus that appliances leave in a load curve.

All take whole days of clock hours (Wh, one row a day; 23 or 25 of them when the clocks change) and the clock
hour of each column. Limits are those of the metrics that count these days (`metrics.py` names them).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Hours = npt.NDArray[np.int32]
Clock = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PLATEAU_WH = 2500  # above the day's median
STEPS_WH = {"steps_small": (2800, 4200), "steps_medium": (5500, 8000), "steps_large": (8000, 12_000)}
STOVE_WH = (4000, 9000)  # above the day's median
RELAY_WH = 1500
RELAY_HOURS = (21, 22, 23)
MORNING_WH = (500, 2000)
NIGHT = (22, 23, 0, 1, 2, 3)


def shape_facts(wh: Hours, clock: Clock) -> dict[str, npt.NDArray[np.integer]]:
    """Every fact of this module, by its column of `day_facts`."""
    above = wh - np.median(wh, axis=1).astype(np.int32)[:, None]
    steps = np.diff(wh, axis=1)
    return {
        "plateau_hours": _plateau_hours(wh, above >= PLATEAU_WH).sum(axis=1),
        **{name: ((steps >= low) & (steps < high)).sum(axis=1) for name, (low, high) in STEPS_WH.items()},
        "night_max": wh[:, np.isin(clock, NIGHT)].max(axis=1),
        "evening_block": _has_stove(above[:, _within(clock, 16, 22)]).astype(np.int8),
        "relay_hours": _relay_hours(steps, clock),
        "morning_block": _has_morning_block(wh, clock).astype(np.int8),
    }


def _within(clock: Clock, first: int, last: int) -> Flags:
    inside: Flags = (clock >= first) & (clock < last)
    return inside


def _plateau_hours(wh: Hours, high: Flags) -> Flags:
    """High hours beside a high hour that differs by less than a quarter of the greater one."""
    left, right = wh[:, :-1], wh[:, 1:]
    alike = high[:, :-1] & high[:, 1:] & (4 * np.abs(left - right) < np.maximum(left, right))
    plateau = np.zeros_like(high)
    plateau[:, :-1] |= alike
    plateau[:, 1:] |= alike
    return plateau


def _has_stove(above: Hours) -> Flags:
    """One or two hours on end that lie so high; longer is no sauna."""
    low, high = STOVE_WH
    hot = above >= low
    padded = np.zeros((len(hot), hot.shape[1] + 2), dtype=np.bool_)
    padded[:, 1:-1] = hot
    begins = padded[:, 1:-1] & ~padded[:, :-2]
    third = np.zeros_like(begins)
    third[:, :-2] = hot[:, 2:]
    second = np.zeros_like(begins)
    second[:, :-1] = hot[:, 1:]
    short = begins & ~(second & third)
    next_above = np.zeros_like(above)
    next_above[:, :-1] = above[:, 1:]
    fits: Flags = short & (above <= high) & (~second | (next_above <= high))
    found: Flags = np.asarray(fits.any(axis=1))
    return found


def _relay_hours(steps: Hours, clock: Clock) -> npt.NDArray[np.int8]:
    found = np.zeros(len(steps), dtype=np.int8)
    for bit, hour in enumerate(RELAY_HOURS):
        at = np.flatnonzero(clock[1:] == hour)
        found |= (steps[:, at] >= RELAY_WH).any(axis=1).astype(np.int8) << bit
    return found


def _has_morning_block(wh: Hours, clock: Clock) -> Flags:
    night = wh[:, _within(clock, 0, 4)]
    low, high = MORNING_WH
    more = wh[:, _within(clock, 4, 8)].max(axis=1).astype(np.int64) * night.shape[1] - night.sum(axis=1)
    found: Flags = (more >= low * night.shape[1]) & (more <= high * night.shape[1])
    return found


def rank_sums(values: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
    """Twice the rank of each value in its row less (n + 1): 0 in the mean, ties share theirs."""
    ranks: npt.NDArray[np.int64] = (
        np.sign(values[:, :, None] - values[:, None, :]).astype(np.int8).sum(axis=2, dtype=np.int64)
    )
    return ranks
