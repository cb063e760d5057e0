"""Several sending processes of one plan: start them, listen to them, stop them."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from campaigns.mailings.sending.desk import Counts

COMMAND = (sys.executable, "-P", "-m", "campaigns.mailings.sending.process")
LOOK_EVERY = 0.2  # seconds between looks whether to stop


class Processes:
    """Runs `process` several times and adds up what they say."""

    def __init__(
        self, root: Path, plan_id: int, *, stop: threading.Event, tick: Callable[[int], None]
    ) -> None:
        self._root = root
        self._plan_id = plan_id
        self._stop = stop
        self._tick = tick
        self._turn = threading.Lock()
        self.counts = Counts()
        self.trouble = ""

    def run(self, number: int, *, connections: int, first: int, last: int) -> None:
        """Share connections and the messages `first` to `last` among `number` processes; wait for them."""
        running = []
        for place in range(number):
            order = {
                "root": str(self._root),
                "plan": self._plan_id,
                "connections": connections // number + (place < connections % number),
                "start": first + (last + 1 - first) * place // number,
            }
            running.append(self._start(order))
        listeners = [threading.Thread(target=self._listen, args=(child,)) for child in running]
        for listener in listeners:
            listener.start()
        self._wait(running)
        for listener in listeners:
            listener.join()

    def _start(self, order: dict[str, Any]) -> subprocess.Popen[str]:
        child = subprocess.Popen(  # noqa: S603 - our own module, and the order goes by standard input
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        if child.stdin is not None:
            child.stdin.write(json.dumps(order) + "\n")
            child.stdin.flush()
        return child

    def _wait(self, running: list[subprocess.Popen[str]]) -> None:
        """Until all have ended. Closing their standard input tells them to stop."""
        for child in running:
            while True:
                try:
                    child.wait(LOOK_EVERY)
                    break
                except subprocess.TimeoutExpired:
                    if self._stop.is_set():
                        for other in running:
                            _close(other)
        for child in running:
            _close(child)

    def _listen(self, child: subprocess.Popen[str]) -> None:
        if child.stdout is not None:
            with child.stdout as told:
                for line in told:
                    self._hear(json.loads(line))
        code = child.wait()
        if code not in (0, 2):
            self._note(f"MAI029 a sender stopped unexpectedly (status {code}); what it held is settled.")

    def _hear(self, told: dict[str, Any]) -> None:
        if "handled" in told:
            self._tick(told["handled"])
        if "counts" in told:
            counts = told["counts"]
            with self._turn:
                self.counts.add(Counts(**(counts | {"withheld": Counter(counts["withheld"])})))
        if "error" in told:
            self._note(told["error"])

    def _note(self, trouble: str) -> None:
        with self._turn:
            self.trouble = self.trouble or trouble


def _close(child: subprocess.Popen[str]) -> None:
    if child.stdin is not None and not child.stdin.closed:
        child.stdin.close()
