"""How numbers read: small ones hidden in breakdowns, so that nobody is recognised by them."""

from __future__ import annotations

SMALLEST_SHOWN = 5


def shown(number: int) -> str:
    """A count of a breakdown: `<5` for 1 to 4, digits in groups otherwise."""
    return f"<{SMALLEST_SHOWN}" if 0 < number < SMALLEST_SHOWN else f"{number:,}"


def share(part: int, whole: int) -> str:
    """`12.3 %`; nothing when there is no whole, or the part is too small to show."""
    if not whole or 0 < part < SMALLEST_SHOWN:
        return ""
    return f"{100 * part / whole:.1f} %"
