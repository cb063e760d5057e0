"""From a composed text to compiled templates: CSS inlined, plain text derived, Jinja compiled, each once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Template as JinjaTemplate

from campaigns.content.composing import Texts, composed
from campaigns.content.environment import Environment
from campaigns.content.plain_text import derive
from campaigns.content.protection import Construct, constructs, protect, restore
from campaigns.content.sources import Folder, Piece
from campaigns.errors import Mistakes

if TYPE_CHECKING:
    from css_inline import CSSInliner

_BODY_PLACE = "body-of-this-message"
_INDENT = re.compile(r"\n\s+")
_WORDS = re.compile(r"JINJA(\d{4})X")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """The three Jinja texts of a language: `head` is the subject, a line break and the preheader."""

    head: str = field(repr=False)
    html: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Compiled:
    """The same, ready to render."""

    head: JinjaTemplate
    html: JinjaTemplate
    text: JinjaTemplate


def sources(texts: Texts, folder: Folder) -> Sources:
    """Compose, inline and derive. Raises `Mistakes`."""
    markup, found = _inlined(composed(texts, folder), texts)
    if texts.text is None:
        plain = _plain(markup, found)
    else:
        frame, in_frame = _inlined(composed(texts, folder, body=f"<p>{_BODY_PLACE}</p>"), texts)
        plain = _plain(frame, in_frame).replace(_BODY_PLACE, _own(texts.text).rstrip("\n"))
    return Sources(
        head=f"{texts.subject.text}\n{texts.preheader.text}",
        html=_restored(markup, found, texts),
        text=plain,
    )


def compiled(language: str, parts: Sources) -> Compiled:
    """Compile the three texts of a language."""
    plain = Environment(language, markup=False)
    return Compiled(
        head=plain.from_string(parts.head),
        html=Environment(language, markup=True).from_string(parts.html),
        text=plain.from_string(parts.text),
    )


def _inlined(source: str, texts: Texts) -> tuple[str, list[Construct]]:
    """The message with styles in its elements, Jinja still covered; indentation is not sent."""
    found = constructs(Piece(file=texts.layout.file, text=source))
    return _INDENT.sub("\n", _inliner().inline(protect(source, found))), found


def _restored(markup: str, found: list[Construct], texts: Texts) -> str:
    try:
        return restore(markup, found)
    except LookupError as lost:
        message = f"`{lost.args[0]}` stands where HTML cannot keep it."
        raise Mistakes(
            [texts.body.mistake("TPL027", message, "put it between elements or in text")]
        ) from None


def _plain(markup: str, found: list[Construct]) -> str:
    return restore(_without_block_lines(derive(markup, found), found), found, lossless=False)


def _own(piece: Piece) -> str:
    """A text written by hand, its lines of conditions taken together."""
    found = constructs(piece)
    words = protect(piece.text.strip("\n"), found, comments=False)
    return restore(_without_block_lines(words, found), found)


def _without_block_lines(text: str, found: list[Construct]) -> str:
    """A line that holds only `{% … %}` leaves no empty line behind."""
    parts: list[str] = []
    gap = swallow = False  # the last line that will be seen is empty; an empty one next would be a second
    for line in text.split("\n"):
        if _is_block_line(line, found):
            parts.append("".join(line.split()))
            swallow = gap
        elif not (swallow and not line.strip()):
            parts.append(line + "\n")
            gap, swallow = not line.strip(), False
    return "".join(parts)


def _is_block_line(line: str, found: list[Construct]) -> bool:
    kinds = {found[int(number)].kind for number in _WORDS.findall(line)}
    return bool(kinds) and "variable" not in kinds and not _WORDS.sub("", line).strip()


@cache
def _inliner() -> CSSInliner:
    """The inliner. It must never load anything: a style sheet could be a file or an address of ours."""
    from css_inline import CSSInliner

    return CSSInliner(load_remote_stylesheets=False)
