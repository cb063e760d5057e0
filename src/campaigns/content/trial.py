"""Render templates for made-up people in a process of its own, which may be stopped or run out of memory.

What a template costs cannot be told from its text alone, so `check` tries it where nothing else can be hurt.
"""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import IO, cast

from campaigns.content.compiling import Sources
from campaigns.content.values import Wanted

SECONDS = 2.0  # for all made-up people of one language
START_SECONDS = 30.0  # for the process to come up, on a busy machine


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One language of a template to try."""

    name: str
    language: str
    sources: Sources
    wanted: tuple[Wanted, ...]
    can_be_refused: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """How it went: `problem` is a sentence or empty, `size` the largest HTML in octets."""

    problem: str = ""
    size: int = 0


def try_out(trials: Sequence[Trial]) -> list[Result]:
    """Render each trial; a process that hangs or dies costs only the trial that it was at."""
    results: list[Result] = []
    while len(results) < len(trials):
        results += _run(trials[len(results) :])
    return results


def _run(trials: Sequence[Trial]) -> Iterator[Result]:
    """The results of one process: all of them, or those up to the first that stopped it."""
    with _Child() as child:
        if not child.started():
            yield Result(problem="cannot be tried: the process for it does not start.")
            return
        for trial in trials:
            result = child.ask(trial)
            yield result or Result(
                problem=f"takes more than {SECONDS:.0f} seconds or too much memory to render."
            )
            if result is None:
                return


class _Child:
    """The process, its answers read by a thread so that waiting can end."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "campaigns.content.trial_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._input, self._output = (
            cast("IO[str]", self._process.stdin),
            cast("IO[str]", self._process.stdout),
        )
        self._answers: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> _Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()  # it ends with the process
        self._output.close()
        with contextlib.suppress(OSError):
            self._input.close()

    def started(self) -> bool:
        return self._answer(START_SECONDS) == "ready\n"

    def ask(self, trial: Trial) -> Result | None:
        """The result of one trial; None when the process hung or died over it."""
        try:
            self._input.write(json.dumps(asdict(trial)) + "\n")
            self._input.flush()
        except OSError:
            return None
        answer = self._answer(SECONDS)
        return Result(**json.loads(answer)) if answer else None

    def _answer(self, seconds: float) -> str:
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            return ""

    def _read(self) -> None:
        for line in self._output:
            self._answers.put(line)
        self._answers.put("")
