"""What a segment may name: fields, metrics, events, relations and periods, each with type, unit and limits.

A typed default ships in `default.yml`; a workspace extends it in `segments/catalogue/*.yml`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.catalogue.loading import load
    from campaigns.catalogue.model import Catalogue

__all__ = ["Catalogue", "load"]

_HOMES = {"Catalogue": "model", "load": "loading"}


def __getattr__(name: str) -> Any:
    """On first use: pydantic and polars must not load with the package."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
