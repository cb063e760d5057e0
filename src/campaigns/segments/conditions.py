"""Read conditions: what all kinds share. Each kind: `conditions_of_values`, `conditions_of_people`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from campaigns.catalogue.model import Entry
from campaigns.errors import Mistake
from campaigns.segments import senseless, values
from campaigns.segments.asking import is_nothing, read_scalar
from campaigns.segments.frame import Frame, Here
from campaigns.segments.model import Condition, Place, Unknown
from campaigns.settings.documents import Entry as Pair
from campaigns.settings.documents import Mapping as Node
from campaigns.settings.documents import Node as AnyNode
from campaigns.settings.documents import Scalar, Sequence

MAX_CONDITIONS = 200
MAX_DEPTH = 12
_OTHER_WORDS = {"not": "none", "and": "all", "or": "any"}  # what other languages say
Read = TypeVar("Read")
Kind = Callable[["Conditions", Node, Here], Condition | None]


@dataclass(slots=True)
class Conditions:
    """Reads the conditions of one file and collects all of their mistakes."""

    frame: Frame
    kinds: Mapping[str, Kind] = field(repr=False)
    found: list[Mistake] = field(default_factory=list)
    warned: list[Mistake] = field(default_factory=list)
    outermost: dict[str, senseless.Read] = field(default_factory=dict)  # of `who` and `except`
    incomplete: bool = False  # a condition could not be read, here or in a segment that it refers to
    by_the_rest: int = 0  # the line of the condition that ranks `among: segment`
    _count: int = 0

    def read_list(self, node: AnyNode, here: Here, *, of: str) -> tuple[Condition, ...]:
        """The conditions of a list such as `who:` or `where:`."""
        if not isinstance(node, Sequence):
            hint = "start each condition with `-`" if isinstance(node, Node) else ""
            self.say(node.mark.mistake("SEG004", f"`{of}` needs a list of conditions.", hint))
            return ()
        if not node.items:
            self.say(node.mark.mistake("SEG004", f"`{of}` has no condition."))
        if here.depth > MAX_DEPTH:
            message = f"conditions stand more than {MAX_DEPTH} deep inside each other."
            self.say(node.mark.mistake("SEG052", message))
            return ()
        read = [self._read(item, here) for item in node.items]
        self.incomplete = self.incomplete or None in read
        placed = [(item, one) for item, one in zip(node.items, read, strict=True) if one is not None]
        if self._count <= MAX_CONDITIONS:
            self.found += senseless.in_list(placed, of=of)
        if here.depth == 0:
            self.outermost[of] = placed
        return tuple(condition for _, condition in placed)

    def compare(self) -> None:
        """What stands in `who` and in `except`, once both are read."""
        who, exceptions = (self.outermost.get(of, ()) for of in ("who", "except"))
        self.found += senseless.taken_out_again(who, exceptions)

    def _read(self, node: AnyNode, here: Here) -> Condition | None:
        self._count += 1
        if self._count > MAX_CONDITIONS:
            if self._count == MAX_CONDITIONS + 1:
                message = f"more than {MAX_CONDITIONS} conditions in one segment."
                self.say(node.mark.mistake("SEG051", message))
            return None
        if not isinstance(node, Node) or not node.entries:
            message = "a condition is written like `field: NAME` with a test under it."
            self.say(node.mark.mistake("SEG004", message))
            return None
        kind = node.entries[0].key
        if kind.text in self.kinds:
            return self.kinds[kind.text](self, node, here)
        self.say(self._no_kind(node, kind))
        return None

    def _no_kind(self, node: Node, kind: Scalar) -> Mistake:
        later = next((entry.key.text for entry in node.entries if entry.key.text in self.kinds), "")
        meant = _OTHER_WORDS.get(kind.text.lower())
        hint = f"did you mean `{meant}`?" if meant else values.did_you_mean(kind.text, self.kinds)
        hint = f"start with `{later}`" if later else hint
        return kind.mark.mistake("SEG011", f"`{values.short(kind.text)}` does not start a condition.", hint)

    def name_of(self, node: Node) -> Scalar | None:
        """What the first key of a condition names."""
        key, value = node.entries[0].key, node.entries[0].value
        if isinstance(value, Scalar) and not is_nothing(value):
            return value
        self.say(value.mark.mistake("SEG004", f"`{key.text}` needs a name."))
        return None

    def refuse_closed(self, name: Scalar, entry: Entry) -> bool:
        """The purpose's data categories, and words that were replaced: a warning until their last day."""
        if self.refuse_category(name, entry.category, entry.name):
            return True
        if entry.deprecated is None:
            return False
        until, is_over = entry.deprecated.until, entry.deprecated.until < self.frame.outside.today()
        ends = f"was taken away after {until}" if is_over else f"may be used until {until}"
        message = f"`{entry.name}` has been replaced and {ends}."
        mistake = name.mark.mistake("SEG044", message, f"use `{entry.deprecated.use}`")
        (self.found if is_over else self.warned).append(replace(mistake, is_warning=not is_over))
        return is_over

    def refuse_category(self, name: Scalar, category: str, word: str = "") -> bool:
        """Whether the purpose may not use data of that category; says so at the name."""
        purpose = self.frame.purpose
        if purpose is None or category in purpose.categories:
            return False
        what = f"`{word or name.text}` is {category} data"
        message = f"{what}: the purpose `{self.frame.purpose_name}` may not use it."
        self.say(name.mark.mistake("SEG027", message, self.purposes_for(category)))
        return True

    def purposes_for(self, category: str) -> str:
        """The hint of a closed category."""
        allowed = [
            name for name, purpose in self.frame.settings.purposes.items() if category in purpose.categories
        ]
        return f"purposes that may: {', '.join(allowed)}" if allowed else "no purpose may"

    def refuse_keys(self, node: Node, kind: str, known: tuple[str, ...]) -> None:
        """Every key after the first that this kind does not have."""
        for pair in node.entries[1:]:
            if pair.key.text not in known:
                hint = values.did_you_mean(pair.key.text, [key for key in known if key != "unknown"])
                message = f"`{values.short(pair.key.text)}` does not belong to `{kind}`."
                self.say(pair.key.mark.mistake("SEG012", message, hint))

    def value(self, node: Node, key: str, reader: Callable[[str], Read]) -> Read | None:
        """The value under a key, read; None when it is not there or wrong."""
        value = node.get(key)
        if value is None:
            return None
        if not isinstance(value, Scalar) or is_nothing(value):
            self.say(value.mark.mistake("SEG004", f"`{key}` needs a value."))
            return None
        return read_scalar(value, reader, self.found)

    def unknown(self, node: Node, here: Here) -> Unknown | None:
        """What unknown counts as: `include` keeps such people in the segment, `remove` takes them out."""
        value = node.get("unknown")
        if value is None:
            return None
        word = value.text if isinstance(value, Scalar) else ""
        if word not in ("include", "remove"):
            message = f"`unknown` is never `{values.short(word)}`."
            self.say(value.mark.mistake("SEG033", message, "choose from: include, remove"))
            return None
        brings_in = here.positive != here.exception
        return "yes" if (word == "include") == brings_in else "no"

    def plural(self, here: Here) -> str:
        """How messages speak of what conditions here are about."""
        if here.scope == "person":
            return self.frame.audience.plural if self.frame.audience else "people"
        return self.frame.catalogue.relations[here.scope].plural

    def place(self, node: Node) -> Place:
        """Where the condition starts."""
        mark = node.entries[0].key.mark
        return Place(segment=self.frame.segment, line=mark.line, column=mark.column)

    def say(self, mistake: Mistake) -> None:
        """Add a mistake."""
        self.found.append(mistake)

    def reachable(self, here: Here) -> list[str]:
        """The relations that `has:` may name here."""
        without = self.frame.audience.without if self.frame.audience and len(here.path) == 1 else ()
        return [
            name
            for name, relation in self.frame.catalogue.relations.items()
            if here.scope in relation.within and name not in (*without, *here.path)
        ]

    def only_of_people(self, name: Scalar, kind: str, here: Here) -> bool:
        """Whether a condition about people stands under a relation, which is a mistake."""
        if here.scope == "person":
            return False
        message = f"`{kind}` speaks of the person: move this condition out of `has: {here.path[1]}`."
        self.say(name.mark.mistake("SEG018", message))
        return True


def node_without(node: Node, *keys: str) -> Iterator[Pair]:
    """The entries of a condition after its first, but those keys."""
    return (pair for pair in node.entries[1:] if pair.key.text not in keys)
