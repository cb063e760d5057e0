"""YAML as people write it: every scalar stays text, and every value knows its file, line and column.

YAML 1.1 turns `00100` into 64, `12:30` into 750 and `no` into false, and keeps the last of two
equal keys without a word. So the node tree of PyYAML is read, never its values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from campaigns.errors import Mistake, Mistakes

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
# C0 and C1 controls but tab, line feed and carriage return; NEL and the Unicode line separators too.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029]")
# The C parser is ten times faster; it and the Python one give the same events.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Source:
    """A file's name as shown to people, and its lines."""

    name: str
    lines: tuple[str, ...] = field(repr=False)

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), or nothing past the end."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something stands: line and column from 1, and its length on that line."""

    source: Source
    line: int
    column: int
    length: int = 1

    def mistake(self, code: str, message: str, hint: str = "") -> Mistake:
        """A mistake at this place."""
        return Mistake(
            code=code,
            message=message,
            file=self.source.name,
            line=self.line,
            column=self.column,
            length=self.length,
            hint=hint,
            source=self.source.line(self.line),
        )


@dataclass(frozen=True, slots=True)
class Scalar:
    """A word, number or text, always as written."""

    text: str
    mark: Mark
    quoted: bool = False

    @property
    def is_empty(self) -> bool:
        """Nothing was written after the colon."""
        return not self.quoted and self.text in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key: value` of a mapping."""

    key: Scalar
    value: Node


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys with values, in the order written."""

    entries: tuple[Entry, ...]
    mark: Mark

    def get(self, key: str) -> Node | None:
        """The value under `key`."""
        return next((entry.value for entry in self.entries if entry.key.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The key itself, for its place."""
        return next((entry.key for entry in self.entries if entry.key.text == key), None)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list, in the order written."""

    items: tuple[Node, ...]
    mark: Mark

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


Node = Scalar | Mapping | Sequence


def read(path: Path, *, name: str | None = None) -> Node:
    """Read one YAML file into nodes.

    Raises `Mistakes` for everything that is not plain data: anchors, aliases, tags, merge keys,
    duplicate keys, tabs, control characters, a second document, files over 1 MB.
    """
    return _without_repeats(*read_on(path, name=name))


def read_on(path: Path, *, name: str | None = None) -> tuple[Node, list[Mistake]]:
    """As `read`, but keys written twice come beside the node, which has the first value of each.

    For readers who want to tell the other mistakes of the file in the same run.
    """
    shown = name or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise Mistakes([Mistake(code="YML009", file=shown, message="the file is larger than 1 MB.")])
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Mistakes([Mistake(code="YML001", file=shown, message="there is no such file.")]) from None
    except OSError as error:
        raise Mistakes(
            [Mistake(code="YML001", file=shown, message=f"cannot be read: {error.strerror}.")]
        ) from None
    return _parse(raw, shown)


def parse(raw: bytes | str, *, name: str = "<text>") -> Node:
    """Parse YAML text into nodes; `name` is the file shown in messages. Raises `Mistakes`."""
    return _without_repeats(*_parse(raw, name))


def _parse(raw: bytes | str, name: str) -> tuple[Node, list[Mistake]]:
    text = _decode(raw, name)
    source = Source(name, tuple(text.split("\n")))
    _refuse_controls(text, source)
    walk = _Walk(source)
    return walk.document(text), walk.repeated


def _without_repeats(node: Node, repeated: list[Mistake]) -> Node:
    if repeated:
        raise Mistakes(repeated)
    return node


def _decode(raw: bytes | str, name: str) -> str:
    if isinstance(raw, str):
        return raw
    if raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise Mistakes(
            [
                Mistake(
                    code="YML002",
                    file=name,
                    line=1,
                    column=1,
                    message="the file starts with a byte order mark.",
                    hint="save it as UTF-8 without a BOM",
                )
            ]
        )
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise Mistakes(
            [
                Mistake(
                    code="YML002",
                    file=name,
                    line=line,
                    column=column,
                    message="this is not UTF-8 text.",
                    hint="save the file as UTF-8",
                )
            ]
        ) from None


def _refuse_controls(text: str, source: Source) -> None:
    found = [
        _at(text, match.start(), source).mistake(
            "YML003", f"the control character U+{ord(match.group()):04X} is not allowed.", "delete it"
        )
        for match in _CONTROL.finditer(text)
    ]
    found += [
        Mark(source, number, line.index("\t") + 1).mistake(
            "YML004", "a tab is used for indentation.", "use spaces: two for each level"
        )
        for number, line in enumerate(source.lines, start=1)
        if "\t" in line[: len(line) - len(line.lstrip())]
    ]
    if found:
        raise Mistakes(found[:20])


def _at(text: str, offset: int, source: Source) -> Mark:
    before = text[:offset]
    return Mark(source, before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1)


class _Walk:
    """Turns events of the parser into nodes; collects what is not plain data."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.found: list[Mistake] = []
        self.repeated: list[Mistake] = []

    def document(self, text: str) -> Node:
        loader = _Parser(text)
        try:
            node = self._read(loader)
        except yaml.MarkedYAMLError as error:
            raise Mistakes([*self.found, *self.repeated, self._syntax(error)]) from None
        except yaml.YAMLError:
            raise Mistakes(
                [Mistake(code="YML005", file=self.source.name, message="this is not YAML text.")]
            ) from None
        finally:
            loader.dispose()
        if self.found:
            raise Mistakes([*self.found, *self.repeated])
        return node

    def _read(self, loader: Any) -> Node:
        loader.get_event()  # stream start
        if loader.check_event(yaml.StreamEndEvent):
            return Mapping((), Mark(self.source, 1, 1))
        loader.get_event()  # document start
        node = self._node(loader, depth=0)
        loader.get_event()  # document end
        if not loader.check_event(yaml.StreamEndEvent):
            mark = self._mark(loader.peek_event())
            self.found.append(
                mark.mistake("YML006", "a second document starts here.", "one file holds one definition")
            )
        return node

    def _node(self, loader: Any, depth: int) -> Node:
        event = loader.get_event()
        mark = self._mark(event)
        if depth > MAX_DEPTH:
            raise Mistakes([mark.mistake("YML008", f"more than {MAX_DEPTH} levels deep.")])
        if isinstance(event, yaml.AliasEvent):
            self.found.append(
                mark.mistake("YML007", "aliases (`*name`) are not allowed.", "write it out in both places")
            )
            return Scalar("", mark)
        self._refuse_decoration(event, mark)
        if isinstance(event, yaml.ScalarEvent):
            self._refuse_escapes(event.value, mark)
            return Scalar(event.value, mark, quoted=bool(event.style))
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(loader, mark, depth)
        return self._mapping(loader, mark, depth)

    def _sequence(self, loader: Any, mark: Mark, depth: int) -> Sequence:
        items: list[Node] = []
        while not loader.check_event(yaml.SequenceEndEvent):
            items.append(self._node(loader, depth + 1))
        loader.get_event()
        return Sequence(tuple(items), mark)

    def _mapping(self, loader: Any, mark: Mark, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not loader.check_event(yaml.MappingEndEvent):
            key = self._node(loader, depth + 1)
            value = self._node(loader, depth + 1)
            if not isinstance(key, Scalar):
                self.found.append(key.mark.mistake("YML010", "a key must be a plain word."))
            elif key.text == "<<":
                self.found.append(
                    key.mark.mistake("YML007", "merge keys (`<<`) are not allowed.", "write the keys out")
                )
            elif key.text in entries:
                first = entries[key.text].key.mark.line
                self.repeated.append(
                    key.mark.mistake(
                        "SEG003",  # the same slip in every definition, so one code
                        f"`{key.text}` is written twice in the same place (first on line {first}).",
                        "start a new list item with `-` if you meant two conditions",
                    )
                )
            else:
                entries[key.text] = Entry(key, value)
        loader.get_event()
        return Mapping(tuple(entries.values()), mark)

    def _refuse_decoration(self, event: yaml.NodeEvent, mark: Mark) -> None:
        if event.anchor is not None:
            self.found.append(mark.mistake("YML007", f"anchors (`&{event.anchor}`) are not allowed."))
        tag = getattr(event, "tag", None)
        if tag is not None:
            self.found.append(mark.mistake("YML011", "tags (`!name`) are not allowed.", "write plain values"))

    def _refuse_escapes(self, value: str, mark: Mark) -> None:
        """`"\\e[2J"` would clear the screen of whoever looks at the value."""
        if found := _CONTROL.search(value):
            character = f"U+{ord(found.group()):04X}"
            self.found.append(
                mark.mistake("YML003", f"the control character {character} is not allowed.", "delete it")
            )

    def _mark(self, event: yaml.Event) -> Mark:
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return Mark(self.source, 1, 1)
        length = end.column - start.column if end.line == start.line else 1
        return Mark(self.source, start.line + 1, start.column + 1, max(1, length))

    def _syntax(self, error: yaml.MarkedYAMLError) -> Mistake:
        mark = error.problem_mark or error.context_mark
        where = Mark(self.source, mark.line + 1, mark.column + 1) if mark else Mark(self.source, 1, 1)
        problem = (error.problem or error.context or "this cannot be read").strip()
        return where.mistake(
            "YML005",
            f"the YAML cannot be read here ({problem}).",
            "check the indentation and the colons of this line and the line above",
        )
