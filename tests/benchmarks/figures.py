"""What a benchmark says, and how it takes the time."""

from __future__ import annotations

import contextlib
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

LOOK_EVERY = 0.05  # seconds between looks at a command's memory
PAGE = resource.getpagesize()


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Ran:
    """A command that ended well."""

    seconds: float
    output: str
    peak_megabytes: float


def run_watched(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Ran:
    """Run a command and watch its memory, and that of the processes that it starts.

    The peak is the largest sum of their resident pages at one moment, so pages that they share count in each.
    It is looked at from outside: what the kernel remembers of a child begins with what its parent held.
    """
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as trouble,
        subprocess.Popen(command, stdout=output, stderr=trouble, env=environment) as process,
    ):
        peak = 0
        while process.poll() is None:
            peak = max(peak, sum(map(_resident, _family(process.pid))))
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(LOOK_EVERY)
        taken = time.perf_counter() - started
        output.seek(0)
        trouble.seek(0)
        if process.returncode:
            raise AssertionError(f"{command}: {trouble.read()}")
        return Ran(seconds=taken, output=output.read(), peak_megabytes=peak * PAGE / 1024**2)


def _family(pid: int) -> Iterator[int]:
    """The process and all below it."""
    yield pid
    with contextlib.suppress(OSError):  # it has ended
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _family(int(child))


def _resident(pid: int) -> int:
    """Pages in memory; none once it has ended."""
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return 0
