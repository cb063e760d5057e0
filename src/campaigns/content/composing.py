"""Put a message together from its files: the layout round the body, the legal part of its kind below.

The layout (`templates/layout/<layout>.html`) has places for `{% include body %}`, `{% include legal %}`,
`{% include subject %}`, `{% include preheader %}` and `{% include language %}`. The legal part is the file
`layout/<group>.<language>.html`, where the group is newsletter, marketing or service by the kind of message.
The text is joined before Jinja sees it, so that CSS reaches all of it and Jinja never opens a file.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from campaigns.content.definitions import Defined
from campaigns.content.protection import constructs, protect, restore
from campaigns.content.sources import LAYOUT, Folder, Piece
from campaigns.errors import Mistakes
from campaigns.settings.model import MARKETING_KINDS

SLOTS = frozenset({"body", "legal", "subject", "preheader", "language"})
MAX_INCLUDES = 4  # deep

_INCLUDE = re.compile(r"""\{%[-+]?\s*include\s+(?:"([^"]*)"|'([^']*)'|([a-z_]+))\s*[-+]?%\}""")


@dataclass(frozen=True, kw_only=True, slots=True)
class Texts:
    """The texts of one language of a template, each with its place."""

    language: str
    subject: Piece
    preheader: Piece
    layout: Piece
    legal: Piece
    body: Piece
    text: Piece | None  # plain text written by hand; otherwise it is derived from the body

    def markup(self) -> tuple[Piece, ...]:
        """Those that hold HTML."""
        return (self.layout, self.legal, self.body)


def texts_of(defined: Defined, folder: Folder, language: str) -> Texts:
    """Read all texts of one language. Raises `Mistakes` for those that are not there."""
    name = defined.piece.file.rsplit("/", 2)[-2]
    group = legal_group(defined.message.kind)
    return Texts(
        language=language,
        subject=defined.text("subject", language),
        preheader=defined.text("preheader", language),
        layout=folder.read(f"{LAYOUT}/{defined.message.layout}.html"),
        legal=folder.read(f"{LAYOUT}/{group}.{language}.html"),
        body=folder.read(f"{name}/{language}.html"),
        text=folder.read(f"{name}/{language}.txt") if folder.has(f"{name}/{language}.txt") else None,
    )


def legal_group(kind: str) -> str:
    """Which legal part a kind of message needs."""
    if kind == "newsletter":
        return kind
    return "marketing" if kind in MARKETING_KINDS else "service"


def composed(texts: Texts, folder: Folder, *, body: str | None = None) -> str:
    """The whole message as one text of HTML with Jinja in it; `body` stands in for the body's own file."""
    slots = {
        "language": texts.language,
        "subject": _escaped(texts.subject),
        "preheader": _escaped(texts.preheader),
        "legal": expanded(texts.legal, folder),
        "body": expanded(texts.body, folder) if body is None else body,
    }
    return expanded(texts.layout, folder, slots=slots)


def expanded(piece: Piece, folder: Folder, *, slots: Mapping[str, str] | None = None, depth: int = 0) -> str:
    """A text with its includes put in. Raises `Mistakes` (TPL006) for what cannot be included."""
    parts, cursor = [], 0
    for start, end, name in _includes(piece):
        parts.append(piece.text[cursor:start])
        if slots and name in slots:
            parts.append(slots[name])
        else:
            parts.append(expanded(_included(piece, start, name, folder, depth), folder, depth=depth + 1))
        cursor = end
    return "".join(parts) + piece.text[cursor:]


def included(piece: Piece, folder: Folder, depth: int = 0) -> Iterator[Piece]:
    """The files that a text includes, and what those include. Raises `Mistakes` as `expanded`."""
    for start, _, name in _includes(piece):
        if name not in SLOTS:
            part = _included(piece, start, name, folder, depth)
            yield part
            yield from included(part, folder, depth + 1)


def _includes(piece: Piece) -> Iterator[tuple[int, int, str]]:
    for construct in constructs(piece):
        if construct.kind == "block" and (match := _INCLUDE.fullmatch(construct.text)):
            yield (
                construct.offset,
                construct.offset + len(construct.text),
                match[1] or match[2] or match[3] or "",
            )


def _included(piece: Piece, offset: int, name: str, folder: Folder, depth: int) -> Piece:
    line = piece.text.count("\n", 0, offset) + 1
    column = offset - piece.text.rfind("\n", 0, offset)
    if depth >= MAX_INCLUDES:
        message = f"includes are more than {MAX_INCLUDES} deep, or `{name}` includes itself."
        raise Mistakes([piece.mistake("TPL006", message, line=line, column=column)])
    try:
        return folder.read(name)
    except Mistakes as error:
        if [mistake.code for mistake in error.mistakes] not in (["TPL004"], ["TPL005"]):
            raise
        raise Mistakes(
            [
                piece.mistake(
                    "TPL006",
                    "the included file is not there, or may not be read.",
                    'includes name files of the templates folder, such as "layout/button.html"',
                    line=line,
                    column=column,
                )
            ]
        ) from None


def _escaped(piece: Piece) -> str:
    """A subject or preheader as HTML: its own words are escaped, its values will be."""
    found = constructs(piece)
    return restore(html.escape(protect(piece.text, found), quote=False), found)
