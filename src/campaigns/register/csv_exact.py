"""CSV read record by record: what is wrong on a line stays on that line, and no line fills the memory.

RFC 4180 quoting. A quoted cell may hold line ends, unless one of the lines that it would swallow is a whole
row by itself: then its quote was never closed, and only the line that opened it is refused.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
    with path.open("rb") as stream:
        return read_lines(enumerate(physical_lines(stream), start=1), dialect)


def read_lines(lines: Iterable[tuple[int, bytes]], dialect: Dialect) -> RawTable:
    """The rows of these numbered lines; no record goes on over a gap in the numbers."""
    frames, faults = [_frame([], [], dialect)], []
    rows: list[list[str]] = []
    numbers: list[int] = []
    for number, record in _records(_Lines(lines), dialect):
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


def _records(lines: _Lines, dialect: Dialect) -> Iterator[tuple[int, list[str] | Fault]]:
    while (line := lines.take()) is not None:
        number = lines.number
        if number > dialect.header_line and line.strip():
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
    """Numbered lines without their ends, with a look ahead. `number` is that of the last one taken."""

    def __init__(self, lines: Iterable[tuple[int, bytes]]) -> None:
        self._source = iter(lines)
        self._ahead: deque[tuple[int, bytes]] = deque()
        self.number = 0

    def take(self) -> bytes | None:
        """The next line; None after the last one."""
        found = self._ahead.popleft() if self._ahead else next(self._source, None)
        if found is None:
            return None
        self.number = found[0]
        return _bare(*found)

    def peek(self, count: int) -> bytes | None:
        """The line `count` places ahead, from 1; None when it is not there or a line before it is missing."""
        while len(self._ahead) < count:
            found = next(self._source, None)
            if found is None:
                return None
            self._ahead.append(found)
        number, line = self._ahead[count - 1]
        return _bare(number, line) if number == self.number + count else None

    def skip(self, count: int) -> None:
        """Take `count` lines that were looked at."""
        for _ in range(count):
            self.take()


def _bare(number: int, line: bytes) -> bytes:
    if number == 1:
        line = line.removeprefix(codecs.BOM_UTF8)
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _frame(rows: list[list[str]], numbers: list[int], dialect: Dialect) -> pl.DataFrame:
    cells = pl.DataFrame(rows, schema={f"c{at}": pl.String for at in range(dialect.width)}, orient="row")
    return cells.with_columns(pl.Series("_line", numbers, dtype=pl.Int64))
