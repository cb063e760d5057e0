"""What a segment means, as one hash: the same for another layout, another for another meaning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from campaigns.catalogue.units import plain
from campaigns.segments.model import Place, Segment, Today

COMPILER_VERSION = "2"
# What people read, and what a preview warns about; neither changes who is in the segment.
_OF_PEOPLE = frozenset({"title", "owner", "goal", "expect", "refresh", "fingerprint", "place"})
_TEXTS = {"label", "description", "deprecated"}


def fingerprint(segment: Segment) -> str:
    """A hash of the typed form, of the catalogue entries that it reaches and of the compiler's version."""
    text = json.dumps([COMPILER_VERSION, _canonical(segment)], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _canonical(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude=_TEXTS)
    if is_dataclass(value) and not isinstance(value, type):
        if isinstance(value, Place | Today):
            return type(value).__name__
        kept = {part.name: getattr(value, part.name) for part in fields(value) if part.name not in _OF_PEOPLE}
        return {"": type(value).__name__, **{name: _canonical(part) for name, part in kept.items()}}
    if isinstance(value, tuple | list):
        return [_canonical(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return plain(value)
    return value.isoformat() if isinstance(value, date) else value
