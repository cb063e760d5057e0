"""How hard the property tests try: a little in `make test`, a lot in `make torture`."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings

# What the number of examples is multiplied by; `make torture` sets it.
FACTOR = int(os.environ.get("PROPERTY_EFFORT", "1"))


def examples(number: int, **more: Any) -> settings:
    """Settings for a test that tries so many examples in an ordinary run."""
    return settings(
        **{
            "max_examples": number * FACTOR,
            "deadline": None,
            "suppress_health_check": list(HealthCheck),
            **more,
        }
    )
