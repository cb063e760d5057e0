"""Why: one person through the conditions, line by line, then through the permission rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl
from sqlglot import exp

from campaigns.engine import Engine
from campaigns.ledger import Ledger
from campaigns.permissions import rules, state
from campaigns.permissions.deciding import decide
from campaigns.permissions.state import Words
from campaigns.segments import consents, contacts, cut_offs, restricted, sql
from campaigns.segments.compiling import Compiled, compile_segment
from campaigns.segments.cut_offs import CutOff
from campaigns.segments.model import (
    Condition,
    EventCondition,
    FieldCondition,
    GroupCondition,
    ListCondition,
    MessageCondition,
    MetricCondition,
    RelatedCondition,
    ScoreCondition,
    Segment,
)
from campaigns.segments.resolving import request
from campaigns.segments.sentences import figure, headline, said
from campaigns.segments.sequences import SequenceCondition
from campaigns.settings.model import Settings

Word = Literal["yes", "no", "unknown"]
Row = Mapping[str, Any]
_MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A condition's verdict about one person. Under `has` it is about the row that comes nearest."""

    line: int | None
    text: str
    verdict: Word
    value: str | None = None
    exception: bool = False
    conditions: tuple[Node, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """`line, text, verdict, value`, and `conditions` where there are some."""
        found: dict[str, Any] = {
            "line": self.line, "text": self.text, "verdict": self.verdict, "value": self.value
        }  # fmt: skip
        if self.conditions:
            found["conditions"] = [inner.as_json() for inner in self.conditions]
        return found

    def lines(self, depth: int = 0) -> Iterator[str]:
        """The node and all under it, as text."""
        place = "" if self.line is None else str(self.line)
        value = f"  [{self.value}]" if self.value is not None else ""
        yield f"{place:>5}  {'  ' * depth}{_MARKS[self.verdict]} {self.text}{value}"
        for inner in self.conditions:
            yield from inner.lines(depth + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """May the person be contacted on a channel?"""

    allowed: bool
    code: str
    evidence: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """One person in a segment, explained. `decided_by` is the line, or the code, that left the person out."""

    segment: Segment
    person_id: int
    as_of: date
    member: bool
    tree: Node = field(repr=False)
    decided_by: str | None
    permission: Mapping[str, Answer]

    def as_json(self) -> dict[str, Any]:
        """The keys that `segment why --json` promises."""
        return {
            "segment": self.segment.name,
            "person_id": self.person_id,
            "member": self.member,
            "tree": self.tree.as_json(),
            "decided_by": self.decided_by,
            "permission": {
                channel: {"allowed": answer.allowed, "code": answer.code, "evidence": answer.evidence}
                for channel, answer in self.permission.items()
            },
        }

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        verdict = "is in" if self.member else "is not in"
        lines = [f"person {self.person_id} {verdict} {self.segment.name} on {self.as_of.isoformat()}"]
        lines += [line for inner in self.tree.conditions for line in inner.lines()]
        for channel, answer in self.permission.items():
            mark = _MARKS["yes" if answer.allowed else "no"]
            proof = "" if answer.evidence is None else f", event {answer.evidence}"
            said_why = f"{rules.sentence(answer.code)} ({answer.code}{proof})"
            lines.append(f"{'':>5}  {mark} by {channel}: {said_why}")
        if self.decided_by:
            lines.append(f"decided by {self.decided_by}")
        return "\n".join(lines)


def why(
    segment: Segment,
    person_id: int,
    *,
    db: Engine,
    ledger: Ledger,
    settings: Settings,
    as_of: date,
    at: datetime,
    words: Words | None = None,
) -> Why:
    """Explain one person; who is not even in the register is in no audience."""
    words = words or state.words(ledger)
    consents.register(db, segment, at=at, settings=settings, ledger=ledger, words=words)
    contacts.register(db, segment, ledger)
    compiled = compile_segment(segment, as_of, settings.zone, person_id=person_id, values=True)
    tree = _Tree(db, compiled, person_id, settings.zone).read()
    asked = request(segment, settings=settings, at=at, message_kind=None, channels=segment.channels)
    persons = pl.DataFrame({"person_id": [person_id]}, schema={"person_id": pl.Int64})
    decisions = decide(db, asked, persons, settings=settings, ledger=ledger, words=words)
    permission = {
        row["channel"]: Answer(allowed=row["allowed"], code=row["code"], evidence=row["evidence"])
        for row in decisions.iter_rows(named=True)
    }
    stored_only = person_id in restricted.people(words, segment.controller, segment.message_kind)
    member = tree.verdict == "yes" and not stored_only
    denied = _denied(permission) if tree.verdict == "yes" else _deciding(tree, segment.name)
    return Why(
        segment=segment,
        person_id=person_id,
        as_of=as_of,
        member=member,
        tree=tree,
        decided_by=restricted.CODE if stored_only else denied,
        permission=permission,
    )


def _denied(permission: Mapping[str, Answer]) -> str | None:
    if any(answer.allowed for answer in permission.values()):
        return None
    return next(answer.code for answer in permission.values())


def _deciding(tree: Node, name: str) -> str:
    """The first line that keeps the person out, as deep as it can be said."""
    for node in tree.conditions:
        wrong = node.verdict == "yes" if node.exception else node.verdict != "yes"
        if wrong:
            here = node
            while not here.exception and (inner := next(_blocking(here), None)):
                here = inner
            return "audience" if here.line is None else f"{name}.yml:{here.line}"
    return "audience"


def _blocking(node: Node) -> Iterator[Node]:
    """What keeps a condition from holding, when one line under it can be blamed."""
    if node.text.startswith(("has a ", "all of ")):
        yield from (inner for inner in node.conditions if inner.verdict != "yes")


@dataclass(slots=True)
class _Tree:
    """Reads the verdicts of one person out of the query's steps."""

    db: Engine
    compiled: Compiled
    person_id: int
    zone: ZoneInfo
    rows: dict[str, list[Row]] = field(default_factory=dict)
    cuts: Mapping[str, CutOff] = field(default_factory=dict)

    def read(self) -> Node:
        """The root: the audience, then every condition of the file."""
        segment = self.compiled.segment
        self.cuts = cut_offs.by_name(self.db, self.compiled)
        people = self._rows_of(self.compiled.people)
        audience = Node(line=None, text=segment.audience.replace("_", " "), verdict="yes" if people else "no")
        nodes = [audience]
        if people:
            nodes += [self._node(one, people[0]) for one in segment.who]
            nodes += [self._node(one, people[0], exception=True) for one in segment.exceptions]
        return Node(line=None, text=segment.title, verdict=_overall(nodes), conditions=tuple(nodes))

    def _node(self, condition: Condition, row: Row, *, exception: bool = False) -> Node:
        name = self.compiled.column_of(condition)
        return Node(
            line=condition.place.line,
            text=f"{'except: ' if exception else ''}{headline(condition)}",
            verdict=_word(row[name]),
            value=self._value(condition, name, row),
            exception=exception,
            conditions=self._inner(condition, row),
        )

    def _value(self, condition: Condition, name: str, row: Row) -> str | None:
        """What was compared, and where a rank was cut off."""
        value = _shown(condition, row.get(f"{name}_value"))
        if isinstance(condition, ScoreCondition):
            value = self._scored(condition, name, row)
        cut_off = self.cuts.get(name)
        if cut_off is None:
            return value
        place = row.get(f"{name}_place")
        parts = [value, None if place is None else f"place {place:,}", str(cut_off)]
        return "; ".join(part for part in parts if part)

    def _scored(self, condition: ScoreCondition, name: str, row: Row) -> str | None:
        """What the model last said and when, also when that may not be used."""
        value, at = row.get(f"{name}_said"), row.get(f"{name}_scored_at")
        if at is None:
            return None
        day = at.astimezone(self.zone).date()
        told = "nothing" if value is None else _in_unit(value, condition.unit)
        if day < condition.not_older_than.before(self.compiled.as_of):
            return f"{told}, said on {day}: older than {said(condition.not_older_than)}"
        return f"{told}, said on {day}{'' if row[f'{name}_score'] is not None else ': not to be used'}"

    def _inner(self, condition: Condition, row: Row) -> tuple[Node, ...]:
        match condition:
            case GroupCondition(conditions=conditions):
                return tuple(self._node(one, row) for one in conditions)
            case RelatedCondition(where=where) if where:
                nearest = self._nearest(condition, row)
                return tuple(self._node(one, nearest) for one in where) if nearest else ()
            case _:
                return ()

    def _nearest(self, condition: RelatedCondition, row: Row) -> Row | None:
        """Of the rows under this one, the one for which most conditions hold."""
        chain = self.compiled.verdicts[condition.where[0].place].chain
        keys = [key for key in row if key.endswith("_id") and key in self._keys(chain.path[:-1])]
        rows = [one for one in self._rows_of(chain.last) if all(one[key] == row[key] for key in keys)]
        columns = [self.compiled.column_of(one) for one in condition.where]
        return max(rows, key=lambda one: _nearness([one[name] for name in columns]), default=None)

    def _keys(self, path: Sequence[str]) -> list[str]:
        return [f"{relation}_id" for relation in path]

    def _rows_of(self, step: str) -> list[Row]:
        if step not in self.rows:
            mine = sql.equal(sql.column("person_id"), sql.literal(self.person_id))
            query = self.compiled.steps.then(exp.select("*").from_(step).where(mine))
            found = self.db.query(query.sql(dialect=sql.DIALECT))
            self.rows[step] = list(found.iter_rows(named=True))
        return self.rows[step]


def _nearness(verdicts: Sequence[bool | None]) -> tuple[int, int]:
    """More yes first, then more unknown."""
    return verdicts.count(True), verdicts.count(None)


def _overall(nodes: Sequence[Node]) -> Word:
    words = [node.verdict for node in nodes if not node.exception]
    if "no" in words or any(node.exception and node.verdict == "yes" for node in nodes):
        return "no"
    return "unknown" if "unknown" in words else "yes"


def _word(verdict: bool | None) -> Word:
    return "unknown" if verdict is None else "yes" if verdict else "no"


def _shown(condition: Condition, value: Any) -> str | None:
    if value is None:
        return None
    match condition:
        case FieldCondition(field=entry) if entry.type == "yes_no":
            return said(bool(value))
        case FieldCondition(field=entry) if entry.unit:
            return figure(value, entry.unit)
        case SequenceCondition():
            return f"first on {value}"
        case EventCondition() | MessageCondition():
            return "once" if value == 1 else f"{value} times"
        case ListCondition():
            return f"until {value}"
        case MetricCondition(unit=unit):
            return _in_unit(value, unit)
        case _:
            return str(value)


def _in_unit(value: float, unit: str) -> str:
    return figure(value * 100 if unit == "%" else value, unit)
