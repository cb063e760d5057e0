"""What we witnessed and promised: permission events, plans, messages, outcomes, responses, audit.

`Ledger` (from `ledger.database`) opens the database; each aggregate has a module of functions that take
a connection, so that one transaction may span several aggregates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from campaigns.ledger.database import Ledger

__all__ = ["Ledger"]


def __getattr__(name: str) -> Any:
    """`Ledger` on first use: SQLAlchemy takes 0.3 s to import, and `--help` must not wait for it."""
    if name == "Ledger":
        from campaigns.ledger.database import Ledger

        return Ledger
    raise AttributeError(name)
