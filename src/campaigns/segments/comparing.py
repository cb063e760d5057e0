"""Compare segments: what another definition changes, by which condition; whom several have in common."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions.state import Words
from campaigns.segments import sql
from campaigns.segments.compiling import Compiled, compile_segment
from campaigns.segments.model import Segment
from campaigns.segments.resolving import Resolution, resolve
from campaigns.segments.sentences import FEW, few, sentence
from campaigns.settings.model import Settings


@dataclass(frozen=True, kw_only=True, slots=True)
class Cause:
    """How many people a condition keeps out; line 0 is the audience itself."""

    line: int
    text: str
    people: int

    def as_json(self) -> dict[str, object]:
        """Line, text, people."""
        return {"line": self.line, "text": self.text, "people": self.people}


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """What a definition means against an earlier one, on the same day and data.

    `entering` are kept out by conditions of the earlier definition, `leaving` by those of the present one;
    each person is counted at the first that keeps them out.
    """

    segment: Segment
    against: str
    as_of: date
    before: frozenset[int] = field(repr=False)
    after: frozenset[int] = field(repr=False)
    may_get_it: tuple[int, int]  # before and after
    entering: tuple[Cause, ...]
    leaving: tuple[Cause, ...]

    @property
    def enter(self) -> list[int]:
        """Who is in it now and was not, by id."""
        return sorted(self.after - self.before)

    @property
    def leave(self) -> list[int]:
        """Who was in it and is not, by id."""
        return sorted(self.before - self.after)

    @property
    def stay(self) -> list[int]:
        """Who is in both, by id."""
        return sorted(self.before & self.after)

    def as_json(self) -> dict[str, Any]:
        """The keys that `segment diff --json` gives; numbers are exact, and nobody is named."""
        return {
            "segment": self.segment.name,
            "against": self.against,
            "as_of": self.as_of.isoformat(),
            "before": len(self.before),
            "after": len(self.after),
            "enter": len(self.enter),
            "leave": len(self.leave),
            "stay": len(self.stay),
            "final_before": self.may_get_it[0],
            "final_after": self.may_get_it[1],
            "entering": [cause.as_json() for cause in self.entering],
            "leaving": [cause.as_json() for cause in self.leaving],
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __repr__(self) -> str:
        return str(self)

    def _lines(self) -> Iterator[str]:
        yield f"{self.segment.name} against {self.against}, both on {self.as_of.isoformat()}"
        yield f"{len(self.before):>10,}  before"
        yield f"{'+' + few(len(self.enter)):>10}  enter"
        yield from self._causes(self.entering, "were kept out by")
        yield f"{'−' + few(len(self.leave)):>10}  leave"
        yield from self._causes(self.leaving, "are kept out by")
        yield f"{few(len(self.stay)):>10}  stay"
        yield f"{len(self.after):>10,}  now"
        yield f"may get a message: {few(self.may_get_it[0])} before, {few(self.may_get_it[1])} now"

    @staticmethod
    def _causes(causes: Sequence[Cause], how: str) -> Iterator[str]:
        for cause in causes:
            where = f"line {cause.line}: {cause.text}" if cause.line else cause.text
            yield f"{'':>12}{few(cause.people)} {how} {where}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """Whom several segments have in common: by pairs, and in all of them."""

    names: tuple[str, ...]
    as_of: date
    members: tuple[frozenset[int], ...] = field(repr=False)
    final: tuple[frozenset[int], ...] = field(repr=False)

    def shared(self, first: int, second: int) -> int:
        """How many people are in both, by place."""
        return len(self.members[first] & self.members[second])

    @property
    def in_all(self) -> int:
        """How many are in every one."""
        return len(frozenset.intersection(*self.members))

    @property
    def get_several(self) -> int:
        """How many would get a message by more than one of them."""
        counts: dict[int, int] = {}
        for people in self.final:
            for person in people:
                counts[person] = counts.get(person, 0) + 1
        return sum(count > 1 for count in counts.values())

    def as_json(self) -> dict[str, Any]:
        """The keys that `segment overlap --json` gives."""
        places = range(len(self.names))
        return {
            "segments": list(self.names),
            "as_of": self.as_of.isoformat(),
            "members": {name: len(people) for name, people in zip(self.names, self.members, strict=True)},
            "pairs": [
                {"segments": [self.names[one], self.names[other]], "both": self.shared(one, other)}
                for one in places
                for other in places
                if one < other
            ],
            "in_all": self.in_all,
            "get_several": self.get_several,
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def __repr__(self) -> str:
        return str(self)

    def _lines(self) -> Iterator[str]:
        widest = max(len(name) for name in self.names)
        for place, name in enumerate(self.names):
            yield f"{name:<{widest}}  {len(self.members[place]):>10,} people"
        for one, name in enumerate(self.names):
            for other in range(one + 1, len(self.names)):
                both, shares = few(self.shared(one, other)), self._shares(one, other)
                yield f"{both:>{widest + 12}} of them in {name} and {self.names[other]}{shares}"
        if len(self.names) > 2:
            yield f"{few(self.in_all):>{widest + 12}} in all of them"
        yield f"{few(self.get_several):>{widest + 12}} may get a message by more than one of them"

    def _shares(self, one: int, other: int) -> str:
        both = self.shared(one, other)
        if both < FEW:  # a share of so few would tell how many they are
            return ""
        parts = (f"{both / len(self.members[place]):.0%} of {self.names[place]}" for place in (one, other))
        return f" ({', '.join(parts)})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """The data, the day and the time that all are resolved by."""

    db: Engine = field(repr=False)
    ledger: Ledger = field(repr=False)
    settings: Settings = field(repr=False)
    as_of: date
    at: datetime
    words: Words = field(repr=False)  # read once for both

    def resolve(self, segment: Segment) -> Resolution:
        """One segment; the verdicts stay in the engine until the next one is resolved."""
        return resolve(
            segment,
            db=self.db,
            ledger=self.ledger,
            settings=self.settings,
            as_of=self.as_of,
            at=self.at,
            words=self.words,
        )


def difference(asking: Asking, *, before: Segment | None, after: Segment, against: str) -> Difference:
    """What `after` means against `before`; without one, everybody enters."""
    old = asking.resolve(before) if before is not None else None
    asking.db.execute("DROP TABLE IF EXISTS verdicts_before")
    if old is not None:
        asking.db.execute("CREATE TEMP TABLE verdicts_before AS SELECT * FROM verdicts")
    new = asking.resolve(after)
    was, now = _members(old), _members(new)
    return Difference(
        segment=after,
        against=against,
        as_of=asking.as_of,
        before=was,
        after=now,
        may_get_it=(len(old.final) if old else 0, len(new.final)),
        entering=_causes(asking, before, "verdicts_before", now - was) if before is not None else (),
        leaving=_causes(asking, after, "verdicts", was - now),
    )


def overlap(found: Sequence[Resolution]) -> Overlap:
    """Whom these segments have in common, resolved on the same day and data."""
    return Overlap(
        names=tuple(one.segment.name for one in found),
        as_of=found[0].as_of,
        members=tuple(_members(one) for one in found),
        final=tuple(frozenset(one.final["person_id"].to_list()) for one in found),
    )


def _members(found: Resolution | None) -> frozenset[int]:
    return frozenset() if found is None else frozenset(found.people["person_id"].to_list())


def _causes(asking: Asking, segment: Segment, table: str, people: frozenset[int]) -> tuple[Cause, ...]:
    """The first condition in the order of the file that keeps each of these people out, counted."""
    if not people:
        return ()
    compiled = compile_segment(segment, asking.as_of, asking.settings.zone)
    asking.db.register(
        "compared_people", pl.DataFrame({"person_id": sorted(people)}, schema={"person_id": pl.Int64})
    )
    counted = asking.db.query(
        f"SELECT {_first(compiled)} AS place, count(*) AS people "
        f"FROM compared_people AS people LEFT JOIN {table} AS verdicts USING (person_id) "
        "GROUP BY 1 ORDER BY 1"
    )
    conditions = (*segment.who, *segment.exceptions)
    found = []
    for place, number in counted.iter_rows():
        if place == _AUDIENCE:
            found.append(Cause(line=0, text=f"the audience: not among {_plural(segment)}", people=number))
            continue
        condition = conditions[place]
        excepted = "except: " if place >= len(segment.who) else ""
        text = f"{excepted}{sentence(condition)}"
        found.append(Cause(line=condition.place.line, text=text, people=number))
    return tuple(found)


_AUDIENCE = -1


def _first(compiled: Compiled) -> str:
    """The place of the first condition that does not let a person in."""
    segment = compiled.segment
    parts = [f"WHEN verdicts.person_id IS NULL THEN {_AUDIENCE}"]
    for place, condition in enumerate((*segment.who, *segment.exceptions)):
        column = sql.column(compiled.column_of(condition), "verdicts").sql(dialect=sql.DIALECT)
        out = f"{column} IS TRUE" if place >= len(segment.who) else f"{column} IS NOT TRUE"
        parts.append(f"WHEN {out} THEN {place}")
    return f"CASE {' '.join(parts)} ELSE {_AUDIENCE} END"


def _plural(segment: Segment) -> str:
    return segment.audience.replace("_", " ")
