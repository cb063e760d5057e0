"""CSV read record by record: what is wrong on a line stays on that line, and no line fills the memory.

RFC 4180 quoting. A quoted cell may hold line ends, unless one of the lines that it would swallow is a whole
row by itself: then its quote was never closed, and only the line that opened it is refused.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from campaigns.register.limits import MAX_LINE, MAX_RECORD_LINES
from campaigns.register.raw_lines import physical_lines

CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n")
_CHUNK = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How a CSV file is written. `header_line` counts from 1; data starts after it."""

    delimiter: str
    encoding: str
    width: int
    header_line: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be read as a row."""

    line: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class RawTable:
    """The cells as text (`c0`, `c1`, ... and `_line`), and the lines that have none."""

    frame: pl.DataFrame
    faults: list[Fault]


def read(path: Path, dialect: Dialect) -> RawTable:
    """All rows of the file as text."""
    frames, faults = [_frame([], [], dialect)], []
    rows: list[list[str]] = []
    numbers: list[int] = []
    with path.open("rb") as stream:
        for number, record in _records(stream, dialect):
            if isinstance(record, Fault):
                faults.append(record)
                continue
            rows.append(record)
            numbers.append(number)
            if len(rows) >= _CHUNK:
                frames.append(_frame(rows, numbers, dialect))
                rows, numbers = [], []
    frames.append(_frame(rows, numbers, dialect))
    return RawTable(pl.concat(frames), faults)


def split(text: str, delimiter: str) -> list[str] | None:
    """The cells of one record; None when its quotes are not closed or stand where they cannot."""
    if '"' not in text:
        return text.split(delimiter)
    try:
        records = list(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error:
        return None
    return records[0] if len(records) == 1 else None


def _records(stream: BinaryIO, dialect: Dialect) -> Iterator[tuple[int, list[str] | Fault]]:
    lines = _Lines(stream)
    while (line := lines.next()) is not None:
        number = lines.number
        if number <= dialect.header_line or not line.strip():
            continue
        yield number, _record(line, lines, dialect)


def _record(line: bytes, lines: _Lines, dialect: Dialect) -> list[str] | Fault:
    number = lines.number
    fault = _bytes_fault(line, number)
    if fault:
        return fault
    text = _decoded(line, dialect)
    if text is None:
        return Fault(number, "REG101", f"the line is not {dialect.encoding} text; save the file as UTF-8.")
    cells = split(text, dialect.delimiter)
    if cells is None and (joined := _joined(text, lines, dialect)) is not None:
        return joined
    if cells is None:
        return Fault(
            number, "REG104", 'a quote (") is not closed, or stands inside a cell; write it twice there.'
        )
    if len(cells) != dialect.width:
        return Fault(number, "REG103", f"the line has {len(cells)} cells, the header has {dialect.width}.")
    return cells


def _joined(text: str, lines: _Lines, dialect: Dialect) -> list[str] | None:
    """The record that goes on over the next lines; None, and nothing taken, when there is none."""
    size = len(text)
    for count in range(1, MAX_RECORD_LINES):
        line = lines.peek(count)
        if line is None or _bytes_fault(line, 0) or (more := _decoded(line, dialect)) is None:
            return None
        size += len(line)
        alone = split(more, dialect.delimiter)
        if size > MAX_LINE or (alone is not None and len(alone) == dialect.width):
            return None
        text = f"{text}\n{more}"
        if '"' not in more:
            continue
        cells = split(text, dialect.delimiter)
        if cells is not None:
            if len(cells) == dialect.width:
                lines.skip(count)
                return cells
            return None
    return None


def _bytes_fault(line: bytes, number: int) -> Fault | None:
    if len(line) > MAX_LINE:
        return Fault(number, "REG100", f"the line is longer than {MAX_LINE:,} bytes.")
    if len(line.translate(None, CONTROLS)) != len(line):
        return Fault(number, "REG102", "the line has control characters, such as NUL.")
    return None


def _decoded(line: bytes, dialect: Dialect) -> str | None:
    try:
        return line.decode(dialect.encoding)
    except UnicodeDecodeError:
        return None


class _Lines:
    """The physical lines without their ends, with a look ahead. `number` is that of the last one taken."""

    def __init__(self, stream: BinaryIO) -> None:
        self._source = physical_lines(stream)
        self._ahead: deque[bytes] = deque()
        self.number = 0

    def next(self) -> bytes | None:
        line = self.peek(1)
        if line is not None:
            self._ahead.popleft()
            self.number += 1
        return line

    def peek(self, count: int) -> bytes | None:
        """The line `count` places ahead, from 1."""
        while len(self._ahead) < count:
            line = next(self._source, None)
            if line is None:
                return None
            self._ahead.append(self._bare(line))
        return self._ahead[count - 1]

    def skip(self, count: int) -> None:
        for _ in range(count):
            self._ahead.popleft()
        self.number += count

    def _bare(self, line: bytes) -> bytes:
        first = self.number == 0 and not self._ahead
        return line.removeprefix(codecs.BOM_UTF8 if first else b"").removesuffix(b"\n").removesuffix(b"\r")


def _frame(rows: list[list[str]], numbers: list[int], dialect: Dialect) -> pl.DataFrame:
    cells = pl.DataFrame(rows, schema={f"c{at}": pl.String for at in range(dialect.width)}, orient="row")
    return cells.with_columns(pl.Series("_line", numbers, dtype=pl.Int64))
