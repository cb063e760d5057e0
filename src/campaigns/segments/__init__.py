"""The segment language: read, check, compile, resolve, preview, why.

A segment file becomes a typed form (`model`), checked with a place for every mistake (`library`, `reading`,
`conditions`), compiled to a chain of named CTEs (`compiling`), and resolved to people with the step that left
each of them out (`resolving`). `previewing` and `explaining` print what `resolving` found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.segments.compiling import compile_segment
    from campaigns.segments.explaining import why
    from campaigns.segments.library import Library
    from campaigns.segments.model import Segment
    from campaigns.segments.previewing import preview
    from campaigns.segments.resolving import Resolution, resolve

__all__ = ["Library", "Resolution", "Segment", "compile_segment", "preview", "resolve", "why"]

_HOMES = {
    "Library": "library",
    "Resolution": "resolving",
    "Segment": "model",
    "compile_segment": "compiling",
    "preview": "previewing",
    "resolve": "resolving",
    "why": "explaining",
}


def __getattr__(name: str) -> Any:
    """On first use: sqlglot and polars must not load with the package."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
