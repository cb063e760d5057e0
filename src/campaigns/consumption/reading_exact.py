"""Datahub files read line by line: every line that is no reading is refused with its number and a reason.

Datahub quotes nothing, so a line is a row, whatever quotes it holds, and nothing can swallow the next one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

import polars as pl

from campaigns.consumption.reading_fast import Layout
from campaigns.consumption.readings import COLUMNS, QUANTITY, Decoder, Readings
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_LINE
from campaigns.register.quarantine import Rejects
from campaigns.register.raw_lines import physical_lines

_LINES = 200_000
_CONTROLS = r"[\x00-\x08\x0B-\x1F\x7F]"
_GSRN = r"^[0-9]{18}$"


def read(
    delivery: Delivery, layout: Layout, decoder: Decoder, rejects: Rejects
) -> Iterator[tuple[int, Readings]]:
    """Batches of readings, each with the number of its rows; the lines that are none go to `rejects`."""
    with delivery.path.open("rb") as stream:
        for frame in _frames(stream, layout):
            yield frame.height, decode(_cells(frame, layout, rejects), decoder, rejects)


def decode(cells: pl.DataFrame, decoder: Decoder, rejects: Rejects) -> Readings:
    """Readings of text cells (COLUMNS and `_line`); what is wrong with a row goes to `rejects`."""
    readings, faults = decoder.decode(_typed(cells, decoder))
    if not faults:
        return readings
    good = ~faults[0].rows
    for fault in faults:
        good &= ~fault.rows
        rejects.add_lines(
            cells["_line"].filter(pl.Series(fault.rows)), fault.code, fault.message, fault.column
        )
    return readings.where(good)


def _frames(stream: BinaryIO, layout: Layout) -> Iterator[pl.DataFrame]:
    """The lines after the header that are not blank: `_line`, `text` (NULL: not of the encoding), `long`."""
    numbered = enumerate(physical_lines(stream), start=1)
    next(line for _, line in numbered if line.removeprefix(b"\xef\xbb\xbf").strip())  # the header
    while taken := list(islice(numbered, _LINES)):
        yield pl.DataFrame(
            {
                "_line": [number for number, _ in taken],
                "text": [_decoded(line, layout.encoding) for _, line in taken],
                "long": [len(line) > MAX_LINE for _, line in taken],
            },
            schema={"_line": pl.Int64(), "text": pl.String(), "long": pl.Boolean()},
        ).filter(pl.col("text").ne_missing(""))


def _decoded(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding).strip(" \t\r\n")
    except UnicodeDecodeError:
        return None


def _cells(frame: pl.DataFrame, layout: Layout, rejects: Rejects) -> pl.DataFrame:
    """COLUMNS as text and `_line`; lines that cannot be cells are refused, each for one reason."""
    judged = frame.with_columns(pl.lit(None, pl.String).alias("reason"))
    for code, condition, message in _line_faults(layout):
        judged = judged.with_columns(
            pl.when(pl.col("reason").is_null() & condition)
            .then(pl.lit(code))
            .otherwise(pl.col("reason"))
            .alias("reason")
        )
        rejects.add_lines(judged.filter(pl.col("reason") == code)["_line"], code, message)
    cells = pl.col("text").str.split_exact(layout.delimiter, len(layout.names) - 1)
    whole = judged.filter(pl.col("reason").is_null())
    return whole.select("_line", cells.struct.rename_fields(list(layout.names)).alias("cells")).unnest(
        "cells"
    )


def _line_faults(layout: Layout) -> list[tuple[str, pl.Expr, str]]:
    text, width = pl.col("text"), len(layout.names)
    delimiters = text.str.count_matches(layout.delimiter, literal=True)
    open_end = (delimiters == width) & text.str.ends_with(layout.delimiter)
    return [
        ("CON114", pl.col("long"), f"the line is longer than {MAX_LINE:,} bytes."),
        ("CON115", text.is_null(), f"the line is not {layout.encoding} text."),
        ("CON116", text.str.contains(_CONTROLS), "the line has control characters, such as NUL."),
        ("CON117", text.str.to_lowercase() == layout.header.lower(), "the header stands here again."),
        (
            "CON118",
            (delimiters != width - 1) & ~open_end,
            f"the line must have {width} cells with `{layout.delimiter}` between them.",
        ),
    ]


def _typed(cells: pl.DataFrame, decoder: Decoder) -> pl.DataFrame:
    text = cells.select("_line", *(pl.col(name).fill_null("").str.strip_chars() for name in COLUMNS))
    gsrn = pl.when(pl.col("gsrn").str.contains(_GSRN)).then(pl.col("gsrn")).cast(pl.Int64)
    quantity = pl.col("quantity").str.replace(",", ".", literal=True).cast(QUANTITY, strict=False)
    return text.with_columns(gsrn, quantity, pl.col("start").cast(decoder.start_type))
