"""`campaigns catalogue`: what a segment may name."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from campaigns.cli import context
from campaigns.cli.output import as_json, say
from campaigns.errors import UserError

if TYPE_CHECKING:
    from campaigns.workspace.words import Found

HEAD = ("name", "kind", "of", "unit", "in English", "in Finnish")
_LEAST = 14  # letters of a column that is broken into lines


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(catalogue)


def catalogue(
    word: Annotated[str, typer.Argument(help="Search names, labels and descriptions.")] = "",
    json: context.Json = False,
) -> None:
    """List what a segment may name, or tell all about one word.

    Fields, metrics, events, scores, relations, periods. A name, or a word that only one of them speaks of,
    shows its values, periods, tests, data category and an example.

    Example: campaigns catalogue heating
    """
    from campaigns.workspace import words

    found = words.search(context.workspace(), word)
    if json:
        as_json([one.as_json() for one in found])
    elif not found:
        raise UserError("USE002", f"nothing in the catalogue speaks of `{word}`.", hint="campaigns catalogue")
    elif word and (len(found) == 1 or all(one.entry.name.lower() == word.lower() for one in found)):
        say("\n\n".join("\n".join(_card(one)) for one in found))
    else:
        say("\n".join(_table(found)))


def _width() -> int:
    return max(60, shutil.get_terminal_size((110, 24)).columns)


def _card(found: Found) -> Iterator[str]:
    from campaigns.workspace.words import card

    yield found.entry.name
    for name, text in card(found):
        lines = textwrap.wrap(text, _width() - 12, break_on_hyphens=False, break_long_words=False)
        for place, line in enumerate(lines):
            yield f"  {name if place == 0 else '':<8}  {line}" if name else f"  {line}"
    if found.example:
        yield "  example"
        yield from (f"    {line}" for line in found.example.splitlines())


def _table(found: Sequence[Found]) -> Iterator[str]:
    """Aligned columns; labels are broken between words in a narrow terminal, and nothing is cut off."""
    rows = [
        (one.entry.name, one.kind, one.of, one.what, one.entry.label["en"], one.entry.label["fi"])
        for one in found
    ]
    widths = [max(len(row[place]) for row in (HEAD, *rows)) for place in range(len(HEAD))]
    left = _width() - sum(widths[:4]) - 2 * 5
    if sum(widths[4:]) > left:
        widths[4:] = [max(_LEAST, left // 2)] * 2
    for row in (HEAD, *rows):
        cells = [
            textwrap.wrap(text, width, break_on_hyphens=False, break_long_words=False) or [""]
            for text, width in zip(row, widths, strict=True)
        ]
        for line in range(max(map(len, cells))):
            parts = [cell[line] if line < len(cell) else "" for cell in cells]
            yield "  ".join(part.ljust(width) for part, width in zip(parts, widths, strict=True)).rstrip()
