"""`column IN (many values)` without a bound parameter for each: one array, whatever its length."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


def among(
    connection: sa.Connection, column: sa.ColumnElement[Any], values: Iterable[Any]
) -> sa.ColumnElement[bool]:
    """The condition that `column` is one of `values` (text or integers)."""
    listed: Sequence[Any] = list(values)
    if connection.dialect.name == "sqlite":
        elements = sa.func.json_each(json.dumps(listed)).table_valued("value")
        return column.in_(sa.select(elements.c.value))
    return column == sa.any_(sa.cast(listed, ARRAY(column.type)))
