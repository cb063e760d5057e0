"""Sums and maxima of many metering points: whole numbers that add up to the same in any order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from campaigns.lake.schemas import MONTH_SUMS

NAMES = tuple(MONTH_SUMS)
PEAKS = tuple(f"s_peaks_at_{hour:02}" for hour in range(24))
LEAST = np.iinfo(np.int64).min  # in place of a maximum over no day
Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """Of each point, ascending: sums (s_) and maxima (m_) by name."""

    points: Numbers
    values: Mapping[str, Numbers]

    @classmethod
    def of_frame(cls, frame: pl.DataFrame) -> Sums:
        """Rows of `month_facts` of one register and month, in the order of points."""
        values = frame.select(pl.col(name).cast(pl.Int64).fill_null(empty(name)) for name in MONTH_SUMS)
        return cls(
            points=frame["metering_point_id"].to_numpy(),
            values={name: values[name].to_numpy() for name in MONTH_SUMS},
        )

    def frame(self, names: Iterable[str] = NAMES) -> pl.DataFrame:
        """One row a point and a column a name; a maximum over no day is NULL."""
        nothing = np.zeros(len(self.points), dtype=np.int64)
        told = {name: pl.Series(self.values.get(name, nothing + empty(name))) for name in names}
        rows = pl.DataFrame({"metering_point_id": self.points, **told})
        return rows.with_columns(
            pl.when(pl.col(name) > LEAST).then(name).alias(name) for name in told if is_maximum(name)
        )

    def only(self, chosen: npt.NDArray[np.bool_]) -> Sums:
        """The chosen points."""
        if chosen.all():
            return self
        return Sums(
            points=self.points[chosen], values={name: values[chosen] for name, values in self.values.items()}
        )


NONE = Sums(points=np.zeros(0, dtype=np.int64), values={})


def is_maximum(name: str) -> bool:
    """Of two such values the greater one counts; others are added."""
    return name.startswith("m_")


def empty(name: str) -> int:
    """The value over no day."""
    return LEAST if is_maximum(name) else 0


def union(many: Iterable[Numbers]) -> Numbers:
    """All points of ascending lists, ascending."""
    told = [points for points in many if len(points)]
    if all(np.array_equal(points, told[0]) for points in told[1:]):
        return told[0] if told else NONE.points
    return np.unique(np.concatenate(told))


def together(*parts: Sums) -> Sums:
    """Of all points and names in any of them; the more at once, the less is copied."""
    told = [part for part in parts if len(part.points)]
    if len(told) < 2:
        return told[0] if told else NONE
    points = union(part.points for part in told)
    is_same = all(len(part.points) == len(points) for part in told)
    places = [np.s_[:] if is_same else np.searchsorted(points, part.points) for part in told]
    values = {}
    for name in dict.fromkeys(name for part in told for name in part.values):
        found = np.full(len(points), empty(name), dtype=np.int64)
        for part, place in zip(told, places, strict=True):
            if name in part.values:
                new = part.values[name]
                found[place] = np.maximum(found[place], new) if is_maximum(name) else found[place] + new
        values[name] = found
    return Sums(points=points, values=values)
