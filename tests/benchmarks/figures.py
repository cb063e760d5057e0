"""What a benchmark says, and how it takes the time."""

from __future__ import annotations

import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One measured value; `ratio` is value / baseline for rates, and for times too."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    baseline: str = ""

    def __str__(self) -> str:
        text = f"{self.name}: {self.value:,.4g} {self.unit}"
        if self.ratio is not None:
            text += f", {self.ratio:.2f} x baseline ({self.baseline})"
        return text


def seconds(work: Callable[[], Result]) -> tuple[float, Result]:
    """How long one call takes, and what it gives."""
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def median_seconds(work: Callable[[], object], times: int = 5) -> float:
    """The median of several calls."""
    return statistics.median(seconds(work)[0] for _ in range(times))


def peak_megabytes() -> float:
    """The most memory that this process or one of its children has held."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return max(own, children) / 1024
