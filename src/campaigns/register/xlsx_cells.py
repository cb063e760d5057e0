"""The rows of a workbook's sheet as text, read by calamine after `xlsx_guard` has looked at the file.

calamine reads XLSX in Rust, is kept up, knows dates by their number format and both date systems, gives the
stored results of formulas, and executes nothing. What a spreadsheet cannot tell us any more is refused row by
row: errors, formulas without a result, merged cells, numbers that lost their last digits.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from campaigns.errors import UserError
from campaigns.register import xlsx_guard

EXACT = 10**15  # a spreadsheet keeps fifteen digits of a number
Cell = str | float | bool | dt.date | dt.time | dt.timedelta
_MIDNIGHT = dt.time()


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: its number there, its cells as text, and what keeps it from being believed."""

    line: int
    cells: tuple[str, ...]
    doubt: str = ""


def header(path: Path, sheet: str, *, name: str, sha256: str) -> tuple[str, ...]:
    """The first row with anything in it. Raises `UserError` REG010, REG015 to REG017."""
    return _header(path, sheet, name, sha256)


# A file is asked for its header once for each source that it might be from.
@lru_cache(maxsize=64)
def _header(path: Path, sheet: str, name: str, sha256: str) -> tuple[str, ...]:
    del sha256  # another file under the same name is another file
    first = next(rows(path, sheet, name=name), None)
    if first is None:
        raise UserError("REG010", f"{name} is empty.", hint="a source file starts with a header line")
    cells = list(first.cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cells)


def rows(path: Path, sheet: str, *, name: str) -> Iterator[Row]:
    """The rows that have anything in them, of `sheet` or of the only sheet with rows.

    Raises `UserError` REG015 and REG016 (see `xlsx_guard`), REG017 when it is not clear which sheet is meant.
    """
    uncertain = xlsx_guard.inspect(path, name)
    try:
        with path.open("rb") as stream, CalamineWorkbook.from_filelike(stream) as book:
            chosen = _chosen(book, sheet, name)
            if chosen is not None:
                yield from _rows(chosen, uncertain.get(chosen.name, frozenset()))
    except CalamineError:
        raise xlsx_guard.damaged(name) from None


def _chosen(book: CalamineWorkbook, wanted: str, name: str) -> CalamineSheet | None:
    """Nothing is left out silently: of several sheets with rows, hidden ones too, the source says which."""
    titles = book.sheet_names
    if wanted:
        same = [title for title in titles if title.strip().casefold() == wanted.strip().casefold()]
        if not same:
            raise UserError("REG017", f"{name} has no sheet `{wanted}`.", hint="see `sheet:` of the source")
        return book.get_sheet_by_name(same[0])
    full = [found for title in titles if (found := book.get_sheet_by_name(title)).start is not None]
    if len(full) > 1:
        raise UserError(
            "REG017",
            f"{name} has rows on {len(full)} sheets, hidden ones counted.",
            hint="say which is meant: `sheet:` of the source; or send a file with that sheet alone",
        )
    return full[0] if full else None


def _rows(sheet: CalamineSheet, uncertain: frozenset[int]) -> Iterator[Row]:
    merged = {
        row + 1
        for start, end in sheet.merged_cell_ranges or ()
        if end[0] > start[0]
        for row in range(start[0], min(end[0], sheet.total_height) + 1)
    }
    for line, cells in enumerate(sheet.iter_rows(), start=1):
        if all(cell == "" for cell in cells):
            continue
        doubt = ""
        if line in uncertain:
            doubt = "a cell has an error, or a formula without its result."
        elif line in merged:
            doubt = "cells are merged over several rows, so that it is not known which row they are about."
        elif any(isinstance(cell, float) and abs(cell) >= EXACT for cell in cells):
            doubt = "a number has more than 15 digits, of which a spreadsheet loses the last; make it text."
        yield Row(line, tuple(map(_text, cells)), doubt)


def _text(cell: Cell) -> str:
    """The cell as CSV would have it."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float | int):
        return str(int(cell)) if cell == int(cell) else f"{cell:.15f}".rstrip("0")
    if isinstance(cell, dt.datetime):
        whole_day = cell.time() == _MIDNIGHT
        return cell.date().isoformat() if whole_day else cell.isoformat(sep=" ")
    return str(cell)
