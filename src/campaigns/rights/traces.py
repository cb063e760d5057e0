"""What tells that a text names a person: their e-mail addresses, telephone numbers, whole name and numbers.

People who share something are never mixed: an address or a name that somebody else of the register has too
tells nothing alone. A shared address counts together with the name, a namesake's name together with the
letter address, where the namesake does not live there as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import polars as pl

from campaigns.identifiers import BadIdentifier, email, phone
from campaigns.register.erased import folded_name

if TYPE_CHECKING:
    from campaigns.lake import Snapshot

_EMAIL = re.compile(r"[^\s;,|\"'<>()\[\]{}:]+@[^\s;,|\"'<>()\[\]{}:]+")
_TELEPHONE = re.compile("\\+?[(\\d][\\d \u00a0().\\-/]{4,}\\d")
_FIELD = re.compile(r"[^;,\t|\"\n\r]+")
_DIGITS = re.compile(r"\D")
_SUBSCRIBER = 7  # digits that every spelling of a telephone number ends with
_LONG_NUMBER = 6  # shorter customer numbers look like postal codes: only the first field may be one


@dataclass(frozen=True, kw_only=True)
class Traces:
    """What the registers know of the people who leave, and which of it others share."""

    numbers: frozenset[tuple[str, str]]  # key space, customer number
    emails: frozenset[str]
    phones: frozenset[str]
    names: frozenset[tuple[str, str]]  # first and last name, folded
    streets: frozenset[str]  # first lines of letter addresses, folded
    shared: frozenset[str]  # of all these, what somebody else of the register has too
    keys: pl.DataFrame = field(repr=False)  # key space and customer number of everybody else

    @classmethod
    def of(cls, snapshot: Snapshot, controller: str, person_ids: Collection[int]) -> Traces:
        """Of people of one register."""
        register, mine = pl.col("controller") == controller, pl.col("person_id").is_in(list(person_ids))
        points = snapshot.frame("contact_points", ["controller", "person_id", "channel", "value"])
        points = points.filter(register).drop_nulls("value")
        persons = snapshot.frame("persons", ["controller", "person_id", "first_name", "last_name"])
        persons = persons.filter(register)
        keys = snapshot.frame("person_keys").filter(register)
        own, theirs = points.filter(mine), points.filter(~mine)
        names = frozenset(_names(persons.filter(mine)))
        last_names = [last for _, last in names]
        lower = pl.col("last_name").str.strip_chars().str.to_lowercase()
        alike = persons.filter(~mine, lower.is_in(last_names))  # namesakes, and who else has the last name
        return cls(
            numbers=frozenset(keys.filter(mine).select("key_space", "source_id").rows()),
            emails=frozenset(own.filter(channel="email")["value"]),
            phones=frozenset(own.filter(pl.col("channel").is_in(["sms", "phone"]))["value"]),
            names=names,
            streets=frozenset(map(_street, own.filter(channel="letter")["value"])),
            shared=frozenset(
                {
                    *theirs.filter(pl.col("value").is_in(own["value"].implode()))["value"],
                    *(" ".join(name) for name in set(_names(alike)) & names),
                    *_namesakes_streets(alike, theirs, names),
                }
            ),
            keys=keys.filter(~mine).select("key_space", "source_id"),
        )

    def in_text(self, text: str) -> bool:
        """Whether the text names one of the people."""
        found = {value for _, _, value in self._addresses(text)}
        if found - self.shared:
            return True
        names = {" ".join(name) for name in self.names if self._patterns[name].search(text)}
        if not names:
            return False
        folded = " ".join(text.casefold().split())
        at_home = any(street in folded for street in self.streets - self.shared)
        return bool(names - self.shared) or bool(found) or at_home

    def with_number(self, text: str, key_space: str) -> bool:
        """Whether a field of the text is a customer number of theirs; for rows whose columns are unknown."""
        for place, cell in enumerate(_FIELD.findall(text)):
            word = cell.strip()
            if (key_space, word) in self.numbers and (
                place == 0 or len(word) >= _LONG_NUMBER or not word.isdigit()
            ):
                return True
        return False

    def is_others(self, key_space: str, number: str) -> bool:
        """Whether somebody else of the register has that customer number."""
        return not self.keys.filter(key_space=key_space, source_id=number).is_empty()

    def redacted(self, text: str) -> str:
        """The text of somebody else without what is only of the people who leave."""
        spans = [(start, end) for start, end, value in self._addresses(text) if value not in self.shared]
        for name in self.names:
            if " ".join(name) not in self.shared:
                spans += [match.span() for match in self._patterns[name].finditer(text)]
        for start, end in sorted(spans, reverse=True):
            text = text[:start] + text[end:]
        return text

    def may_be_in(self, content: bytes) -> bool:
        """False only when no text in these bytes can name one of the people; fast, and for bytes of any
        encoding in which ASCII is ASCII.
        """
        lower = content.lower()
        if any(word in lower for word in self._ascii_words):
            return True
        if not self._subscribers:
            return False
        digits = content.translate(None, b" \xc2\xa0().-/")
        return any(number in digits for number in self._subscribers)

    def may_be_numbered(self, content: bytes) -> bool:
        """Whether a customer number of theirs could stand in these bytes."""
        return any(number.encode() in content for _, number in self.numbers)

    @cached_property
    def _ascii_words(self) -> tuple[bytes, ...]:
        """A piece of each e-mail address and name that stands in the bytes whatever their encoding."""
        words = [*self.emails, *(last for _, last in self.names)]
        pieces = (max(re.findall(r"[\x21-\x7e]+", word.lower()), key=len, default="") for word in words)
        return tuple({piece.encode() for piece in pieces if piece})

    @cached_property
    def _subscribers(self) -> tuple[bytes, ...]:
        return tuple({number[-_SUBSCRIBER:].encode() for number in self.phones})

    def _addresses(self, text: str) -> Iterator[tuple[int, int, str]]:
        """Where e-mail addresses and telephone numbers of theirs stand."""
        if "@" in text:
            for match in _EMAIL.finditer(text):
                if (value := _email(match.group())) in self.emails:
                    yield *match.span(), value
        if self.phones:
            for match in _TELEPHONE.finditer(text):
                if (value := self._phone(match.group())) in self.phones:
                    yield *match.span(), value

    def _phone(self, text: str) -> str:
        digits = _DIGITS.sub("", text)
        if not any(digits.endswith(number.decode()) for number in self._subscribers):
            return ""
        try:
            return phone.normalise(text.replace("\u00a0", " ").strip()).e164
        except BadIdentifier:
            return ""

    @cached_property
    def _patterns(self) -> dict[tuple[str, str], re.Pattern[str]]:
        return {name: _pattern(*name) for name in self.names}


def _pattern(first: str, last: str) -> re.Pattern[str]:
    """The two names beside each other, in either order, in whatever case and with what separates fields."""
    one, other = (r"\s+".join(map(re.escape, part.split())) for part in (first, last))
    between = r"[\s;,|\t\"']+"
    return re.compile(rf"(?<!\w)(?:{one}{between}{other}|{other}{between}{one})(?!\w)", re.IGNORECASE)


def _names(persons: pl.DataFrame) -> Iterator[tuple[str, str]]:
    for first, last in persons.select("first_name", "last_name").drop_nulls().unique().rows():
        if folded_name(first, last):
            yield _folded(first), _folded(last)


def _folded(part: str) -> str:
    return " ".join(part.casefold().split())


def _street(address: str) -> str:
    return _folded(address.split("\n", 1)[0])


def _namesakes_streets(
    persons: pl.DataFrame, points: pl.DataFrame, names: Collection[tuple[str, str]]
) -> Iterable[str]:
    """Where the namesakes live."""
    namesakes = [
        person_id
        for person_id, first, last in persons.select("person_id", "first_name", "last_name").rows()
        if first and (_folded(first), _folded(last)) in names
    ]
    letters = points.filter(pl.col("person_id").is_in(namesakes), channel="letter")
    return map(_street, letters["value"])


def _email(text: str) -> str:
    try:
        return email.normalise(text.strip(".")).casefold()
    except BadIdentifier:
        return ""
