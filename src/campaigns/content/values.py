"""The values of a message: plain, frozen, and exactly those that its template names."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from campaigns.content.environment import frozen
from campaigns.errors import UserError
from campaigns.settings.model import Controller

MAX_TEXT = 2_000
# Controls but line feed, direction overrides, lone surrogates: nothing of a name, and trouble in mail.
_UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """One value that a template names."""

    group: str
    field: str
    type: str
    optional: bool

    @property
    def name(self) -> str:
        """As the template writes it."""
        return f"{self.group}.{self.field}"


def freeze(wanted: Sequence[Wanted], values: Mapping[str, Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """The wanted values, checked, in frozen mappings; nothing else gets in.

    Raises `UserError` CON101 (missing), CON102 (not of the declared type) or CON103 (holds control
    characters), naming the variable and never its value.
    """
    groups: dict[str, dict[str, Any]] = {}
    for want in wanted:
        group = groups.setdefault(want.group, {})
        value = group[want.field] = values.get(want.group, _NOTHING).get(want.field)
        if value is None:
            if not want.optional:
                raise UserError("CON101", f"`{want.name}` is missing for this person.")
        elif not _CHECKS[want.type](value):
            raise UserError("CON102", f"`{want.name}` is not of the type {want.type} that it should be.")
        elif want.type == "text" and (len(value) > MAX_TEXT or _UNSAFE.search(value)):
            raise UserError("CON103", f"`{want.name}` holds characters that a message may not hold.")
    return {name: frozen(group) for name, group in groups.items()}


def missing(wanted: Sequence[Wanted], values: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The names of the values that a person must have and lacks."""
    return [
        want.name
        for want in wanted
        if not want.optional and values.get(want.group, _NOTHING).get(want.field) is None
    ]


def sender(controller: Controller) -> dict[str, str]:
    """`sender.*` of a template: who the controller is and how it is reached."""
    return {
        "name": controller.name,
        "business_id": controller.business_id,
        "address": controller.address,
        "phone": controller.phone,
        "email": controller.email,
        "privacy_officer": controller.privacy_officer,
    }


def _is_number(value: object) -> bool:
    return type(value) in (int, float, Decimal) and math.isfinite(value)  # type: ignore[arg-type]  # a number


_NOTHING: Mapping[str, Any] = {}
# Exact types: a subclass could bring methods and surprises of its own.
_CHECKS: Mapping[str, Callable[[Any], bool]] = {
    "text": lambda value: type(value) is str,
    "integer": lambda value: type(value) is int,
    "number": _is_number,
    "kwh": _is_number,
    "money": _is_number,
    "date": lambda value: type(value) is date,
    "yes_no": lambda value: type(value) is bool,
}
