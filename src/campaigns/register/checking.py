"""`sources:` of campaigns.yml held to what the kinds can read, before any file comes.

Every mistake has its place. A source that is `like` another one is checked for what it says itself.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from campaigns.errors import Mistake
from campaigns.register.deliveries import Kind
from campaigns.register.headers import Columns, folded
from campaigns.register.patterns import common_name
from campaigns.settings.binding import near, suggestion
from campaigns.settings.documents import Entry, Node, Scalar
from campaigns.settings.documents import Mapping as MappingNode
from campaigns.settings.model import Settings, SourceFile

_PROPERTY = re.compile(r"[a-z][a-z0-9_]{0,62}")


def check(node: Node, settings: Settings, kinds: Sequence[Kind]) -> list[Mistake]:
    """Every mistake of the sources. `node` is the whole of campaigns.yml, `settings` what it says.

    Codes: REG020 a kind that nothing imports, REG021 a column that the kind does not have, REG022 a word that
    the column does not take, REG023 two sources that one file name fits, REG024 a notice version that the
    controller does not have, REG025 an encoding that does not exist.
    """
    entries = {entry.key.text: entry for entry in _entries(node, "sources")}
    known = {kind.name: kind.columns for kind in kinds}
    found = [
        mistake
        for name, entry in entries.items()
        for mistake in _source(entry, settings.sources[name], settings, known)
    ]
    return [*found, *_overlaps(entries, settings.sources)]


def _source(
    entry: Entry, source: SourceFile, settings: Settings, known: Mapping[str, Columns]
) -> Iterator[Mistake]:
    yield from _notice(entry, source, settings)
    yield from _encoding(entry)
    columns = known.get(source.kind)
    if columns is None:
        if isinstance(kind := _child(entry.value, "kind"), Scalar):
            hint = suggestion(source.kind, known)
            yield kind.mark.mistake("REG020", f"`{source.kind}` is nothing that can be imported.", hint)
        return
    yield from _columns(entry, source.kind, columns)
    for column in _entries(entry.value, "values"):
        yield from _column(column.key, source.kind, columns)
        for word in column.value if isinstance(column.value, MappingNode) else ():
            yield from _word(column.key.text, word.value, columns)
    for column in _entries(entry.value, "defaults"):
        yield from _column(column.key, source.kind, columns)
        yield from _word(column.key.text, column.value, columns)


def _columns(entry: Entry, kind: str, columns: Columns) -> Iterator[Mistake]:
    first: dict[str, str] = {}
    for column in _entries(entry.value, "columns"):
        if not isinstance(column.value, Scalar):
            continue
        ours = column.value.text
        yield from _column(column.value, kind, columns)
        if ours in first:
            message = f"`{column.key.text}` and `{first[ours]}` are both `{ours}`; which one is meant?"
            yield column.value.mark.mistake("REG021", message)
        first.setdefault(ours, column.key.text)


def _column(scalar: Scalar, kind: str, columns: Columns) -> Iterator[Mistake]:
    """A name of ours; events take others as properties, unless one is nearly a column's."""
    name = scalar.text
    if name in columns.names:
        return
    if columns.others and _PROPERTY.fullmatch(name) and not near(name, columns.names):
        return
    message = f"{kind} have no column `{name}`."
    yield scalar.mark.mistake("REG021", message, suggestion(name, columns.names, most=30))


def _word(column: str, value: Node, columns: Columns) -> Iterator[Mistake]:
    words = columns.words.get(column)
    if words is not None and isinstance(value, Scalar) and value.text.lower() not in words:
        message = f"`{column}` cannot be `{value.text}`."
        yield value.mark.mistake("REG022", message, suggestion(value.text, words, most=30))


def _notice(entry: Entry, source: SourceFile, settings: Settings) -> Iterator[Mistake]:
    """The version of its own controller's notice; one that it inherits may be another company's."""
    controller = settings.controllers.get(source.controller)
    if controller is None or not source.informed_by or source.informed_by in controller.notices:
        return
    said = _child(entry.value, "informed_by")
    mark = said.mark if said is not None else entry.key.mark
    hint = suggestion(source.informed_by, controller.notices)
    message = f"the notice of `{source.controller}` has no version `{source.informed_by}`."
    yield mark.mistake("REG024", message, hint or f"write it under `notices:` of `{source.controller}`")


def _encoding(entry: Entry) -> Iterator[Mistake]:
    said = _child(entry.value, "encoding")
    if not isinstance(said, Scalar):
        return
    try:
        "ä".encode(codecs.lookup(said.text).name)
    except (LookupError, UnicodeError, TypeError):
        message = f"`{said.text}` is no encoding of Finnish text."
        yield said.mark.mistake("REG025", message, "such as utf-8, iso-8859-15 or windows-1252")


def _overlaps(entries: Mapping[str, Entry], sources: Mapping[str, SourceFile]) -> Iterator[Mistake]:
    matching = [name for name in entries if sources[name].match]
    for one, other in combinations(matching, 2):
        name = common_name(folded(sources[one].match), folded(sources[other].match))
        if name is not None:
            entry = entries[other]
            said = _child(entry.value, "match")
            mark = said.mark if said is not None else entry.key.mark
            message = f"a file `{name}` would fit both `{one}` and `{other}`."
            yield mark.mistake("REG023", message, "give each source a pattern that no other file has")


def _child(node: Node, key: str) -> Node | None:
    return node.get(key) if isinstance(node, MappingNode) else None


def _entries(node: Node, key: str) -> tuple[Entry, ...]:
    found = _child(node, key)
    return found.entries if isinstance(found, MappingNode) else ()
