"""Rendering every recipient once, before anything is sent: who lacks a value, or has one that cannot be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.content.headers import checked, checked_address
from campaigns.errors import UserError
from campaigns.mailings.plan import Sample
from campaigns.mailings.recipients import Recipient, recipients
from campaigns.mailings.writing import Writer, reason_of

if TYPE_CHECKING:
    from campaigns.content.templates import Rendered

_NOBODY = bytes(16)  # a token key like any other: links are as long as the real ones
_VARIABLE = re.compile(r"`([a-z_.]+)`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Unwritable:
    """Somebody whose message cannot be written; `variable` is the value to blame, when it is known."""

    place: int  # row of the frame
    code: str
    variable: str


class Trial:
    """Renders people's messages and keeps nothing of them."""

    def __init__(self, writer: Writer, *, now: datetime) -> None:
        self._writer = writer
        self._links = writer.links(_NOBODY)
        self._now = now

    def run(self, frame: pl.DataFrame) -> list[Unwritable]:
        """Those of `frame` whose message cannot be written.

        `frame` as `recipients.values_of` gives it, with `wanted_language` besides: the template's language.
        """
        languages = frame["wanted_language"].to_list()
        found = []
        for place, recipient in enumerate(recipients(frame)):
            try:
                rendered = self._render(recipient, languages[place])
                checked("Subject", rendered.subject)
                checked_address(recipient.address or "")
            except UserError as error:
                variable = _VARIABLE.search(error.mistake.message)
                found.append(
                    Unwritable(place=place, code=reason_of(error), variable=variable[1] if variable else "")
                )
        return found

    def sample(self, frame: pl.DataFrame) -> list[Sample]:
        """The first message of each language, as far as it can be written."""
        found: dict[str, Sample] = {}
        for language, recipient in zip(frame["wanted_language"], recipients(frame), strict=True):
            if language in found:
                continue
            try:
                rendered = self._render(recipient, language)
            except UserError:
                continue
            found[language] = Sample(
                language=language, subject=rendered.subject, preheader=rendered.preheader
            )
        return list(found.values())

    def _render(self, recipient: Recipient, language: str) -> Rendered:
        return self._writer.render(recipient, language, links=self._links, now=self._now)
