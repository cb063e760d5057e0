"""What the hours of a day look like: blocks, steps and plateaus that appliances leave in a load curve.

All take whole days of clock hours, a row an hour and a column a day (Wh; 23 or 25 hours when the clocks
change), and the clock hour of each row: what is done to an hour is done to all days at once. Limits are those
of the metrics that count these days (`metrics.py` names them).
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
    above = wh - _median(wh)
    steps = np.diff(wh, axis=0)
    return {
        "plateau_hours": _count(_plateau_hours(wh, above >= PLATEAU_WH)),
        **{name: _count((steps >= low) & (steps < high)) for name, (low, high) in STEPS_WH.items()},
        "night_max": wh[np.isin(clock, NIGHT)].max(axis=0),
        "evening_block": _has_stove(above[within(clock, 16, 22)]).astype(np.int8),
        "relay_hours": _relay_hours(steps, clock),
        "morning_block": _has_morning_block(wh, clock).astype(np.int8),
    }


def _count(flags: Flags) -> npt.NDArray[np.int8]:
    counts: npt.NDArray[np.int8] = flags.view(np.int8).sum(axis=0, dtype=np.int8)
    return counts


def _median(wh: Hours) -> Hours:
    """Of each day in whole Wh, a half cut off."""
    days = np.sort(np.ascontiguousarray(wh.T), axis=1)  # whole: np.partition takes seven times as long
    middle = (days[:, (len(wh) - 1) // 2].astype(np.int64) + days[:, len(wh) // 2]) / 2
    return middle.astype(np.int32)


def within(clock: Clock, first: int, last: int) -> slice:
    """The hours from `first` to before `last`; they stand together, whatever the clock did."""
    return slice(int(np.searchsorted(clock, first)), int(np.searchsorted(clock, last)))


def _plateau_hours(wh: Hours, high: Flags) -> Flags:
    """High hours beside a high hour that differs by less than a quarter of the greater one."""
    left, right = wh[:-1], wh[1:]
    alike = high[:-1] & high[1:] & (4 * np.abs(left - right) < np.maximum(left, right))
    plateau = np.zeros_like(high)
    plateau[:-1] |= alike
    plateau[1:] |= alike
    return plateau


def _has_stove(above: Hours) -> Flags:
    """One or two hours on end that lie so high; longer is no sauna."""
    low, high = STOVE_WH
    hot = above >= low
    padded = np.zeros((hot.shape[0] + 2, hot.shape[1]), dtype=np.bool_)
    padded[1:-1] = hot
    begins = padded[1:-1] & ~padded[:-2]
    third = np.zeros_like(begins)
    third[:-2] = hot[2:]
    second = np.zeros_like(begins)
    second[:-1] = hot[1:]
    short = begins & ~(second & third)
    next_above = np.zeros_like(above)
    next_above[:-1] = above[1:]
    fits: Flags = short & (above <= high) & (~second | (next_above <= high))
    found: Flags = np.asarray(fits.any(axis=0))
    return found


def _relay_hours(steps: Hours, clock: Clock) -> npt.NDArray[np.int8]:
    found = np.zeros(steps.shape[1], dtype=np.int8)
    for bit, hour in enumerate(RELAY_HOURS):
        at = np.flatnonzero(clock[1:] == hour)
        found |= (steps[at] >= RELAY_WH).any(axis=0).astype(np.int8) << bit
    return found


def _has_morning_block(wh: Hours, clock: Clock) -> Flags:
    night = wh[within(clock, 0, 4)]
    low, high = MORNING_WH
    highest = wh[within(clock, 4, 8)].max(axis=0).astype(np.int64)
    more = highest * len(night) - night.sum(axis=0, dtype=np.int64)
    found: Flags = (more >= low * len(night)) & (more <= high * len(night))
    return found


def rank_sums(values: npt.NDArray[np.integer]) -> npt.NDArray[np.int8]:
    """Twice the rank of each hour in its day less (n + 1): 0 in the mean, ties share theirs."""
    ranks = np.zeros(values.shape, dtype=np.int8)  # at most 24 either way
    for hour, own in enumerate(values[:-1]):
        later = values[hour + 1 :]
        above = (own > later).view(np.int8) - (own < later).view(np.int8)
        ranks[hour] += above.sum(axis=0, dtype=np.int8)
        ranks[hour + 1 :] -= above
    return ranks
