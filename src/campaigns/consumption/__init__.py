"""Consumption: meter readings to consumption days and day facts; prices and temperatures; metrics.

`kinds` lists what can be imported, `computing.compute` writes the metrics, `metrics.METRICS` says what each
one means and `periods.PERIODS` over which days it is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.consumption.kinds import KINDS as KINDS


def __getattr__(name: str) -> object:
    """Import on first use: polars must not load with `import campaigns.consumption`."""
    if name != "KINDS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from campaigns.consumption.kinds import KINDS

    return KINDS
