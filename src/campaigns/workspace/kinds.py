"""Every kind of source file that some room can import."""

from __future__ import annotations

from campaigns import consumption, permissions, register
from campaigns.register.deliveries import Kind


def all_kinds() -> tuple[Kind, ...]:
    """The kinds of all rooms."""
    return (*register.KINDS, *permissions.KINDS, *consumption.KINDS)
