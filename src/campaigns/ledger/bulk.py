"""Many rows in one statement: the database takes them apart, so a million rows take seconds, not minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.schema import ScalarElementColumnDefault

if TYPE_CHECKING:
    import polars as pl


def insert(connection: sa.Connection, table: sa.Table, shared: Mapping[str, Any], rows: pl.DataFrame) -> None:
    """Insert the rows of a frame, whose columns are columns of `table`; `shared` is equal for all of them.

    Columns that stand in neither get their default when it is a plain value.
    """
    defaults = {
        column.name: column.default.arg
        for column in table.columns
        if isinstance(column.default, ScalarElementColumnDefault) and column.name not in rows.columns
    }
    constants = defaults | dict(shared)
    values = [sa.literal(value, table.c[name].type) for name, value in constants.items()]
    select = sa.select(*values, *_columns(connection, table, rows))
    connection.execute(sa.insert(table).from_select([*constants, *rows.columns], select))


def _columns(connection: sa.Connection, table: sa.Table, rows: pl.DataFrame) -> list[sa.ColumnElement[Any]]:
    text = rows.write_json()
    if connection.dialect.name == "sqlite":
        each = sa.func.json_each(text).table_valued("value")
        return [sa.func.json_extract(each.c.value, f"$.{name}") for name in rows.columns]
    # JSON comes as its text, which must not become a JSON text of a text.
    kinds = {name: table.c[name].type for name in rows.columns}
    columns = [
        sa.column(name, sa.Text() if isinstance(kind, sa.JSON) else kind) for name, kind in kinds.items()
    ]
    records = sa.func.jsonb_to_recordset(sa.cast(text, JSONB)).table_valued(*columns)
    typed = records.render_derived(with_types=True)
    return [
        sa.cast(typed.c[name], kind) if isinstance(kind, sa.JSON) else typed.c[name]
        for name, kind in kinds.items()
    ]
