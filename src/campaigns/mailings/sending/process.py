"""One of several sending processes: `python -m campaigns.mailings.sending.process`, started by `crew`.

It is told what to do in one line of JSON on its standard input, and tells what it did in lines of JSON on its
standard output. When its standard input ends, whoever started it is gone, and it stops.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from campaigns.errors import CampaignsError
from campaigns.mailings.sending.stopping import stop_on_signals

TELL_EVERY = 0.1  # seconds


def main() -> int:
    """0 when it came to its end or was told to stop, 2 for an error that it reported."""
    order = json.loads(sys.stdin.readline())
    stop = threading.Event()
    threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    report = _Report(os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8"))
    try:
        with stop_on_signals(stop):
            _send(order, stop, report)
    except CampaignsError as error:
        report.say(error=str(error))
        return 2
    return 0


def _send(order: dict[str, Any], stop: threading.Event, report: _Report) -> None:
    from campaigns.channels.opening import open_channel
    from campaigns.ledger import plans
    from campaigns.mailings.deciding import LAKE, refuse_unfit
    from campaigns.mailings.parts import reopen
    from campaigns.mailings.sending.team import Team

    parts = reopen(Path(order["root"]))
    with parts.ledger.read() as connection:
        plan = plans.get(connection, order["plan"])
    refuse_unfit(parts, plan, but=LAKE)
    mailing = parts.mailings.as_planned().load(plan.mailing)
    team = Team(
        parts,
        plan,
        mailing,
        open_channel(parts.settings, mailing.channel, parts.data),
        connections=order["connections"],
        stop=stop,
        tick=report.tick,
        start=order["start"],
    )
    team.run()
    report.say(counts=asdict(team.counts))
    parts.ledger.dispose()
    if team.troubles:
        raise team.troubles[0]


class _Report:
    """Lines of JSON for whoever started this process; threads take turns."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._turn = threading.Lock()
        self._handled = 0
        self._told = 0.0

    def tick(self, handled: int) -> None:
        """So many more were handled; told some times a second."""
        with self._turn:
            self._handled += handled
            if time.monotonic() - self._told < TELL_EVERY:
                return
            handled, self._handled, self._told = self._handled, 0, time.monotonic()
        self.say(handled=handled)

    def say(self, **what: object) -> None:
        """One line."""
        with self._turn:
            self._out.write(json.dumps(what) + "\n")
            self._out.flush()


def _stop_with_parent(stop: threading.Event) -> None:
    """Standard input ends when the process that started this one dies, however it dies."""
    while sys.stdin.readline():
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
