"""The register: source files in, persons, companies, sites, contracts and events out; what is wrong, aside.

`importing` runs an import, `deliveries` says what a room must offer to be importable, `reading` reads CSV and
Parquet as text, `parsing` types it, `quarantine` keeps what was refused, `kinds` lists what we take in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.register.kinds import KINDS as KINDS


def __getattr__(name: str) -> object:
    """Import on first use: polars must not load with `import campaigns.register`."""
    if name != "KINDS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from campaigns.register.kinds import KINDS

    return KINDS
