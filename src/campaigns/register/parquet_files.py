"""Parquet source files: read by polars, every cell made text; from there CSV and Parquet take one way."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from campaigns.errors import UserError
from campaigns.register.csv_exact import RawTable
from campaigns.register.deliveries import Delivery
from campaigns.register.limits import MAX_COLUMNS

MAX_ROWS = 200_000_000


def header(delivery: Delivery) -> list[str]:
    """The column names. Raises `UserError` REG010, REG011."""
    names = list(_schema(delivery))
    if len(names) > MAX_COLUMNS:
        raise UserError("REG010", f"{delivery.name} has more than {MAX_COLUMNS} columns.")
    return names


def count(delivery: Delivery) -> int:
    """How many rows it says it has. Raises `UserError` REG011."""
    try:
        return _stated(delivery)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise _damaged(delivery) from None


def read(delivery: Delivery) -> tuple[list[str], RawTable]:
    """The column names, and the cells as text (`c0`, `c1`, ... and `_line`, the row counted from 1)."""
    names = header(delivery)
    schema = _schema(delivery)
    try:
        rows = _stated(delivery)
        if rows > MAX_ROWS:
            raise _damaged(delivery)
        frame = pl.read_parquet(delivery.path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, MemoryError):
        raise _damaged(delivery) from None
    if len(frame) != rows:  # its footer says otherwise
        raise _damaged(delivery)
    cells = [_text(frame.get_column(name), schema[name]).alias(f"c{at}") for at, name in enumerate(names)]
    table = pl.DataFrame(cells).with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("_line"))
    return names, RawTable(table, [])


def batches(delivery: Delivery, *, rows: int) -> Iterator[pl.DataFrame]:
    """As the cells of `read`, some rows at a time: memory does not follow the file. Raises `UserError`."""
    names, schema = header(delivery), _schema(delivery)
    line = 0
    try:
        stated = _stated(delivery)
        for part in pl.scan_parquet(delivery.path, glob=False).collect_batches(
            chunk_size=rows, maintain_order=True
        ):
            cells = [
                _text(part.get_column(name), schema[name]).alias(f"c{at}") for at, name in enumerate(names)
            ]
            lines = pl.int_range(line + 1, line + len(part) + 1, dtype=pl.Int64, eager=True)
            yield pl.DataFrame([*cells, lines.alias("_line")])
            line += len(part)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, MemoryError):
        raise _damaged(delivery) from None
    if line != stated:  # its footer says otherwise
        raise _damaged(delivery)


def _schema(delivery: Delivery) -> pl.Schema:
    try:
        return pl.scan_parquet(delivery.path, glob=False).collect_schema()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
        raise _damaged(delivery) from None


def _stated(delivery: Delivery) -> int:
    rows: int = pl.scan_parquet(delivery.path, glob=False).select(pl.len()).collect().item()
    return rows


def _damaged(delivery: Delivery) -> UserError:
    return UserError(
        "REG011",
        f"{delivery.name} is no whole Parquet file.",
        hint="was it still being written? send it again",
    )


def _text(cells: pl.Series, kind: pl.DataType) -> pl.Series:
    """Cells as the words that CSV would have; nested and binary columns have none and stay empty."""
    if kind == pl.String:
        return cells.fill_null("")
    if isinstance(kind, pl.Datetime):
        form = "%Y-%m-%dT%H:%M:%S%.6fZ" if kind.time_zone else "%Y-%m-%dT%H:%M:%S%.6f"
        cells = cells.dt.convert_time_zone("UTC") if kind.time_zone else cells
        return cells.dt.strftime(form).fill_null("")
    if kind.is_float() and bool((cells.fill_nan(None).drop_nulls() % 1 == 0).all()):
        cells = cells.fill_nan(None).cast(
            pl.Int64, strict=False
        )  # whole numbers that a NULL turned into floats
    if (
        kind == pl.Date
        or kind.is_numeric()
        or kind == pl.Boolean
        or isinstance(kind, (pl.Categorical, pl.Enum))
    ):
        return cells.cast(pl.String).fill_null("")
    return pl.Series(cells.name, [""], dtype=pl.String).new_from_index(0, len(cells))
