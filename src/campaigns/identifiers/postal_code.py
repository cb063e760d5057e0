"""Finnish postal codes: five digits, kept as text."""

from __future__ import annotations

import re

from campaigns.identifiers import BadIdentifier

# The country mark of old habits, `FI-15140` and `AX-22100`, is dropped.
PATTERN = r"^\s*(?:(?i:FI|AX)-?\s?)?([0-9]{5})\s*$"
_FORM = re.compile(PATTERN)


def normalise(text: str) -> str:
    """The five digits. Raises `BadIdentifier`."""
    found = _FORM.match(text)
    if not found or found[1] == "00000":
        raise BadIdentifier("POSTAL_CODE", "a postal code has five digits")
    return found[1]
