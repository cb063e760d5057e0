"""Queries that an analyst types: one SELECT over the known tables, with limits; errors quote nothing.

The connection is locked anyway (see connection). What is refused here is refused with a better sentence, and
the files behind masked views cannot be read around them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

import polars as pl

from campaigns import errors
from campaigns.engine.connection import Engine
from campaigns.engine.failures import harmless

SECONDS = 60.0
ROWS = 5_000_000
_PLAIN = re.compile(r"\w+")  # no path of a file
_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree"})


def user_query(
    db: Engine,
    sql: str,
    parameters: Mapping[str, object] | None = None,
    *,
    seconds: float = SECONDS,
    rows: int = ROWS,
) -> pl.DataFrame:
    """The rows of one SELECT over the lake's views and registered frames.

    Raises:
        UserError: ENG001 it is not one SELECT, ENG007 it gives more than `rows` rows; as `Engine.query`.
        NotFound: ENG008, a table does not exist. Refused: ENG005, it reads something else than tables.
    """
    text = sql.strip().rstrip(";").rstrip()
    tree = _parsed(db, text)
    known = {*db.tables, *_FUNCTIONS, *filter(_PLAIN.fullmatch, _common_tables(tree))}
    for source in _sources(tree):
        if source not in known:
            hint = f"There are: {', '.join(db.tables)}."
            if _PLAIN.fullmatch(source):
                raise errors.NotFound("ENG008", f"There is no table {source}.", hint=hint)
            raise errors.Refused("ENG005", "The query reads from something that is not a table.", hint=hint)
    frame = db.query(f"SELECT * FROM (\n{text}\n) LIMIT {rows + 1}", parameters, seconds=seconds)
    if len(frame) > rows:
        raise errors.UserError(
            "ENG007", f"The query gives more than {rows:,} rows.", hint="Aggregate, or add a LIMIT."
        )
    return frame


def _parsed(db: Engine, text: str) -> list[object]:
    answer = json.loads(db.query("SELECT json_serialize_sql($text) AS tree", {"text": text}).item())
    if answer["error"] and answer["error_type"] == "parser":
        raise errors.UserError("ENG002", f"The query cannot be read: {harmless(answer['error_message'])}.")
    if answer["error"] or len(answer["statements"]) != 1:
        raise errors.UserError("ENG001", "Only one SELECT can be asked here.")
    return list(answer["statements"])


def _nodes(tree: object) -> Iterator[dict[str, object]]:
    if isinstance(tree, dict):
        yield tree
    for inner in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(inner)


def _common_tables(tree: object) -> Iterator[str]:
    """Names that the query itself gives with WITH."""
    for node in _nodes(tree):
        common = node.get("cte_map")
        if isinstance(common, dict):
            yield from (str(entry["key"]).lower() for entry in common["map"])


def _sources(tree: object) -> Iterator[str]:
    """What the query reads from: tables (with their schema, if any) and table functions."""
    for node in _nodes(tree):
        if node.get("type") == "BASE_TABLE":
            yield ".".join(str(part).lower() for part in (node["schema_name"], node["table_name"]) if part)
        elif node.get("type") == "TABLE_FUNCTION":
            function = node["function"]
            name = str(function["function_name"]).lower() if isinstance(function, dict) else ""
            yield name if name in _FUNCTIONS else f"{name}()"
