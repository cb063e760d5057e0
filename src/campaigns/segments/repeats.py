"""Read a file in which a key is written twice, so that its other mistakes come in the same run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from campaigns.errors import Mistake, Mistakes
from campaigns.settings import documents
from campaigns.settings.documents import Entry, Mapping, Node

_FIRST, _LAST = 0xE000, 0xF8FF  # private use: no word of a file starts so


@dataclass(frozen=True, slots=True)
class Repeats:
    """The repeated keys of a file, and its lines as written."""

    mistakes: tuple[Mistake, ...]
    lines: Sequence[str]

    def and_others(self, found: Iterable[Mistake]) -> list[Mistake]:
        """These mistakes and others of the file, each showing the line as it is written."""
        if not self.mistakes:
            return list(found)
        return [*self.mistakes, *(replace(each, source=self.lines[(each.line or 1) - 1]) for each in found)]


def parse_leniently(path: Path, shown: str) -> tuple[Node, Repeats]:
    """The file's nodes without its repeated keys, and those keys as mistakes.

    Raises `Mistakes` for everything else that keeps a file from being read.
    """
    try:
        return documents.read(path, name=shown), Repeats((), ())
    except Mistakes as wrong:
        if any(mistake.code != "SEG003" for mistake in wrong.mistakes):
            raise
        repeated = wrong.mistakes
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    node = documents.parse(_masked(lines, repeated), name=shown)
    return _pruned(node), Repeats(tuple(_worded(mistake) for mistake in repeated), lines)


def _worded(mistake: Mistake) -> Mistake:
    if (mistake.column or 1) == 1:
        return mistake
    return replace(mistake, message=mistake.message.replace("the same place", "the same condition"))


def _masked(lines: Sequence[str], repeated: Iterable[Mistake]) -> str:
    """The text with each repeated key overwritten by a word of its length that is written nowhere else."""
    masked = list(lines)
    for number, mistake in enumerate(repeated):
        line, start = (mistake.line or 1) - 1, (mistake.column or 1) - 1
        word = chr(_FIRST + number % (_LAST - _FIRST)) * mistake.length
        masked[line] = masked[line][:start] + word + masked[line][start + mistake.length :]
    return "\n".join(masked)


def _pruned(node: Node) -> Node:
    if isinstance(node, Mapping):
        kept = [entry for entry in node if not _FIRST <= ord(entry.key.text[:1] or " ") <= _LAST]
        return replace(node, entries=tuple(Entry(entry.key, _pruned(entry.value)) for entry in kept))
    if isinstance(node, documents.Sequence):
        return replace(node, items=tuple(_pruned(item) for item in node))
    return node
