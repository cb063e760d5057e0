"""Run example persons through the compiler and the permission rules that real people go through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from itertools import count, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl

from campaigns import engine
from campaigns.catalogue.model import Catalogue
from campaigns.engine import Engine
from campaigns.errors import Mistake, Mistakes
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger, permission_events
from campaigns.permissions import state
from campaigns.segments import example_contacts
from campaigns.segments.drawing import is_drawn
from campaigns.segments.example_rows import Setting, World, put
from campaigns.segments.examples import Example, Examples
from campaigns.segments.explaining import Why, why
from campaigns.segments.model import SampleCondition, Segment
from campaigns.segments.resolving import CONTROL, Resolution, resolve
from campaigns.settings.model import Settings

NOON = time(12)
_TRIED = 100_000  # numbers, until one fits


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one example person: `in`, `out` or `left out`, with the line or code that decided."""

    example: Example
    got: str
    decided_by: str

    @property
    def is_as_expected(self) -> bool:
        """What the file expects, the code too when it names one."""
        code = not self.example.code or self.example.code == self.decided_by
        return self.got == self.example.expect and code

    def mistake(self) -> Mistake:
        """As `campaigns check` tells it."""
        example = self.example
        wanted = f"{example.expect} ({example.code})" if example.code else example.expect
        got = f"{self.got} ({self.decided_by})" if self.decided_by else self.got
        because = f"expected because {example.because}" if example.because else ""
        return example.mark.mistake("EXA020", f"`{example.name}` is {got}, not {wanted}.", because)


def run(examples: Examples, segment: Segment, *, settings: Settings, catalogue: Catalogue) -> list[Outcome]:
    """Resolve the segment over the people of a file, who are one world: `top` and `limit` choose among them.

    Raises `Mistakes` for rows that cannot be read.
    """
    setting = Setting(segment=segment, catalogue=catalogue, settings=settings, as_of=examples.as_of)
    world, found = World(), list[Mistake]()
    numbers = _numbers(examples, segment)
    for number, example in zip(numbers, examples.people, strict=True):
        found += put(world, number, example.said, setting)
    if found:
        raise Mistakes(found)
    with TemporaryDirectory(prefix="campaigns-examples-") as folder:
        people = dict(zip(numbers, examples.people, strict=True))
        return list(_outcomes(people, setting, world, Path(folder)))


def _numbers(examples: Examples, segment: Segment) -> list[int]:
    """Ids that the samples of the segment draw, or do not, as each person wants it."""
    samples = [one for one in segment.every_condition() if isinstance(one, SampleCondition)]
    free, found = count(1), []
    for example in examples.people:
        fitting = (
            number
            for number in islice(free, _TRIED)
            if all(is_drawn(one.name, number, one.share) == example.is_drawn for one in samples)
        )
        number = next(fitting, None)
        if number is None:
            message = "the samples of the segment draw nobody like that: a person must be in all or in none."
            raise Mistakes([example.mark.mistake("EXA014", message)])
        found.append(number)
    return found


def _outcomes(
    people: Mapping[int, Example], setting: Setting, world: World, folder: Path
) -> Iterator[Outcome]:
    segment, settings, as_of = setting.segment, setting.settings, setting.as_of
    ledger = Ledger.open(folder / "ledger" / "ledger.sqlite")
    try:
        with ledger.write() as connection:
            permission_events.append(connection, world.events)
            example_contacts.write(connection, world.contacts, setting)
        asked: dict[str, Any] = {
            "ledger": ledger,
            "settings": settings,
            "as_of": as_of,
            "at": datetime.combine(as_of, NOON, settings.zone),
            "words": state.words(ledger),
        }
        with (
            Lake(folder / "lake").snapshot() as snapshot,
            engine.connect(snapshot, frames=_frames(world), threads=1) as db,
        ):
            found = resolve(segment, db=db, **asked)
            for outcome in _compared(found, people):
                yield _explained(outcome, segment, db, asked)
    finally:
        ledger.dispose()


def _frames(world: World) -> dict[str, pl.DataFrame]:
    """Every table that segments read; what the file says nothing of is empty."""
    return {
        name: pl.DataFrame(
            [{**dict.fromkeys(table.schema), **row} for row in world.tables.get(name, ())],
            schema=dict(table.schema),
        )
        for name, table in TABLES.items()
        if name != "quarantine"
    }


def _compared(found: Resolution, people: Mapping[int, Example]) -> list[tuple[int, Outcome]]:
    rows = {row["person_id"]: row for row in found.people.iter_rows(named=True)}
    outcomes = []
    for number, example in people.items():
        row = rows.get(number)
        if row is None:
            outcome = Outcome(example=example, got="out", decided_by="")
        elif row["step"] in (None, CONTROL):
            outcome = Outcome(example=example, got="in", decided_by="")
        else:
            code = row["code"] if row["step"] in ("permission", "suppression", "caps") else row["step"]
            outcome = Outcome(example=example, got="left out", decided_by=code)
        outcomes.append((number, outcome))
    return outcomes


def _explained(numbered: tuple[int, Outcome], segment: Segment, db: Engine, asked: dict[str, Any]) -> Outcome:
    """Somebody who is out, and should not be, with the line that decided."""
    number, outcome = numbered
    if outcome.got != "out" or outcome.example.expect == "out":
        return outcome
    told: Why = why(segment, number, db=db, **asked)
    return Outcome(example=outcome.example, got=outcome.got, decided_by=str(told.decided_by or ""))
