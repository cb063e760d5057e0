"""Example persons of a segment, `tests/segments/*.yml`: rows in, verdict out, written next to the segment.

A file says the segment, the day and people. What a person does not say is as usual: an adult consumer of the
segment's audience who has permitted everything. `copy:` starts from another person of the file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from campaigns.errors import Mistake, Mistakes
from campaigns.segments import values
from campaigns.segments.asking import is_nothing, read_scalar
from campaigns.settings.documents import Entry, Mark, Node, Scalar, read
from campaigns.settings.documents import Mapping as Map
from campaigns.settings.documents import Sequence as List

Expected = Literal["in", "out", "left out"]
EXPECTED: tuple[Expected, ...] = ("in", "out", "left out")
OF_FILE = ("segment", "as_of", "people")
OF_PERSON = (
    "name", "copy", "audience", "person", "relationship", "site", "sites", "contract", "contracts", "company",
    "companies", "did", "received", "clicked", "scores", "in_list", "drawn", "permission",
    "expect", "because", "code",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One example person: what the file says of them, and what is expected."""

    name: str
    expect: Expected
    code: str  # the code of the decision that leaves them out, when the file names one
    because: str
    mark: Mark = field(repr=False)  # of `expect`
    said: Map = field(repr=False)

    @property
    def is_drawn(self) -> bool:
        """Whether every `sample:` of the segment draws this person; it does unless the file says no."""
        return _word(self.said, "drawn") != "no"


@dataclass(frozen=True, kw_only=True, slots=True)
class Examples:
    """A file of example persons."""

    path: Path
    segment: str
    as_of: date
    people: tuple[Example, ...]


def read_examples(path: Path, shown: str, segments: Sequence[str]) -> Examples:
    """Read a file. Raises `Mistakes` with all that is wrong around the rows, which are read when run."""
    node = read(path, name=shown)
    reader = _Reader(segments)
    found = reader.file(node, path)
    if reader.found or found is None:
        raise Mistakes(reader.found)
    return found


class _Reader:
    """Reads one file and collects its mistakes."""

    def __init__(self, segments: Sequence[str]) -> None:
        self.found: list[Mistake] = []
        self._segments = segments

    def file(self, node: Node, path: Path) -> Examples | None:
        if not isinstance(node, Map):
            self._say(node.mark, "EXA001", "a file of example persons starts with `segment:`.")
            return None
        self._known(node, OF_FILE)
        segment, day = self._segment(node), self._day(node)
        people = node.get("people")
        if not isinstance(people, List) or not people.items:
            mark = people.mark if people is not None else node.mark
            self._say(mark, "EXA002", "`people:` needs a list of persons.", "start each with `- name: …`")
            return None
        examples = tuple(self._people(people))
        return Examples(path=path, segment=segment, as_of=day, people=examples)

    def _segment(self, node: Map) -> str:
        value = node.get("segment")
        if not isinstance(value, Scalar) or is_nothing(value):
            self._say(node.mark, "EXA002", "`segment:` is missing: the name of the segment.")
            return ""
        if value.text not in self._segments:
            hint = values.did_you_mean(value.text, self._segments)
            self._say(value.mark, "EXA003", f"there is no segment called `{values.short(value.text)}`.", hint)
        return value.text

    def _day(self, node: Map) -> date:
        value = node.get("as_of")
        if not isinstance(value, Scalar):
            self._say(node.mark, "EXA002", "`as_of:` is missing: the day that the examples are about.")
            return date.min
        day = read_scalar(value, values.day, self.found)
        if day is not None and not isinstance(day, date):
            self._say(value.mark, "EXA004", "`as_of` needs a date: examples mean the same every day.")
        return day if isinstance(day, date) else date.min

    def _people(self, people: List) -> Iterator[Example]:
        seen: dict[str, Map] = {}
        for item in people:
            if not isinstance(item, Map):
                self._say(item.mark, "EXA001", "a person is written with keys such as `name:` and `expect:`.")
                continue
            name = item.get("name")
            if not isinstance(name, Scalar) or is_nothing(name):
                self._say(item.mark, "EXA002", "`name:` is missing: a few words that say who this is.")
                continue
            if name.text in seen:
                self._say(name.mark, "EXA005", f"two persons are called `{values.short(name.text)}`.")
                continue
            self._known(item, OF_PERSON)
            said = self._copied(item, seen)
            seen[name.text] = said
            example = self._person(name.text, item, said)
            if example is not None:
                yield example

    def _copied(self, item: Map, seen: Mapping[str, Map]) -> Map:
        other = item.get("copy")
        if other is None:
            return item
        word = other.text if isinstance(other, Scalar) else ""
        if word not in seen:
            hint = values.did_you_mean(word, seen) if seen else "the person that is copied stands above"
            self._say(other.mark, "EXA006", f"nobody above is called `{values.short(word)}`.", hint)
            return item
        return _merged(seen[word], item)

    def _person(self, name: str, item: Map, said: Map) -> Example | None:
        expect = item.get("expect")
        word = expect.text if isinstance(expect, Scalar) else ""
        expected = next((one for one in EXPECTED if one == word), None)
        if expect is None or expected is None:
            mark = expect.mark if expect is not None else item.mark
            message = (
                f"`expect` is never `{values.short(word)}`."
                if expect is not None
                else "`expect:` is missing."
            )
            self._say(mark, "EXA007", message, "choose from: in, out, left out")
            return None
        return Example(
            name=name,
            expect=expected,
            code=_word(item, "code"),
            because=_word(item, "because"),
            mark=expect.mark,
            said=said,
        )

    def _known(self, node: Map, known: Sequence[str]) -> None:
        for entry in node:
            if entry.key.text not in known:
                message = f"`{values.short(entry.key.text)}` is no key here."
                self._say(entry.key.mark, "EXA008", message, values.did_you_mean(entry.key.text, known))

    def _say(self, mark: Mark, code: str, message: str, hint: str = "") -> None:
        self.found.append(mark.mistake(code, message, hint))


def _word(node: Map, key: str) -> str:
    value = node.get(key)
    return value.text if isinstance(value, Scalar) else ""


def _merged(base: Map, over: Map) -> Map:
    """What a copy says in place of the original; what stands under such a key is laid over it key by key."""
    entries = {entry.key.text: entry for entry in base if entry.key.text not in _OF_ONE}
    for entry in over:
        name, known = entry.key.text, entries.get(entry.key.text)
        if known is not None and isinstance(known.value, Map) and isinstance(entry.value, Map):
            entry = Entry(key=entry.key, value=_merged(known.value, entry.value))
        entries[name] = entry
    return Map(entries=tuple(entries.values()), mark=over.mark)


_OF_ONE = ("name", "copy", "expect", "because", "code")
