"""Read the HTML of a text: elements, attributes, links, images and balance, each mistake at line and column.

What is not on the lists is refused: a message needs no scripts, forms, frames, remote styles or tracking, and
mail clients show little else than tables and text.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from html.parser import HTMLParser

from campaigns.content.addresses import image_problem, link_problem
from campaigns.content.protection import COVER, Construct, cover
from campaigns.content.sources import Piece
from campaigns.errors import Mistake
from campaigns.settings.binding import suggestion

MAX_NESTING = 64

_VOID = frozenset({"br", "hr", "img", "meta", "col"})
_PAIRED = """
html head title style body table caption colgroup thead tbody tfoot tr td th div span p a
h1 h2 h3 h4 h5 h6 b strong i em u s small sub sup ul ol li blockquote code abbr
"""
_PLAIN_ATTRIBUTES = """
href src alt width height border cellpadding cellspacing role align valign bgcolor class style lang dir
title colspan rowspan scope id name content charset media type data-css-inline
"""
_ELEMENTS = _VOID | frozenset(_PAIRED.split())
_ATTRIBUTES = frozenset(_PLAIN_ATTRIBUTES.split())
# The attributes that may hold a value about a person; their text is escaped.
_OPEN_ATTRIBUTES = frozenset({"href", "alt", "title", "lang"})
_META_NAMES = frozenset({"viewport", "color-scheme", "supported-color-schemes", "format-detection"})
_BAD_STYLE = re.compile(r"@import|url\s*\(|expression\s*\(|behavior\s*:|-moz-binding|\\|</", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_UNQUOTED = re.compile(rf"=\s*{COVER.pattern}")
_WHOLE = re.compile(
    r"""
      <!--.*?-->
    | <!doctype[ ]html>
    | </[a-z][a-z0-9]*\s*>
    | <[a-z][^<>"']* (?: "[^"]*"[^<>"']* | '[^']*'[^<>"']* )*+ >
    """,
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
MAX_MISTAKES = 20  # of one file; the rest is noise


def examine(piece: Piece, found: Sequence[Construct], *, own_hosts: Collection[str]) -> list[Mistake]:
    """Every mistake in the HTML of a text. `own_hosts` are those whose images a message may show."""
    text = cover(piece, found)
    if mistakes := _odd_brackets(piece, text):
        return mistakes
    reader = _Reader(piece, found, own_hosts)
    reader.feed(text)
    reader.close()
    reader.finish()
    return reader.mistakes[:MAX_MISTAKES]


def _odd_brackets(piece: Piece, text: str) -> list[Mistake]:
    """The first `<` that opens no whole tag: a parser would guess, and may take minutes over it."""
    cursor = text.find("<")
    while cursor >= 0:
        whole = _WHOLE.match(text, cursor)
        if not whole:
            line, column = text.count("\n", 0, cursor) + 1, cursor - text.rfind("\n", 0, cursor)
            hint = "write &lt; for the character itself; close each tag with > and each comment with -->"
            return [piece.mistake("TPL020", "this opens no HTML tag.", hint, line=line, column=column)]
        cursor = text.find("<", whole.end())
    return []


class _Reader(HTMLParser):
    """Collects mistakes while it reads."""

    def __init__(self, piece: Piece, found: Sequence[Construct], own_hosts: Collection[str]) -> None:
        super().__init__(convert_charrefs=True)
        self.mistakes: list[Mistake] = []
        self._piece, self._constructs, self._own_hosts = piece, found, own_hosts
        self._open: list[tuple[str, int, int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _ELEMENTS:
            self._mistake(
                "TPL020", f"<{_word(tag)}> is not allowed in a message.", suggestion(tag, _ELEMENTS)
            )
        if _UNQUOTED.search(_QUOTED.sub("", self.get_starttag_text() or "")):
            self._mistake("TPL027", "a value in an attribute needs quotes round it.", 'write href="{{ … }}"')
        names = [name for name, _ in attrs]
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if len(set(names)) < len(names):
            self._mistake("TPL021", f"<{tag}> has an attribute twice.")
        if tag == "img" and "alt" not in names:
            self._mistake(
                "TPL024", "the image has no alt text.", 'add alt="what it shows", or alt="" for decoration'
            )
        if tag not in _VOID:
            self._open.append((tag, *self.getpos()))
            if len(self._open) == MAX_NESTING + 1:
                self._mistake("TPL026", f"tags are nested more than {MAX_NESTING} deep.")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._open and self._open[-1][0] == tag:
            self._open.pop()
            return
        if any(name == tag for name, _, _ in self._open):
            while self._open and self._open[-1][0] != tag:
                self._unclosed(*self._open.pop())
            self._open.pop()
        else:
            self._mistake("TPL026", f"</{_word(tag)}> closes nothing.")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self._open.pop()
            self._mistake("TPL026", f"<{_word(tag)}/> closes itself, which HTML does not know.")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "style":
            if COVER.search(data):
                self._mistake("TPL027", "a value may not stand in a style.")
            if match := _BAD_STYLE.search(data):
                self._mistake("TPL025", f"`{match.group().strip()}` is not allowed in a style.")

    def handle_comment(self, data: str) -> None:
        if COVER.search(data):
            self._mistake("TPL027", "a value may not stand in a comment of HTML.", "use {# … #} for notes")
        if data.lstrip().lower().startswith("[if") or "<" in data:
            self._mistake("TPL020", "a comment of HTML holds plain words only.", "use {# … #} for notes")

    def finish(self) -> None:
        """What was never closed."""
        for tag, line, column in self._open:
            self._unclosed(tag, line, column)

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if COVER.search(name):
            self._mistake(
                "TPL027", "a condition may not stand inside a tag.", "put it round the whole element"
            )
        elif name.startswith("on"):
            self._mistake("TPL021", f"`{_word(name)}` runs a script; messages have none.")
        elif name not in _ATTRIBUTES and not re.fullmatch(r"aria-[a-z]+", name):
            self._mistake(
                "TPL021", f"the attribute `{_word(name)}` is not allowed.", suggestion(name, _ATTRIBUTES)
            )
        elif COVER.search(value) and name not in _OPEN_ATTRIBUTES:
            self._mistake("TPL027", f"a value may not stand in `{name}`.")
        elif problem := self._problem(tag, name, value):
            self._mistake(*problem)

    def _problem(self, tag: str, name: str, value: str) -> tuple[str, str, str] | None:
        """What is wrong with the value of an attribute: (code, message, hint)."""
        if name == "href":
            problem = link_problem(value, self._constructs) if tag == "a" else "only <a> has a link."
            return ("TPL022", problem, "write https://…, mailto:… or {{ links.… }}") if problem else None
        if name == "src":
            problem = image_problem(value, self._own_hosts) if tag == "img" else "only <img> has a source."
            return ("TPL023", problem, "images lie on an own host, under https") if problem else None
        if name == "style" and (match := _BAD_STYLE.search(value)):
            return ("TPL025", f"`{match.group().strip()}` is not allowed in a style.", "")
        if tag == "meta" and name == "name" and value.lower() not in _META_NAMES:
            return ("TPL021", f"<meta name> `{_word(value)}` is not allowed.", suggestion(value, _META_NAMES))
        return None

    def _unclosed(self, tag: str, line: int, column: int) -> None:
        name = _word(tag)
        self.mistakes.append(
            self._piece.mistake(
                "TPL026", f"<{name}> is not closed.", f"add </{name}>", line=line, column=column + 1
            )
        )

    def _mistake(self, code: str, message: str, hint: str = "") -> None:
        line, column = self.getpos()
        self.mistakes.append(self._piece.mistake(code, message, hint, line=line, column=column + 1))


def _word(text: str) -> str:
    """A name from a template as it may stand in a message to people."""
    shown = COVER.sub("…", text)[:40]
    return shown if shown.isprintable() else ascii(shown)
