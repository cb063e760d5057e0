"""The engine: DuckDB in memory over the Parquet files of one snapshot; it reaches nothing else.

`engine.connect(snapshot)` gives a locked connection; `engine.user_query(db, sql)` runs what an analyst typed;
`engine.queries.load(package)` reads `.sql` files with named queries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.engine.connection import Engine as Engine
    from campaigns.engine.connection import connect as connect
    from campaigns.engine.user import user_query as user_query

_HOMES = {"Engine": "connection", "connect": "connection", "user_query": "user"}


def __getattr__(name: str) -> object:
    """Import on first use: duckdb and polars must not load with `import campaigns.engine`."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
