"""CSV read by polars where nothing can go wrong, and by the exact reader where something could.

A line without quotes and control characters that has as many delimiters as the header is a row by itself,
whatever stands around it: the exact reader never lets a quoted cell swallow such a line. So these lines go to
polars, in chunks, and the others keep their numbers and go to the exact reader. polars fills short rows with
NULL and lets a lost quote swallow what follows, which is why it never sees them.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from itertools import compress
from pathlib import Path
from typing import BinaryIO

import polars as pl

from campaigns.register.csv_exact import CONTROLS, Dialect, RawTable, read_lines
from campaigns.register.limits import MAX_LINE

_CHUNK = 16 << 20
_CONTROLS_BUT_CR = bytes(code for code in CONTROLS if code != 13)
Numbered = list[tuple[int, bytes]]


def reads(dialect: Dialect) -> bool:
    """Whether polars can read files of this encoding."""
    return codecs.lookup(dialect.encoding).name in ("utf-8", "utf-8-sig", "ascii")


def read(path: Path, dialect: Dialect) -> RawTable:
    """All rows of the file as text: the same that the exact reader gives, in the order of lines."""
    plain: list[pl.DataFrame] = []
    others: Numbered = []
    with path.open("rb") as stream:
        for number, lines in _chunks(stream):
            if number == 1:
                lines[0] = lines[0].removeprefix(codecs.BOM_UTF8)
            skipped = max(0, dialect.header_line + 1 - number)
            frame, rest = _chunk(number + skipped, lines[skipped:], dialect)
            plain.append(frame)
            others.extend(rest)
    exact = read_lines(others, dialect)
    return RawTable(pl.concat([*plain, exact.frame]).sort("_line"), exact.faults)


def _chunks(stream: BinaryIO) -> Iterator[tuple[int, list[bytes]]]:
    """Whole lines without line feeds, with the number of the first; of a too long one only its start."""
    number = 1
    while chunk := stream.read(_CHUNK):
        rest = stream.readline(MAX_LINE + 1)
        lines = (chunk + rest).split(b"\n")
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE + 1)
        if not lines[-1]:
            lines.pop()
        yield number, lines
        number += len(lines)


def _chunk(first: int, lines: list[bytes], dialect: Dialect) -> tuple[pl.DataFrame, Numbered]:
    """The plain rows of a chunk as a frame, and its other lines."""
    separator, gaps = dialect.delimiter.encode(), dialect.width - 1
    numbers = range(first, first + len(lines))
    if _all_plain(lines, separator, gaps) and (whole := _parsed(lines, numbers, dialect)) is not None:
        return whole, []
    is_plain = [
        b'"' not in line and line.count(separator) == gaps and len(line) <= MAX_LINE and bool(line.strip())
        for line in lines
    ]
    plain = list(compress(lines, is_plain))
    frame = _parsed(plain, list(compress(numbers, is_plain)), dialect)
    if frame is None:
        return _frame(dialect), list(zip(numbers, lines, strict=True))
    return frame, [
        pair for pair, skip in zip(zip(numbers, lines, strict=True), is_plain, strict=True) if not skip
    ]


def _all_plain(lines: list[bytes], separator: bytes, gaps: int) -> bool:
    """Whether all lines may be plain; a row with too many cells, hiding one with too few, stops polars."""
    text = b"\n".join(lines)
    return (
        bool(lines)
        and gaps > 0
        and b'"' not in text
        and text.count(separator) == gaps * len(lines)
        and b"" not in lines
        and b"\r" not in lines
        and max(map(len, lines)) <= MAX_LINE
    )


def _parsed(lines: list[bytes], numbers: Sequence[int], dialect: Dialect) -> pl.DataFrame | None:
    """The lines read by polars; None when one is not UTF-8, has control characters or too many cells."""
    if not lines:
        return _frame(dialect)
    text = b"\n".join(lines)
    returns = sum(line.endswith(b"\r") for line in lines)
    if text.count(b"\r") != returns or len(text.translate(None, _CONTROLS_BUT_CR)) != len(text):
        return None
    # A first line of our own: polars drops a byte order mark and unpacks what begins like compressed data.
    text = b"-" + dialect.delimiter.encode() * (dialect.width - 1) + b"\n" + text
    schema = _frame(dialect).drop("_line").schema
    try:
        frame = pl.read_csv(
            text, separator=dialect.delimiter, has_header=False, skip_rows=1, schema=schema, quote_char=None
        )
    except pl.exceptions.PolarsError:
        return None
    line = pl.Series("_line", numbers, dtype=pl.Int64)
    return frame.with_columns(pl.all().fill_null(""), line) if len(frame) == len(lines) else None


def _frame(dialect: Dialect) -> pl.DataFrame:
    """No rows."""
    cells = {f"c{at}": pl.String() for at in range(dialect.width)}
    return pl.DataFrame(schema={**cells, "_line": pl.Int64()})
