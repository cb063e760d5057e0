"""Data of one company's register in a file for the other's: only under a disclosure that somebody decided.

A file speaks of another company's people when its source names a disclosure, or when its customer numbers
(`key_space`) are those that another company's sources use. The first source of a key space that names no
disclosure says whose numbers they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

import polars as pl

from campaigns.errors import UserError
from campaigns.ledger import disclosures
from campaigns.ledger.disclosures import Disclosure
from campaigns.register.categories import brought
from campaigns.register.deliveries import Delivery
from campaigns.register.headers import folded
from campaigns.register.reading import header_of
from campaigns.settings.model import Settings, SourceFile

if TYPE_CHECKING:
    from campaigns.lake import Writer
    from campaigns.ledger import Ledger

CODE = "WRONG_REGISTER"
_PURPOSES = 64  # characters that the ledger keeps of their names
# Where the people of a kind's files are found again, and whether their rows say when they were received.
_PEOPLE: Mapping[str, tuple[str, bool]] = {
    "persons": ("persons", True),
    "contracts": ("contracts", True),
    "events": ("events", False),
    "interactions": ("interactions", True),
    "list_members": ("list_members", True),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Why a source may not bring its data; `key` is the word of campaigns.yml to blame."""

    key: str
    message: str
    hint: str = ""


def owners(settings: Settings) -> dict[str, str]:
    """Whose customer numbers each key space has."""
    found: dict[str, str] = {}
    for source in settings.sources.values():
        if source.key_space and not source.disclosure:
            found.setdefault(source.key_space, source.controller)
    return found


def problems(
    settings: Settings, source: SourceFile, *, day: date, words: Collection[str] | None = None
) -> Iterator[Problem]:
    """What stands against a source on a day; `words` are the columns of its file, when those are known."""
    owner = owners(settings).get(source.key_space, source.controller)
    if not source.disclosure:
        if owner != source.controller:
            message = (
                f"the numbers of the key space `{source.key_space}` are those of {owner}, and this brings "
                f"them into the register of {source.controller} without a disclosure."
            )
            yield Problem(key="key_space", message=message, hint="name it: `disclosure:`")
        return
    given = settings.disclosures[source.disclosure]
    said, giver = f"the disclosure `{source.disclosure}`", given.from_controller
    if given.to != source.controller:
        yield Problem(key="disclosure", message=f"{said} is for {given.to}, not for {source.controller}.")
    if giver == source.controller:
        yield Problem(key="disclosure", message=f"{said} is of data of {giver}, whose own register this is.")
    elif owner not in (giver, source.controller):
        yield Problem(key="disclosure", message=f"{said} is of data of {giver}; the numbers are {owner}'s.")
    if day > given.valid_until:
        yield Problem(key="disclosure", message=f"{said} was valid until {given.valid_until}.")
    asked = words if words is not None else list(source.columns.values()) or None
    more = sorted(brought(source.kind, asked) - set(given.categories))
    if more:
        message = f"{said} does not cover {' and '.join(more)} data, which such a file brings."
        yield Problem(key="disclosure", message=message, hint=f"it covers: {', '.join(given.categories)}")


def hidden(settings: Settings, purpose: str, *, day: date) -> dict[str, list[str]]:
    """Of each register, the sources whose data may not be used for a purpose on that day.

    Data that came under a disclosure serves its purposes only, and none after its last day.
    """
    found: dict[str, list[str]] = {}
    for name, source in settings.sources.items():
        if source.disclosure:
            given = settings.disclosures[source.disclosure]
            if purpose not in given.purposes or day > given.valid_until:
                found.setdefault(source.controller, []).append(name)
    return found


def refuse_undisclosed(delivery: Delivery, settings: Settings, *, now: datetime) -> None:
    """Raise `UserError` WRONG_REGISTER for a file whose data may not come into this register."""
    source = delivery.source
    shared = owners(settings).get(source.key_space, source.controller) != source.controller
    if not (source.disclosure or shared):
        return
    day = now.astimezone(settings.zone).date()
    for problem in problems(settings, source, day=day, words=_words(delivery)):
        raise UserError(CODE, f"{delivery.name}: {problem.message}", hint=problem.hint)


def record(
    delivery: Delivery, *, settings: Settings, lake: Writer, ledger: Ledger, actor: str, now: datetime
) -> None:
    """Write down that a file came under its disclosure, and about whom; once a file."""
    name = delivery.source.disclosure
    if not name:
        return
    given, what = settings.disclosures[name], f"{delivery.source_name} {delivery.sha256[:16]}"
    here, there = _people(delivery, given.from_controller, lake)
    disclosure = Disclosure(
        name=name,
        controller=given.from_controller,
        recipient=delivery.source.controller,
        purpose=", ".join(given.purposes)[:_PURPOSES],
        categories=tuple(sorted(brought(delivery.source.kind, _words(delivery)))),
        what=what,
        expires_on=given.valid_until,
    )
    with ledger.write() as connection:
        if not disclosures.made(connection, name=name, what=what):
            disclosures.record(connection, disclosure, people=there, persons=here, at=now, actor=actor)


def _words(delivery: Delivery) -> set[str]:
    """Our names of the columns that the file has or its source fills."""
    mapping = {folded(theirs): ours for theirs, ours in delivery.source.columns.items()}
    named = {mapping.get(folded(name), folded(name)) for name in header_of(delivery)}
    return named | set(delivery.source.defaults)


def _people(delivery: Delivery, giver: str, lake: Writer) -> tuple[int, list[int]]:
    """How many people the file is about, and the ids of those whom the giver's register has."""
    table, dated = _PEOPLE.get(delivery.source.kind, ("", False))
    if not table:
        return 0, []
    mine = (pl.col("controller") == delivery.source.controller) & (pl.col("source") == delivery.source_name)
    if dated:
        mine &= pl.col("received_at") == delivery.received
    people = lake.frame(table, ["person_id"], where=mine)["person_id"].drop_nulls().unique()
    keys = lake.frame("person_keys", where=pl.col("key_space") == delivery.key_space)
    numbers = keys.filter(
        (pl.col("controller") == delivery.source.controller) & pl.col("person_id").is_in(people.implode())
    )["source_id"]
    there = keys.filter((pl.col("controller") == giver) & pl.col("source_id").is_in(numbers.implode()))
    return len(people), there["person_id"].to_list()
