"""Files of readings line by line: every line that is no reading is refused with its number and a reason.

A line is a row, whatever quotes it holds, so nothing can swallow the next one.
Memory does not follow the file, nor its longest line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO

import polars as pl

from campaigns.consumption.named_cells import refuse
from campaigns.consumption.reading_fast import Layout
from campaigns.consumption.readings import COLUMNS, QUANTITY, Decoder, Readings
from campaigns.register.csv_exact import split
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_LINE
from campaigns.register.quarantine import MAX_TEXT, Rejects

_BLOCK = 4 << 20  # bytes
_MARK = b"\xef\xbb\xbf"
_CONTROLS = r"[\x00-\x08\x0B-\x1F\x7F]"
_GSRN = r"^[0-9]{18}$"


# Text cells of one layout to those of another; what cannot be that goes to the rejects.
Prepare = Callable[[pl.DataFrame, Rejects], pl.DataFrame]


def read(
    delivery: Delivery,
    layout: Layout,
    decoder: Decoder,
    rejects: Rejects,
    prepare: Prepare | None = None,
) -> Iterator[tuple[int, Readings]]:
    """Batches of readings, each with the number of its rows; the lines that are none go to `rejects`."""
    for count, cells in lines(delivery, layout, rejects):
        yield count, decode(prepare(cells, rejects) if prepare else cells, decoder, rejects)


def lines(delivery: Delivery, layout: Layout, rejects: Rejects) -> Iterator[tuple[int, pl.DataFrame]]:
    """Batches of text cells under the layout's names with `_line` and `_text`, each with its row count."""
    line = 1
    header_is_over = False
    with delivery.path.open("rb") as stream:
        for block, is_long in _blocks(stream):
            frame = _lines(block, layout, first=line, is_long=is_long)
            line += len(frame)
            frame = frame.filter(pl.col("text") != "")
            if not header_is_over:
                header_is_over = not frame.is_empty()
                frame = frame.slice(1)
            yield len(frame), _cells(frame, layout, rejects)


def decode(cells: pl.DataFrame, decoder: Decoder, rejects: Rejects) -> Readings:
    """Readings of text cells (COLUMNS, `_line`, and `_text` to be shown); wrong rows go to `rejects`."""
    readings, faults = decoder.decode(_typed(cells, decoder))
    if not faults:
        return readings
    good = ~faults[0].rows
    for fault in faults:
        good &= ~fault.rows
        refuse(cells.filter(pl.Series(fault.rows)), fault.code, fault.message, fault.column, rejects)
    return readings.where(good)


