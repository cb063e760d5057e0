"""Identifiers of people, companies and places: thin over python-stdnum, phonenumbers and email-validator.

Each module has `normalise` (or `parse`) for one value, which raises `BadIdentifier`, and, where files of a
million rows need it, a vectorised twin that gives the same answers.
"""

from __future__ import annotations


class BadIdentifier(ValueError):
    """A value that is not what its column says. `code` is stable; `message` never repeats the value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
