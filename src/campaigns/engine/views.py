"""The SQL that shows the files of a snapshot as tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from campaigns.lake.schemas import TABLES, Table

# Refused rows are no facts about anybody; `campaigns status` reads them through the lake.
VIEWS: frozenset[str] = frozenset(TABLES) - {"quarantine"}
MASKED = "***"


Hidden = Mapping[str, Collection[str]]  # of a controller, the sources whose rows are not to be seen


def over_files(
    table: Table,
    files: Sequence[Path],
    present: Collection[str],
    masked: Collection[str],
    hidden: Hidden | None = None,
) -> str:
    """CREATE VIEW with the columns of schemas.py; those that no file has yet are NULL.

    Args:
        present: the columns that the files have, partitions included.
        masked: text columns whose values are shown as `***`; NULL stays NULL.
        hidden: whose rows are left out, in a table that says where its rows are from.
    """
    columns = ", ".join(_column(table, name, present, masked) for name in table.schema)
    listed = ", ".join(quoted(path) for path in files)
    seen = _without(hidden or {}) if "source" in present and "controller" in present else ""
    return (
        f"CREATE TEMP VIEW {named(table.name)} AS "
        f"SELECT {columns} FROM read_parquet([{listed}]{_how(table)}){seen}"
    )


def _without(hidden: Hidden) -> str:
    """Rows of a source that cannot be told stay."""
    parts = [
        f"(controller = {quoted(controller)} AND source IN ({', '.join(map(quoted, sorted(sources)))}))"
        for controller, sources in sorted(hidden.items())
        if sources
    ]
    return f" WHERE ({' OR '.join(parts)}) IS NOT TRUE" if parts else ""


def columns_of(table: Table, files: Sequence[Path]) -> str:
    """A query for the columns that the files have, partitions included."""
    listed = ", ".join(quoted(path) for path in files)
    return f"SELECT column_name FROM (DESCRIBE SELECT * FROM read_parquet([{listed}]{_how(table)}))"


def named(name: str) -> str:
    """An identifier, quoted."""
    return '"' + name.replace('"', '""') + '"'


def quoted(text: object) -> str:
    """A text literal."""
    return "'" + str(text).replace("'", "''") + "'"


def _column(table: Table, name: str, present: Collection[str], masked: Collection[str]) -> str:
    if name not in present:
        return f"NULL::{_SQL_TYPES[str(table.schema[name])]} AS {named(name)}"
    if name in masked:
        return f"CASE WHEN {named(name)} IS NOT NULL THEN {quoted(MASKED)} END AS {named(name)}"
    return named(name)


def _how(table: Table) -> str:
    if not table.partition_by:
        return ", union_by_name = true"
    types = ", ".join(f"{quoted(name)}: VARCHAR" for name in table.partition_by)
    return f", union_by_name = true, hive_partitioning = true, hive_types = {{{types}}}"


_SQL_TYPES = {
    "String": "VARCHAR",
    "Date": "DATE",
    "Datetime(time_unit='us', time_zone='UTC')": "TIMESTAMPTZ",
    "Int64": "BIGINT",
    "Int32": "INTEGER",
    "Int16": "SMALLINT",
    "Int8": "TINYINT",
    "Boolean": "BOOLEAN",
    "Float64": "DOUBLE",
    "List(Int32)": "INTEGER[]",
    "List(Int64)": "BIGINT[]",
    "List(Int8)": "TINYINT[]",
}
