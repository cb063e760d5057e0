"""Excel source files (.xlsx): the cells of a sheet as text, its row numbers as line numbers."""

from __future__ import annotations

from itertools import islice

import polars as pl

from campaigns.errors import UserError
from campaigns.register import xlsx_cells
from campaigns.register.csv_exact import Fault, RawTable
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_COLUMNS

_CHUNK = 20_000
Cells = tuple[str | int, ...]


def header(delivery: Delivery) -> list[str]:
    """The column names. Raises `UserError` REG010, REG015 to REG017."""
    names = list(
        xlsx_cells.header(delivery.path, delivery.source.sheet, name=delivery.name, sha256=delivery.sha256)
    )
    if len(names) > MAX_COLUMNS:
        raise UserError("REG010", f"{delivery.name} has more than {MAX_COLUMNS} columns.")
    return names


def read(delivery: Delivery) -> tuple[list[str], RawTable]:
    """The column names, and the cells as text (`c0`, `c1`, ... and `_line`, the row of the sheet)."""
    names = header(delivery)
    width = len(names)
    faults: list[Fault] = []
    frames = [_frame([], width)]
    found = xlsx_cells.rows(delivery.path, delivery.source.sheet, name=delivery.name)
    next(found, None)  # the header
    while rows := list(islice(found, _CHUNK)):
        good: list[Cells] = []
        for row in rows:
            fault = _fault(row, width)
            if fault:
                faults.append(fault)
            else:
                good.append((*row.cells[:width], row.line))
        frames.append(_frame(good, width))
    return names, RawTable(pl.concat(frames), faults)


def _fault(row: xlsx_cells.Row, width: int) -> Fault | None:
    if row.doubt:
        return Fault(row.line, "REG106", row.doubt)
    if any(cell.strip() for cell in row.cells[width:]):
        return Fault(row.line, "REG103", f"the row has cells beyond the {width} of the header.")
    return None


def _frame(rows: list[Cells], width: int) -> pl.DataFrame:
    schema: dict[str, type[pl.DataType]] = {f"c{at}": pl.String for at in range(width)}
    return pl.DataFrame(rows, schema={**schema, "_line": pl.Int64}, orient="row")
