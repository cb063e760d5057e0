"""Finnish business ids (Y-tunnus): NNNNNNN-C."""

from __future__ import annotations

from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus

from campaigns.identifiers import BadIdentifier


def normalise(text: str) -> str:
    """`0112038-9` of any usual spelling: any dash, spaces, an old six-digit id. Raises `BadIdentifier`."""
    compact = ytunnus.compact(text)
    try:
        digits: str = ytunnus.validate(compact.zfill(8) if len(compact) == 7 else compact)
    except ValidationError:
        raise BadIdentifier(
            "BUSINESS_ID", "a business id has seven digits, a dash and a check digit that fits"
        ) from None
    return f"{digits[:7]}-{digits[7]}"
