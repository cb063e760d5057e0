"""Frames into DuckDB and out of it, over Arrow's C interface and without pyarrow."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

import duckdb
import polars as pl
from polars.datatypes import DataTypeClass

from campaigns.engine.views import named

_LACKING = ("INTERVAL", "UNION", "BIGNUM", "BIT", "TIME WITH TIME ZONE")
DataType = pl.DataType | DataTypeClass


class Streaming(Protocol):
    """What gives its rows as an Arrow stream, as polars frames and DuckDB's relations do."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class Stream:
    """A frame or relation that shows nothing but its Arrow stream, a fresh one at each scan.

    DuckDB would know a bare `polars.DataFrame` by its type and send it through pyarrow. polars never forgets
    the type of what it read, and a remembered type of DuckDB makes its binding complain on stderr at the end.
    """

    def __init__(self, source: Streaming) -> None:
        self._source = source

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._source.__arrow_c_stream__(requested_schema)


def sensible(kind: DataType) -> DataType:
    """The type that our code computes with: sums arrive as Decimal(38, 0) and are whole numbers."""
    if isinstance(kind, pl.Decimal):
        return pl.Int64() if kind.scale == 0 else pl.Float64()
    if isinstance(kind, pl.Datetime):
        return pl.Datetime("us", None if kind.time_zone is None else "UTC")
    if isinstance(kind, pl.Categorical | pl.Enum):
        return pl.String()
    if isinstance(kind, pl.List):
        return pl.List(sensible(kind.inner))
    if isinstance(kind, pl.Struct):
        return pl.Struct({field.name: sensible(field.dtype) for field in kind.fields})
    return kind


def from_relation(relation: duckdb.DuckDBPyRelation) -> pl.DataFrame:
    """The rows of a relation as a frame with sensible types.

    polars panics (with a backtrace on stderr) at types of DuckDB that it lacks, so these become text before.
    """
    twins = [name for name, count in Counter(relation.columns).items() if count > 1]
    if twins:
        raise duckdb.BinderException(f"Binder Error: more than one column is called {', '.join(twins)}")
    for name, kind in zip(relation.columns, relation.types, strict=True):
        if str(kind) in _LACKING:
            relation = relation.project(f"* REPLACE ({named(name)}::VARCHAR AS {named(name)})")
        elif any(word in str(kind) for word in _LACKING):
            raise duckdb.BinderException(f"Binder Error: column {name} is {kind}, which has no equal here")
    frame = pl.DataFrame(Stream(relation))
    wanted = {name: sensible(kind) for name, kind in frame.schema.items()}
    return frame.cast({name: kind for name, kind in wanted.items() if kind != frame.schema[name]})