def _blocks(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """The file in pieces of whole lines; a line that is too long comes alone, cut and marked."""
    rest = b""
    while chunk := stream.read(_BLOCK):
        chunk = rest + chunk
        end = chunk.rfind(b"\n") + 1
        if end:
            yield chunk[:end], False
        rest = chunk[end:]
        if len(rest) > MAX_LINE:
            yield rest[:MAX_TEXT], True
            rest = b""
            while (more := stream.readline(MAX_LINE)) and not more.endswith(b"\n"):
                pass
    if rest:
        yield rest, False


def _lines(block: bytes, layout: Layout, *, first: int, is_long: bool) -> pl.DataFrame:
    """One row a line: `_line`, `text`, and whether it is `long` or `broken` (not of the encoding)."""
    block = block.removeprefix(_MARK if first == 1 else b"").removesuffix(b"\n")
    try:
        frame = pl.DataFrame({"text": [block.decode(layout.encoding)]})
        frame = frame.select(pl.col("text").str.split("\n").explode(), pl.lit(value=False).alias("broken"))
    except UnicodeDecodeError:
        lines = [_decoded(line, layout.encoding) for line in block.split(b"\n")]
        frame = pl.DataFrame(lines, schema={"text": pl.String(), "broken": pl.Boolean()}, orient="row")
    return frame.select(
        pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("_line"),
        pl.col("text").str.strip_chars(" \t\r"),
        ((pl.col("text").str.len_bytes() > MAX_LINE) | is_long).alias("long"),
        "broken",
    )


def _decoded(line: bytes, encoding: str) -> tuple[str, bool]:
    try:
        return line.decode(encoding), False
    except UnicodeDecodeError:
        return line[:MAX_TEXT].decode(encoding, errors="replace"), True


def _cells(frame: pl.DataFrame, layout: Layout, rejects: Rejects) -> pl.DataFrame:
    """COLUMNS as text, `_line` and `_text`; lines that cannot be cells are refused, each for one reason."""
    rest = frame.rename({"text": "_text"})
    quoted = []
    if layout.quotes and (has_quotes := rest["_text"].str.contains('"', literal=True)).any():
        *faults, _ = _line_faults(layout)  # but for the number of delimiters
        right = ~rest.select(pl.any_horizontal(condition for _, condition, _ in faults)).to_series()
        quoted = [_quoted(rest.filter(has_quotes & right), layout, rejects)]
        rest = rest.filter(~(has_quotes & right))
    for code, condition, message in _line_faults(layout):
        bad = rest.filter(condition)
        if not bad.is_empty():
            refuse(bad, code, message, "", rejects)
            rest = rest.filter(~condition)
    cells = pl.col("_text").str.split_exact(layout.delimiter, len(layout.names) - 1)
    named = cells.struct.rename_fields(list(layout.names)).alias("cells")
    plain = rest.select("_line", "_text", named).unnest("cells")
    return pl.concat([plain, *quoted]).sort("_line") if quoted else plain


def _quoted(lines: pl.DataFrame, layout: Layout, rejects: Rejects) -> pl.DataFrame:
    """The cells of lines with quotes; a quote that is not closed on its line refuses that line alone."""
    found = [split(text, layout.delimiter) for text in lines["_text"]]
    whole = pl.Series([cells is not None and len(cells) == len(layout.names) for cells in found])
    message = f"the line must have {len(layout.names)} cells, each quoted whole or not at all."
    refuse(lines.filter(~whole), "CON118", message, "", rejects)
    kept = [cells for cells, is_whole in zip(found, whole, strict=True) if cells and is_whole]
    texts = pl.DataFrame(kept, schema=dict.fromkeys(layout.names, pl.String), orient="row")
    return pl.concat([lines.filter(whole).select("_line", "_text"), texts], how="horizontal")


def _line_faults(layout: Layout) -> list[tuple[str, pl.Expr, str]]:
    text, width = pl.col("_text"), len(layout.names)
    delimiters = text.str.count_matches(layout.delimiter, literal=True)
    open_end = (delimiters == width) & text.str.ends_with(layout.delimiter)
    return [
        ("CON114", pl.col("long"), f"the line is longer than {MAX_LINE:,} bytes."),
        ("CON115", pl.col("broken"), f"the line is not {layout.encoding} text."),
        ("CON116", text.str.contains(_CONTROLS), "the line has control characters, such as NUL."),
        ("CON117", text.str.to_lowercase() == layout.header.lower(), "the header stands here again."),
        (
            "CON118",
            (delimiters != width - 1) & ~open_end,
            f"the line must have {width} cells with `{layout.delimiter}` between them.",
        ),
    ]


def _typed(cells: pl.DataFrame, decoder: Decoder) -> pl.DataFrame:
    text = cells.select(*(pl.col(name).fill_null("").str.strip_chars() for name in COLUMNS))
    gsrn = pl.when(pl.col("gsrn").str.contains(_GSRN)).then(pl.col("gsrn")).cast(pl.Int64)
    quantity = pl.col("quantity").str.replace(",", ".", literal=True).cast(QUANTITY, strict=False)
    return text.with_columns(gsrn, quantity, pl.col("start").cast(decoder.start_type))
