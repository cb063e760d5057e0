"""By what an erased person is recognised when a source sends them again; kept as keyed digests only.

A customer number is the person. So is their whole name together with an e-mail address, a telephone number
or a letter address that was theirs, unless the years of birth differ: a letter address alone is a family's,
and namesakes may share it. An e-mail address or number that nobody else of the register had is never used
again, whoever gives it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import polars as pl

from campaigns.identifiers import BadIdentifier, email, phone
from campaigns.ledger import suppressions
from campaigns.ledger.erasure import Address

if TYPE_CHECKING:
    from campaigns.lake import Snapshot
    from campaigns.ledger import Ledger

Found = TypeVar("Found")
_WORD = re.compile(r"[^;,\t|\"]+")
KEY_CHANNEL = "key"  # a customer number, beside the channels of addresses
NAMED_CHANNEL = "named"  # a name with an address
_OWN = ("email", "sms", "phone")  # of one person, as a rule; a letter address is of a household
_ANY_YEAR, _NO_YEAR = "?", "-"
_PERSON = ("controller", "person_id")


def key_value(key_space: str, source_id: str) -> str:
    """How a customer number is written before it is digested."""
    return f"{key_space}:{source_id}"


def folded_name(first_name: str | None, last_name: str | None) -> str:
    """A whole name as it is compared; empty when a part is missing, since half a name names nobody."""
    parts = [" ".join((part or "").casefold().split()) for part in (first_name, last_name)]
    return " ".join(parts) if all(parts) else ""


def of_people(snapshot: Snapshot, controller: str, person_ids: Collection[int]) -> list[Address]:
    """All by which these people are to be recognised, once they are erased."""
    mine = pl.col("person_id").is_in(list(person_ids))
    register = pl.col("controller") == controller
    keys = snapshot.frame("person_keys").filter(register & mine)
    numbers = [
        Address(channel=KEY_CHANNEL, value=key_value(space, number))
        for space, number in keys.select("key_space", "source_id").rows()
    ]
    points = snapshot.frame("contact_points", [*_PERSON, "channel", "value"]).filter(register)
    others = set(points.filter(~mine).select("channel", "value").rows())
    own = set(points.filter(mine, pl.col("channel").is_in(_OWN)).select("channel", "value").rows())
    named = _named(snapshot, register, mine, points)
    return [
        *numbers,
        *(Address(channel=channel, value=value) for channel, value in sorted(own - others)),
        *(Address(channel=NAMED_CHANNEL, value=value) for value in sorted(named)),
    ]


def _named(snapshot: Snapshot, register: pl.Expr, mine: pl.Expr, points: pl.DataFrame) -> set[str]:
    folded = points.with_columns(
        pl.col("value").str.to_lowercase().str.replace_all(r"\s+", " ").alias("folded")
    )
    at_theirs = folded.join(folded.filter(mine), on=["channel", "folded"], how="semi")
    columns = [*_PERSON, "first_name", "last_name", "birth_year"]
    persons = snapshot.frame("persons", columns).filter(register)
    rows = at_theirs.drop("folded").join(persons, on=_PERSON).drop("controller")
    shared = {
        _named_value(name, "", row["channel"], row["value"])
        for row in rows.filter(~mine).iter_rows(named=True)
        if (name := folded_name(row["first_name"], row["last_name"]))
    }
    found: set[str] = set()
    for row in rows.filter(mine).iter_rows(named=True):
        name, address = folded_name(row["first_name"], row["last_name"]), (row["channel"], row["value"])
        if not name:
            continue
        year = str(row["birth_year"] or _NO_YEAR)
        # Beside a namesake at the same address only the year of birth tells who is meant.
        alone = _named_value(name, "", *address) not in shared
        years = [_ANY_YEAR, year] if alone else [year] if year != _NO_YEAR else []
        found.update(_named_value(name, each, *address) for each in years)
    return found


def _named_value(name: str, year: str, channel: str, value: str) -> str:
    medium = "phone" if channel == "sms" else channel
    return "\x1f".join((name, year, medium, " ".join(value.casefold().split())))


class Erased:
    """What was erased in one register."""

    def __init__(self, ledger: Ledger, controller: str) -> None:
        self._ledger = ledger
        self._controller = controller
        with ledger.read() as connection:
            known = suppressions.frame(connection)
        mine = known.filter((pl.col("controller") == controller) & (pl.col("reason") == "erased"))
        self._digests = frozenset(mine["address_digest"])

    def __bool__(self) -> bool:
        return bool(self._digests)

    def holds(self, channel: str, values: pl.Series) -> pl.Series:
        """Which of the addresses, customer numbers or names with an address belonged to an erased person."""
        prefix = self._prefix(channel)
        return pl.Series([self._is_erased(prefix, value) for value in values], dtype=pl.Boolean)

    def numbers(self, key_space: str, source_ids: pl.Series) -> pl.Series:
        """Which of the customer numbers were an erased person's."""
        return self.holds(KEY_CHANNEL, pl.select(pl.lit(f"{key_space}:") + source_ids).to_series())

    def people(self, persons: pl.DataFrame, points: pl.DataFrame) -> pl.Series:
        """The `person_id` of those whose name stands with an address of an erased namesake.

        `persons` has first_name, last_name and birth_year, `points` channel and value, both `person_id`.
        """
        columns = ["person_id", "first_name", "last_name", "birth_year"]
        rows = points.select("person_id", "channel", "value").join(persons.select(columns), on="person_id")
        prefix = self._prefix(NAMED_CHANNEL)
        hit = {
            row["person_id"]
            for row in rows.iter_rows(named=True)
            if any(self._is_erased(prefix, value) for value in _asked(row))
        }
        return pl.Series("person_id", sorted(hit), dtype=pl.Int64)

    def named_in(self, text: str, key_space: str) -> bool:
        """Whether a word of the text is the address or customer number of an erased person."""
        words = [word.strip() for word in _WORD.findall(text)]
        emails = [found for word in words if "@" in word and (found := _normal(email.normalise, word))]
        phones = [number.e164 for word in words if (number := _normal(phone.normalise, word))]
        numbers = [key_value(key_space, word) for word in words]
        return any(
            self._is_erased(self._prefix(channel), value)
            for channel, values in (("email", emails), ("phone", phones), (KEY_CHANNEL, numbers))
            for value in values
        )

    def _prefix(self, channel: str) -> hashlib._Hash:
        return hashlib.sha256(self._ledger.address_key(self._controller, channel))

    def _is_erased(self, prefix: hashlib._Hash, value: str | None) -> bool:
        if value is None:
            return False
        digest = prefix.copy()
        digest.update(value.encode())
        return digest.hexdigest() in self._digests


def _asked(row: dict[str, Any]) -> Iterator[str]:
    name = folded_name(row["first_name"], row["last_name"])
    years: Iterable[str] = (str(row["birth_year"]), _NO_YEAR) if row["birth_year"] else (_ANY_YEAR,)
    if name:
        yield from (_named_value(name, year, row["channel"], row["value"]) for year in years)


def _normal(normalise: Callable[[str], Found], word: str) -> Found | None:
    try:
        return normalise(word)
    except BadIdentifier:
        return None
