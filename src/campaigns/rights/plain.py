"""Values of an answer as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

_SAFE = 2**53 - 1


def plain(value: Any, name: str = "") -> Any:
    """Times and days as text, and identifying numbers too: many have more digits than JSON readers keep."""
    if isinstance(value, Mapping):
        return {str(key): plain(each, str(key)) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if name == "gsrn" and value is not None:
        return f"{value:018d}"
    if name.endswith("_id") and isinstance(value, int) and abs(value) > _SAFE:
        return str(value)
    return value
