"""Mistakes as workflow commands, which a pull request shows at their lines."""

from __future__ import annotations

from campaigns.errors import Mistake

# The runner reads `%25` as `%`; in properties `:` and `,` would end the value.
_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def annotation(mistake: Mistake) -> str:
    """`::error file=…,line=…,col=…,title=CODE::message`, with the hint in further lines of the message."""
    place = {
        "file": mistake.file,
        "line": mistake.line,
        "col": mistake.column,
        "endColumn": mistake.column + mistake.length if mistake.column and mistake.source else None,
        "title": mistake.code,
    }
    properties = ",".join(
        f"{name}={_escaped(str(value), _PROPERTY)}"
        for name, value in place.items()
        if value not in ("", None)
    )
    text = "\n".join([mistake.message, *mistake.hint.splitlines()])
    level = "warning" if mistake.is_warning else "error"
    return f"::{level} {properties}::{_escaped(text, _DATA)}"


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(letter, letter) for letter in text)
