"""Datahub files read by polars in one typed pass, as long as nothing in them is wrong.

The first thing that is not clean ends it, and `reading_exact` reads the file again from its start, by lines.
"""

from __future__ import annotations

import codecs
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from campaigns.consumption.readings import QUANTITY, Decoder, Readings
from campaigns.register.limits import MAX_LINE

_BATCH = 500_000


class NotClean(Exception):
    """Something in the file needs the exact reader."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How the file is written. `columns` are the cells of a line; `None` is one that we do not use.

    `quotes` says that a cell may be quoted, as Datahub never does.
    """

    header: str
    columns: tuple[str | None, ...]
    delimiter: str
    encoding: str
    quotes: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """A name for every cell."""
        return tuple(name or f"_{at}" for at, name in enumerate(self.columns))


def read(path: Path, layout: Layout, decoder: Decoder) -> Iterator[Readings]:
    """The readings in batches. Raises `NotClean` at the first row that is not one."""
    if layout.delimiter == ",":  # and the decimal comma: only the cells of a line tell
        raise NotClean
    if codecs.lookup(layout.encoding).name not in ("utf-8", "utf-8-sig", "ascii") or not _has_short_lines(
        path
    ):
        raise NotClean
    for frame in _frames(path, layout, decoder):
        readings, faults = decoder.decode(frame)
        if faults:
            raise NotClean
        yield readings


def _frames(path: Path, layout: Layout, decoder: Decoder) -> Iterator[pl.DataFrame]:
    ours: dict[str, pl.DataType] = {"gsrn": pl.Int64(), "start": decoder.start_type, "quantity": QUANTITY}
    try:
        yield from pl.scan_csv(
            path,
            has_header=False,
            skip_lines=1,
            schema={name: ours.get(name, pl.String()) for name in layout.names},
            separator=layout.delimiter,
            quote_char=None,
            decimal_comma=True,
            glob=False,
        ).collect_batches(chunk_size=_BATCH, maintain_order=True)
    except (pl.exceptions.PolarsError, OSError):
        raise NotClean from None


def _has_short_lines(path: Path) -> bool:
    """Whether no line can be long: every stretch of MAX_LINE bytes has a line end, found near its start."""
    with path.open("rb") as stream:
        if stream.seek(0, 2) == 0:
            return False
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            size = len(content)
            return all(
                content.find(b"\n", at, at + MAX_LINE) >= 0 for at in range(0, size - MAX_LINE, MAX_LINE)
            )
