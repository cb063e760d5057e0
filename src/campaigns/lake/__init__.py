"""The lake: what source systems tell us and what we compute, as Delta tables under `data/lake/`.

`Lake(root)` gives snapshots to readers (`snapshot()`) and one writer at a time (`writer(purpose=…)`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.lake.lake import Lake as Lake
    from campaigns.lake.snapshot import Snapshot as Snapshot
    from campaigns.lake.writer import Writer as Writer

_HOMES = {"Lake": "lake", "Snapshot": "snapshot", "Writer": "writer"}


def __getattr__(name: str) -> object:
    """Import on first use: polars and deltalake must not load with `import campaigns.lake`."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
