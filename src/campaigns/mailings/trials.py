"""Trying out many people's messages, chunk by chunk, and marking those that cannot be written.

Some thousand are tried here; more are shared among processes, each rendering one chunk while others are read
and written down.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import cycle
from types import TracebackType
from typing import TYPE_CHECKING

import polars as pl

from campaigns.errors import UserError
from campaigns.mailings.audience import MESSAGE, WITHHELD
from campaigns.mailings.plan import Sample
from campaigns.mailings.trial import Trial, Unwritable
from campaigns.mailings.trial_process import packed
from campaigns.mailings.writing import Writer

if TYPE_CHECKING:
    from campaigns.mailings.library import Mailing
    from campaigns.mailings.parts import Parts

ALONE_UP_TO = 30_000  # people: starting other processes takes as long as rendering these
COMMAND = (sys.executable, "-P", "-m", "campaigns.mailings.trial_process")
Answer = Callable[[], list[Unwritable]]


class Trials:
    """Tries out chunks of people; a context manager."""

    def __init__(
        self, parts: Parts, mailing: Mailing, *, people: int, now: datetime, processes: int | None = None
    ) -> None:
        """`people`: about how many there will be; `processes`: how many, when not as many as processors."""
        self._template = mailing.template
        self._trial = Trial(Writer(parts, mailing, form="bytes"), now=now)
        order = {"root": str(parts.root), "mailing": mailing.name, "now": now.isoformat()}
        usual = 0 if people <= ALONE_UP_TO else os.cpu_count() or 1
        self._others = [_Other(order) for _ in range(usual if processes is None else processes)]
        self._turns = cycle(self._others)
        self.samples: tuple[Sample, ...] = ()
        self.tried_people = 0
        self.failed_people = 0
        self.variables: set[str] = set()

    def __enter__(self) -> Trials:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the other processes."""
        for other in self._others:
            other.close()

    def tried(self, chunks: Iterator[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The same chunks in order, with `wanted_language`; who cannot be written to is withheld."""
        running: deque[tuple[pl.DataFrame, pl.DataFrame, Answer]] = deque()
        for chunk in chunks:
            marked = self._with_language(chunk)
            asked = marked.filter(pl.col("outcome") == MESSAGE)
            if not self.samples and not asked.is_empty():
                self.samples = tuple(self._trial.sample(asked))
            # A process gets its next chunk only after its answer was read, so neither waits for the other.
            full = len(running) == max(1, len(self._others))
            done = self._judged(*running.popleft()) if full else None
            running.append((marked, asked, self._begin(asked)))
            if done is not None:
                yield done
        while running:
            yield self._judged(*running.popleft())

    def _begin(self, asked: pl.DataFrame) -> Answer:
        if not self._others:
            return lambda: self._trial.run(asked)
        return next(self._turns).begin(asked)

    def _with_language(self, chunk: pl.DataFrame) -> pl.DataFrame:
        goes = chunk["outcome"] == MESSAGE
        languages = [
            self._template.language_for(spoken) if going else None
            for spoken, going in zip(chunk["language"], goes, strict=True)
        ]
        return chunk.with_columns(wanted_language=pl.Series(languages, dtype=pl.String))

    def _judged(self, chunk: pl.DataFrame, asked: pl.DataFrame, answer: Answer) -> pl.DataFrame:
        unwritable = answer()
        self.tried_people += len(asked)
        self.failed_people += len(unwritable)
        if not unwritable:
            return chunk
        self.variables.update(found.variable for found in unwritable if found.variable)
        return _without(chunk, asked["person_id"], unwritable)


def _without(chunk: pl.DataFrame, people: pl.Series, unwritable: Sequence[Unwritable]) -> pl.DataFrame:
    barred = pl.DataFrame(
        {
            "person_id": [people[found.place] for found in unwritable],
            "barred": [found.code for found in unwritable],
        },
        schema={"person_id": pl.Int64, "barred": pl.String},
    )
    left_out = pl.col("barred").is_not_null()
    return (
        chunk.join(barred, on="person_id", how="left", maintain_order="left")
        .with_columns(
            outcome=pl.when(left_out).then(pl.lit(WITHHELD)).otherwise(pl.col("outcome")),
            code=pl.when(left_out).then(pl.col("barred")).otherwise(pl.col("code")),
        )
        .drop("barred")
    )


class _Other:
    """Another process that renders one chunk at a time."""

    def __init__(self, order: dict[str, str]) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own module, and the order goes by standard input
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self._give(json.dumps(order).encode() + b"\n")

    def begin(self, asked: pl.DataFrame) -> Answer:
        """Let it begin; the answer is waited for later."""
        self._give(packed(asked))
        return self._answer

    def close(self) -> None:
        """Its input ends, so it ends."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _give(self, data: bytes) -> None:
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(data)
                self._process.stdin.flush()
        except BrokenPipeError:
            raise _broken() from None

    def _answer(self) -> list[Unwritable]:
        line = self._process.stdout.readline() if self._process.stdout is not None else b""
        if not line:
            raise _broken()
        return [Unwritable(**found) for found in json.loads(line)]


def _broken() -> UserError:
    return UserError("MAI029", "a process that renders messages stopped unexpectedly; nothing was planned.")
