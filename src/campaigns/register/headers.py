"""The header of a source file against what a kind wants: by name in any case and order, not by position."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from campaigns.errors import UserError
from campaigns.identifiers import personal_codes
from campaigns.register.closed_columns import is_closed
from campaigns.register.deliveries import Delivery
from campaigns.settings.binding import near
from campaigns.settings.model import SourceFile

# A further column is kept only under a name that can mean nothing else: no `_id`, `__proto__`.
_THEIRS = " (theirs)"  # their own name of a column whose name the source gives to another one
_FURTHER = re.compile(r"[^\W_][\w .:/()%-]{0,63}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """What a kind reads. `keys` are ids: compared as they stand, so a doubtful one refuses its row.

    `identity` are those of them that tell whether a thing is still in an extract, `person` holds a customer
    number. `others` keeps the file's further columns under their own names (events put them into properties).
    `words` are what may stand in a column of words, as far as that is known before a file comes.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    identity: tuple[str, ...] = ("source_id",)
    person: str = ""
    others: bool = False
    words: Mapping[str, Collection[str]] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Required and optional, in order."""
        return (*self.required, *self.optional)


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """Which cell of a row is which column."""

    positions: dict[str, int]
    others: dict[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()  # named in `columns:` of the source, and not in the file


def folded(name: str) -> str:
    """A column name as it is compared: case, spaces and the way of writing accents do not matter."""
    return unicodedata.normalize("NFC", name).strip().casefold()


def match(header: Sequence[str], delivery: Delivery, columns: Columns) -> Matching:
    """Find our columns in their header. Raises `UserError` REG007 (missing), REG008 (twice)."""
    _refuse_doubles(header, delivery)
    ours = _our_names(header, delivery.source)
    wanted = {name: at for at, name in enumerate(ours) if name in columns.names}
    if len(wanted) < sum(name in columns.names for name in ours):
        raise UserError(
            "REG008",
            f"two columns of {delivery.name} mean the same thing.",
            hint="see `columns:` of the source",
        )
    for name in columns.required:
        if name not in wanted and name not in delivery.source.defaults:
            raise _missing(name, header, delivery)
    renamed = {folded(theirs) for theirs in delivery.source.columns}
    rest = {
        name if folded(header[at]) in renamed or name.endswith(_THEIRS) else header[at].strip(): at
        for at, name in enumerate(ours)
        if name not in wanted
    }
    kept = {name: at for name, at in rest.items() if columns.others and _may_be_kept(name, header[at])}
    ignored = tuple(name for name in rest if name and name not in kept)
    absent = tuple(
        theirs
        for theirs, name in delivery.source.columns.items()
        if name in columns.names and name not in wanted and name not in delivery.source.defaults
    )
    for theirs in absent:
        # a renamed `kuollut` would make the dead alive without a word
        if near(theirs, [name for name in ignored if len(name) < 64]):
            raise _missing(delivery.source.columns[theirs], header, delivery)
    return Matching(positions=wanted, others=kept, ignored=ignored, absent=absent)


def fits(header: Sequence[str], source: SourceFile, columns: Columns) -> bool:
    """Whether a file with this header could be one of the source's: every required column is there."""
    ours = set(_our_names(header, source)) | set(source.defaults)
    return set(columns.required) <= ours


def _our_names(header: Sequence[str], source: SourceFile) -> list[str]:
    """Our name of each of their columns; one that the source does not map keeps its own name, folded."""
    mapping = {folded(theirs): ours for theirs, ours in source.columns.items()}
    taken = set(mapping.values()) & {mapping[folded(name)] for name in header if folded(name) in mapping}
    names = [mapping.get(folded(name), folded(name)) for name in header]
    return [
        name if folded(theirs) in mapping or name not in taken else name + _THEIRS
        for theirs, name in zip(header, names, strict=True)
    ]


def _refuse_doubles(header: Sequence[str], delivery: Delivery) -> None:
    counts = Counter(folded(name) for name in header if name.strip())
    if any(count > 1 for count in counts.values()):
        raise UserError(
            "REG008",
            f"a column name stands twice in the header of {delivery.name}; which one is meant?",
            hint="give each column its own name",
        )


def _may_be_kept(name: str, theirs: str) -> bool:
    closed = is_closed(name) or is_closed(theirs)
    return _FURTHER.fullmatch(name) is not None and personal_codes.find(name) is None and not closed


def _missing(name: str, header: Sequence[str], delivery: Delivery) -> UserError:
    """A file may lack its header, and its first line be somebody's: only what is nearly the name is told."""
    theirs = next((word for word, ours in delivery.source.columns.items() if ours == name), name)
    meant = near(theirs, [word.strip() for word in header if len(word) < 64])
    return UserError(
        "REG007",
        f"{delivery.name} has no column `{theirs}`, which {delivery.source.kind} need.",
        hint=f"did you mean `{meant}`?" if meant else "is its first line the header?",
    )
