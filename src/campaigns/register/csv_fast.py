"""CSV read by polars, for files in which nothing can go wrong; the exact reader takes all others.

polars fills short rows with NULL and lets a lost quote swallow what follows, so a file comes here only if it
has no quote, no control character, no blank line and in total as many delimiters as its rows need; a row with
too many then makes polars refuse, and without one there is none with too few.
"""

from __future__ import annotations

import codecs
from pathlib import Path

import polars as pl

from campaigns.register.csv_exact import CONTROLS, Dialect, RawTable
from campaigns.register.limits import MAX_LINE

_CHUNK = 16 << 20
_SUSPICIOUS = bytes(code for code in CONTROLS if code != 13) + b'"'
_MANY = 100  # columns above which a line could be too long though each of its cells is not


def read(path: Path, dialect: Dialect) -> RawTable | None:
    """All rows of the file as text, or None when the exact reader must look."""
    if codecs.lookup(dialect.encoding).name not in ("utf-8", "utf-8-sig", "ascii"):
        return None
    if dialect.header_line != 1 or dialect.width > _MANY or not _is_plain(path, dialect):
        return None
    try:
        frame = pl.read_csv(
            path,
            separator=dialect.delimiter,
            has_header=False,
            skip_rows=1,
            new_columns=[f"c{at}" for at in range(dialect.width)],
            infer_schema=False,
            quote_char=None,
        )
    except pl.exceptions.PolarsError:
        return None
    if frame.width != dialect.width:
        return None
    numbered = frame.with_columns(
        pl.all().fill_null(""), pl.int_range(2, pl.len() + 2, dtype=pl.Int64).alias("_line")
    )
    return RawTable(numbered, [])


def _is_plain(path: Path, dialect: Dialect) -> bool:
    delimiters, lines, separator = 0, 0, dialect.delimiter.encode()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            chunk += stream.readline(MAX_LINE)
            if not _chunk_is_plain(chunk):
                return False
            delimiters += chunk.count(separator)
            lines += chunk.count(b"\n") + (not chunk.endswith(b"\n"))
    return lines > 1 and delimiters == lines * (dialect.width - 1)


def _chunk_is_plain(chunk: bytes) -> bool:
    """The chunk is whole lines (only the file's last may lack its end) with nothing to look at twice."""
    return (
        len(chunk.translate(None, _SUSPICIOUS)) == len(chunk)
        and chunk.count(b"\r") == chunk.count(b"\r\n")
        and not chunk.startswith((b"\n", b"\r"))
        and b"\n\n" not in chunk
        and b"\n\r\n" not in chunk
    )
