"""Rows of the ledger as polars frames, column by column, past SQLAlchemy's row objects."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import polars as pl
import sqlalchemy as sa

from campaigns.ledger.tables import Moment

MOMENT = pl.Datetime("us", "UTC")


def read(connection: sa.Connection, select: sa.Select[Any]) -> pl.DataFrame:
    """Run `select`; times are UTC microseconds, JSON columns are text.

    The driver's own cursor is read: a million rows in 2 s rather than 9.
    """
    columns = select.selected_columns
    result = connection.execute(select)
    cursor: Any = result.cursor
    with _uncollected():
        rows = cursor.fetchall()
        result.close()
        values = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
        del rows
    return pl.DataFrame(
        [_series(str(column.key), column.type, data) for column, data in zip(columns, values, strict=True)]
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Rows hold no circles, and looking for some in each of a million doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _series(name: str, kind: Any, values: tuple[Any, ...]) -> pl.Series:
    if isinstance(kind, (Moment, sa.DateTime)):
        return _moments(name, values)
    if isinstance(kind, sa.Date):  # SQLite keeps text
        series = pl.Series(name, values)
        return series.str.to_date() if series.dtype == pl.String else series.cast(pl.Date)
    if isinstance(kind, sa.JSON):
        values = tuple(v if v is None or isinstance(v, str) else json.dumps(v) for v in values)
        return pl.Series(name, values, pl.String)
    if isinstance(kind, sa.Boolean):
        return pl.Series(
            name, values, pl.Int8 if values and isinstance(values[0], int) else pl.Boolean, strict=False
        ).cast(pl.Boolean)
    return pl.Series(name, values, _dtype(kind))


def _moments(name: str, values: tuple[Any, ...]) -> pl.Series:
    """SQLite keeps them as `2026-11-24 09:00:00.000000`, always with six digits."""
    first = next((value for value in values if value is not None), None)
    if isinstance(first, str):
        text = pl.Series(name, values, pl.String)
        return text.str.to_datetime("%Y-%m-%d %H:%M:%S%.6f", time_unit="us", time_zone="UTC")
    return pl.Series(name, values, MOMENT)


def _dtype(kind: Any) -> pl.DataType:
    if isinstance(kind, (sa.Integer, sa.BigInteger)):
        return pl.Int64()
    if isinstance(kind, sa.LargeBinary):
        return pl.Binary()
    if isinstance(kind, sa.Float):
        return pl.Float64()
    return pl.String()
