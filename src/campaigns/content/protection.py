"""Keep Jinja out of the way while HTML is read, checked and changed by tools that know only HTML.

Every construct of Jinja (`{{ … }}`, `{% … %}`, `{# … #}`) is found with Jinja's own lexer. For checking it is
covered by one private character repeated, so that every position stays; for inlining it becomes an opaque
word, or a comment where only a comment may stand (between table rows), and is put back afterwards.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from jinja2.exceptions import TemplateSyntaxError

from campaigns.content.sources import Piece
from campaigns.errors import Mistake, Mistakes

MAX_CONSTRUCTS = 1_000

_FIRST_COVER = 0xE000
COVER = re.compile(f"[{chr(_FIRST_COVER)}-{chr(_FIRST_COVER + MAX_CONSTRUCTS)}]")
_BEGIN = {"variable_begin": "variable", "block_begin": "block", "comment_begin": "comment"}
_END = frozenset({"variable_end", "block_end", "comment_end"})
_WORD = re.compile(r"<!--JINJA(\d{4})X-->|JINJA(\d{4})X")


@dataclass(frozen=True, slots=True)
class Construct:
    """One construct of Jinja as written, and where it starts in the text."""

    kind: str  # variable, block, comment
    text: str
    offset: int


def constructs(piece: Piece) -> list[Construct]:
    """All constructs of a text, in order. Raises `Mistakes` (TPL009) when Jinja cannot read it."""
    found: list[Construct] = []
    kind, offset, cursor = "", 0, 0
    try:
        for line, token, value in _lexer()(piece.text):
            _refuse_raw(token, line)
            start = piece.text.find(value, cursor)  # only white space that `-` takes away lies between
            cursor = start + len(value)
            if token in _BEGIN:
                kind, offset = _BEGIN[token], start
            elif token in _END:
                # the lexer counts the white space that `-` takes away to the construct; it is none of it
                found.append(Construct(kind, piece.text[offset:cursor].rstrip(), offset))
                kind = ""
        _refuse_open(kind, piece.text.count("\n", 0, offset) + 1)
    except TemplateSyntaxError as error:
        raise Mistakes([syntax_mistake(piece, error)]) from None
    if len(found) > MAX_CONSTRUCTS or _WORD.search(piece.text):
        raise Mistakes([piece.mistake("TPL009", f"more than {MAX_CONSTRUCTS:,} values and conditions.")])
    return found


def syntax_mistake(piece: Piece, error: TemplateSyntaxError) -> Mistake:
    """What Jinja says about a text that it cannot read, at its line."""
    message = (error.message or "this cannot be read").rstrip(".")
    column, length = piece.find(error.lineno, "")
    return piece.mistake("TPL009", f"{message}.", line=error.lineno, column=column, length=length)


def _refuse_raw(token: str, line: int) -> None:
    if token.startswith("raw_"):
        raise TemplateSyntaxError("`{% raw %}` is not allowed", line)


def _refuse_open(kind: str, line: int) -> None:
    if kind:
        raise TemplateSyntaxError(f"this {kind} is not closed", line)


def cover(piece: Piece, found: Sequence[Construct]) -> str:
    """The text with each construct covered by its own character; lines and columns stay."""
    parts, cursor = [], 0
    for number, construct in enumerate(found):
        parts.append(piece.text[cursor : construct.offset])
        parts.append(re.sub(r"[^\n]", chr(_FIRST_COVER + number), construct.text))
        cursor = construct.offset + len(construct.text)
    return "".join(parts) + piece.text[cursor:]


def covered(character: str, found: Sequence[Construct]) -> Construct:
    """The construct that a covering character stands for."""
    return found[ord(character) - _FIRST_COVER]


def protect(text: str, found: Sequence[Construct], *, comments: bool = True) -> str:
    """The text with each construct as an opaque word, or as a comment where a block stands between tags."""
    parts: list[str] = []
    cursor, inside = 0, _Inside()
    for number, construct in enumerate(found):
        before = text[cursor : construct.offset]
        inside.read(before)
        parts.append(before)
        word = f"JINJA{number:04d}X"
        bare = not comments or construct.kind == "variable" or inside.something
        parts.append(word if bare else f"<!--{word}-->")
        cursor = construct.offset + len(construct.text)
    return "".join(parts) + text[cursor:]


def restore(text: str, found: Sequence[Construct], *, lossless: bool = True) -> str:
    """Put the constructs back; comments of Jinja go.

    Raises `LookupError` with the construct when one of them was lost on the way, unless that is expected.
    """
    seen: set[int] = set()

    def put(match: re.Match[str]) -> str:
        number = int(match[1] or match[2])
        seen.add(number)
        return "" if found[number].kind == "comment" else found[number].text

    restored = _WORD.sub(put, text)
    for number, construct in enumerate(found):
        if lossless and number not in seen and construct.kind != "comment":
            raise LookupError(construct.text)
    return restored


class _Inside:
    """Whether the place reached is inside a tag, comment, title or style: no comment may stand there."""

    _MARK = re.compile(r"<!--|-->|<(/?)(title|style)\b|<|>", re.IGNORECASE)

    def __init__(self) -> None:
        self._tag = self._comment = self._text = False

    @property
    def something(self) -> bool:
        return self._tag or self._comment or self._text

    def read(self, text: str) -> None:
        for match in self._MARK.finditer(text):
            if match.group() == "<!--":
                self._comment = True
            elif match.group() == "-->":
                self._comment = self._tag = False
            elif not self._comment:
                self._tag = match.group() != ">"
                if match[2]:
                    self._text = not match[1]


@functools.cache
def _lexer() -> Callable[[str], Iterator[tuple[int, str, str]]]:
    return Environment(autoescape=True).lex
