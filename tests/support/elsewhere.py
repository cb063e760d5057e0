"""Run a piece of Python in another process that answers line by line, as a notebook would."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from types import TracebackType


class Elsewhere:
    """Another Python process. Its code prints lines; `hear` reads one, `say` answers a waiting `input()`."""

    def __init__(self, code: str, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def hear(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        if not line and self.process.poll() is not None:
            raise AssertionError(f"the other process ended: {self.process.communicate()[1]}")
        return line

    def say(self, line: str = "") -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> tuple[str, str]:
        """Wait until it ends; the rest of stdout, and stderr."""
        out, err = self.process.communicate(timeout=60)
        return out, err

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Elsewhere:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.__exit__(kind, value, trace)  # closes the pipes
