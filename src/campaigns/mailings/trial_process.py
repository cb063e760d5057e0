"""`python -m campaigns.mailings.trial_process`: renders people's messages for `trials`, apart.

Standard input: one line of JSON (`root`, `mailing`, `now`), then frames, each as its size in eight bytes and
Arrow IPC. Standard output: for each frame one line of JSON, the messages that cannot be written.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl

SIZE_BYTES = 8


def main() -> None:
    """Until standard input ends."""
    from campaigns.mailings.parts import reopen
    from campaigns.mailings.trial import Trial
    from campaigns.mailings.writing import Writer

    order = json.loads(sys.stdin.buffer.readline())
    parts = reopen(Path(order["root"]))
    mailing = parts.mailings.load(order["mailing"])
    parts.ledger.dispose()
    trial = Trial(Writer(parts, mailing, form="bytes"), now=datetime.fromisoformat(order["now"]))
    for frame in frames(sys.stdin.buffer):
        sys.stdout.write(json.dumps([asdict(found) for found in trial.run(frame)]) + "\n")
        sys.stdout.flush()


def frames(source: BinaryIO) -> Iterator[pl.DataFrame]:
    """The frames of a stream."""
    while head := source.read(SIZE_BYTES):
        yield pl.read_ipc(io.BytesIO(source.read(int.from_bytes(head, "big"))))


def packed(frame: pl.DataFrame) -> bytes:
    """A frame as it goes into the stream."""
    buffer = io.BytesIO()
    frame.write_ipc(buffer)
    return len(buffer.getvalue()).to_bytes(SIZE_BYTES, "big") + buffer.getvalue()


if __name__ == "__main__":
    main()
