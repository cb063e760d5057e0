"""Who may be contacted, and why: events, their fold into facts, rules as a table, decisions with reasons.

`events` has the words that people's permissions are recorded in, `recording` and `importing` write them,
`state` reads them, `rules` is the table that lawyers read, `deciding` puts facts and rules together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.permissions.deciding import Request, decide
    from campaigns.permissions.importing import KINDS

__all__ = ["KINDS", "Request", "decide"]

_HOMES = {"KINDS": "importing", "Request": "deciding", "decide": "deciding"}


def __getattr__(name: str) -> Any:
    """On first use: polars must not load with the package."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
