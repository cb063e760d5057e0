"""Kill a process without warning at its n-th executed line, and count at the receiving side.

The hook lives here, in tests only. A process that has imported everything forks a child for each kill, so
that a loop over a thousand points takes a few minutes.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

NEVER = 10**9
CLEAN = 0


def run_and_kill(work: Callable[[], None], *, at: int, modules: Iterable[str]) -> int | None:
    """Run `work` in a forked child that is killed at its `at`-th line in `modules` (ends of file paths).

    How many such lines it had when it ended by itself; None when it was killed. Raises `AssertionError` when
    it failed in another way.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _child(work, at, tuple(modules), writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        told = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return None
    if os.waitstatus_to_exitcode(status) != CLEAN:
        raise AssertionError(f"the child failed:\n{told}")
    return int(told)


def _child(work: Callable[[], None], at: int, modules: tuple[str, ...], pipe: int) -> None:
    """Never returns."""
    code = 1
    try:
        counter = _Counter(at, modules)
        sys.settrace(counter.trace)
        work()
        sys.settrace(None)
        os.write(pipe, str(counter.lines).encode())
        code = CLEAN
    except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
        sys.settrace(None)
        os.write(pipe, traceback.format_exc().encode())
    finally:
        os._exit(code)


class _Counter:
    def __init__(self, at: int, modules: tuple[str, ...]) -> None:
        self._at = at
        self._modules = modules
        self._watched: dict[CodeType, bool] = {}
        self.lines = 0

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        watched = self._watched.get(code)
        if watched is None:
            watched = self._watched[code] = code.co_filename.endswith(self._modules)
        return self._line if watched else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.lines += 1
            if self.lines >= self._at:
                os.kill(os.getpid(), signal.SIGKILL)
        return self._line


def files_of(*packages: Path) -> tuple[str, ...]:
    """The paths of all modules under some folders, or the files themselves."""
    found = [
        path for package in packages for path in (package.rglob("*.py") if package.is_dir() else [package])
    ]
    return tuple(str(path) for path in found)
