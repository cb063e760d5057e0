"""Templates: load them, check them, render them."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One person's message, as text."""

    subject: str
    preheader: str
    html: str = field(repr=False)
    text: str = field(repr=False)
