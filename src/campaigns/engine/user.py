"""Queries that an analyst types: one SELECT, with limits, and errors that quote nothing."""

from __future__ import annotations

import duckdb
import polars as pl

from campaigns import errors
from campaigns.engine.connection import Engine

SECONDS = 60.0
ROWS = 5_000_000


def user_query(db: Engine, sql: str, *, seconds: float = SECONDS, rows: int = ROWS) -> pl.DataFrame:
    """The rows of one SELECT over the lake's views.

    Raises:
        UserError: ENG001 it is not one SELECT; ENG007 more than `rows` rows; others as `Engine.query`.
    """
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error:
        statements = []
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise errors.UserError("ENG001", "Only one SELECT can be asked here.")
    frame = db.query(f"SELECT * FROM (\n{sql.strip().rstrip(';')}\n) LIMIT {rows + 1}", seconds=seconds)
    if len(frame) > rows:
        raise errors.UserError(
            "ENG007", f"The query gives more than {rows:,} rows.", hint="Aggregate, or add a LIMIT."
        )
    return frame
