"""Draws that are the same in every engine: the first 8 hex digits of MD5(`name:person`), compared as text."""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal

from sqlglot import exp

from campaigns.segments import sql


def cut_off(share: Decimal) -> str:
    """What a drawn person's digits lie below. `share` is more than 0; at 1 everybody is drawn."""
    steps = math.ceil(share * 16**8)
    return f"{steps:08x}" if steps < 16**8 else "g"  # after every hex digit


def digits(name: str, person_id: int) -> str:
    """A person's place in the draw of that name."""
    return hashlib.md5(f"{name}:{person_id}".encode(), usedforsecurity=False).hexdigest()[:8]


def is_drawn(name: str, person_id: int, share: Decimal) -> bool:
    """Whether the person is among the drawn."""
    return digits(name, person_id) < cut_off(share)


def digits_sql(name: str, person_id: exp.Expr) -> exp.Expr:
    """The same in SQL."""
    text = exp.DPipe(this=exp.Literal.string(f"{name}:"), expression=exp.cast(person_id, "text"))
    return exp.Substring(this=exp.MD5(this=text), start=exp.Literal.number(1), length=exp.Literal.number(8))


def is_drawn_sql(name: str, person_id: exp.Expr, share: Decimal) -> exp.Expr:
    """The same in SQL."""
    return exp.LT(this=digits_sql(name, person_id), expression=sql.literal(cut_off(share)))
