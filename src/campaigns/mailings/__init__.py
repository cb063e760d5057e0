"""Mailings: a segment, a template and a time become messages, each handed over at most once.

`Library` reads `mailings/*.yml`; `planning.plan` resolves one to people and decisions; `deciding.approve`
lets it go; `sending.crew.send` hands it over; `resolving.resolve` settles what is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaigns.mailings.library import Library as Library
    from campaigns.mailings.library import Mailing as Mailing
    from campaigns.mailings.parts import Parts as Parts

_HOMES = {"Library": "library", "Mailing": "library", "Parts": "parts"}


def __getattr__(name: str) -> object:
    """Import on first use: polars and sqlalchemy must not load with `import campaigns.mailings`."""
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
