"""What example persons say, read: values of fields as the catalogue types them, each mistake at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, TypeVar

from campaigns.catalogue.model import Catalogue, FieldEntry
from campaigns.errors import Mistake
from campaigns.segments import values
from campaigns.segments.asking import is_nothing, read_scalar
from campaigns.settings.documents import Entry, Mark, Node, Scalar
from campaigns.settings.documents import Mapping as Map
from campaigns.settings.documents import Sequence as List

_AGO = re.compile(r"(\d{1,5}) (day|week|month|year)s? ago")
_UNKNOWN = "unknown"
Read = TypeVar("Read")


class Placed(Protocol):
    """Something that stands somewhere in the file."""

    @property
    def mark(self) -> Mark:
        """Where."""


class Reading:
    """Reads what a file says of one person, and collects the mistakes."""

    def __init__(self, catalogue: Catalogue, as_of: date) -> None:
        self.found: list[Mistake] = []
        self._catalogue = catalogue
        self._as_of = as_of

    def fields(self, node: Map | None, relation: str) -> Iterator[tuple[Entry, FieldEntry, Any]]:
        """The fields under a node, each with what the catalogue says of it and its value; None is unknown."""
        known = self._catalogue.fields[relation]
        for entry in node or ():
            found = known.get(entry.key.text)
            if found is None:
                hint = values.did_you_mean(entry.key.text, known)
                message = f"a {relation} has no field called `{values.short(entry.key.text)}`."
                self.say(entry.key, "EXA009", message, hint)
                continue
            before = len(self.found)
            value = self.value(entry.value, self._reader(found))
            if len(self.found) == before:
                yield entry, found, value

    def _reader(self, known: FieldEntry) -> Callable[[str], Any]:
        match known.type:
            case "choice":
                return lambda text: values.choice(text, name=known.name, values=known.values)
            case "number":
                return lambda text: _whole(values.number(text, name=known.name, unit=known.unit))
            case "date":
                return self.day
            case "yes_no":
                return values.yes_no
            case _:
                return str

    def day(self, text: str) -> date:
        """`2026-11-01`, `today`, `3 days ago`."""
        if match := _AGO.fullmatch(text):
            return values.duration(f"{match[1]} {match[2]}s").before(self._as_of)
        found = values.day(text)
        return found if isinstance(found, date) else self._as_of

    def value(self, node: Node, reader: Callable[[str], Read]) -> Read | None:
        """The value; None when it is `unknown`, or wrong and told."""
        if not isinstance(node, Scalar) or is_nothing(node):
            self.say(node, "EXA010", "a value is missing here.", "write `unknown` when nobody knows it")
            return None
        return None if node.text == _UNKNOWN else read_scalar(node, reader, self.found)

    def several(self, node: Map, one: str, many: str) -> list[Map]:
        """What stands under either of two keys, such as `site` and `sites`."""
        if node.get(one) is not None and node.get(many) is not None:
            key = node.key(many)
            self.say(key or node, "EXA013", f"say either `{one}` or `{many}`.")
        return self.maps(node, one) + self.maps(node, many)

    def maps(self, node: Map, key: str) -> list[Map]:
        """The mappings under a key, be it one or a list."""
        value = node.get(key)
        items = value.items if isinstance(value, List) else () if value is None else (value,)
        found = [item for item in items if isinstance(item, Map) and item.entries]
        for item in items:
            if not isinstance(item, Map) or not item.entries:
                self.say(item, "EXA010", f"`{key}` needs keys under it.")
        return found

    def map(self, node: Map, key: str) -> Map | None:
        """The mapping under a key."""
        value = node.get(key)
        if value is not None and not isinstance(value, Map):
            self.say(value, "EXA010", f"`{key}` needs keys under it.")
        return value if isinstance(value, Map) else None

    def words(self, node: Map, key: str) -> list[str]:
        """The words under a key, be it one or a list."""
        value = node.get(key)
        items = value.items if isinstance(value, List) else () if value is None else (value,)
        return [item.text for item in items if isinstance(item, Scalar)]

    def text(self, node: Map, key: str) -> str:
        """The word under a key, or nothing."""
        value = node.get(key)
        return value.text if isinstance(value, Scalar) else ""

    def say(self, node: Placed, code: str, message: str, hint: str = "") -> None:
        """Tell a mistake at its place."""
        self.found.append(node.mark.mistake(code, message, hint))


def _whole(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
