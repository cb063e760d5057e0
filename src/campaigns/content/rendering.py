"""Render one person's message, and look at what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2.exceptions import TemplateError

from campaigns.content.compiling import Compiled
from campaigns.content.values import Wanted, freeze
from campaigns.errors import UserError

MAX_SIZE = 1_000_000  # characters of HTML


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """One person's message, as text."""

    subject: str
    preheader: str
    html: str = field(repr=False)
    text: str = field(repr=False)


def render(
    compiled: Compiled,
    wanted: Sequence[Wanted],
    values: Mapping[str, Mapping[str, Any]],
    *,
    can_be_refused: bool,
) -> Rendered:
    """Render the texts of one language for one person.

    Raises `UserError`: CON101-CON103 for the values (see `values.freeze`), CON110 when they cannot be
    computed with, CON111 when a message that can be refused shows no way to, CON112 when it is too large.
    """
    context = freeze(wanted, values)
    try:
        subject, _, preheader = compiled.head.render(context).partition("\n")
        html = compiled.html.render(context)
        text = compiled.text.render(context)
    except (TemplateError, ArithmeticError, TypeError, ValueError, RecursionError, MemoryError):
        raise UserError("CON110", "the message cannot be computed from this person's values.") from None
    if can_be_refused:
        link = values["links"]["unsubscribe"]
        if not link or f'href="{link}"' not in html or link not in text:
            raise UserError("CON111", "the message shows no unsubscribe link to this person.")
    if len(html) > MAX_SIZE or len(text) > MAX_SIZE:
        raise UserError("CON112", f"the message has more than {MAX_SIZE:,} characters.")
    return Rendered(subject=subject, preheader=preheader, html=html, text=text)
