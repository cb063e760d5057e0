"""Test vectors: each row is a person, a message and the expected answer, put through the whole machine.

A row becomes a person in a lake, events in a ledger, a request and settings; nothing is short-cut, so that
folding, facts and rules are all tried.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from campaigns import engine
from campaigns.engine import Engine
from campaigns.errors import UserError
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger, permission_events, suppressions
from campaigns.permissions import state
from campaigns.permissions.deciding import CIRCUMSTANCES, decide
from campaigns.permissions.requests import Request
from campaigns.permissions.vector_rows import COLUMNS, Case, UnknownWord, Vector, case

__all__ = ["COLUMNS", "VectorResult", "run"]


@dataclass(frozen=True, kw_only=True)
class VectorResult:
    """How many rows agree, and the answer to each: `id`, `expected`, `got` (`allow CONSENT`)."""

    passed: int
    failed: int
    rows: tuple[Mapping[str, str], ...]

    def as_json(self) -> dict[str, object]:
        """The keys that `permission decide --vectors --json` promises."""
        return {"passed": self.passed, "failed": self.failed, "rows": [dict(row) for row in self.rows]}


def run(path: Path) -> VectorResult:
    """Decide every row of a file of vectors.

    Raises `UserError` PRM020 when the file cannot be read, PRM021 when it lacks a column. A row with a word
    that is not ours counts as failed, and says which word.
    """
    vectors = _read(path)
    rows = tuple(
        {"id": vector.id, "expected": f"{vector.expected} {vector.reason}", "got": got}
        for vector, got in zip(vectors, _answers(vectors), strict=True)
    )
    failed = sum(row["expected"] != row["got"] for row in rows)
    return VectorResult(passed=len(rows) - failed, failed=failed, rows=rows)


def _read(path: Path) -> list[Vector]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise UserError("PRM021", f"the column `{missing[0]}` is missing.", file=path, line=1)
            return [Vector(**{name: (row[name] or "").strip() for name in COLUMNS}) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error):
        raise UserError("PRM020", "these vectors cannot be read.", file=path) from None


def _answers(vectors: list[Vector]) -> Iterator[str]:
    cases: list[Case | str] = []
    for number, vector in enumerate(vectors, start=1):
        try:
            cases.append(case(vector, person_id=number))
        except UnknownWord as word:
            cases.append(f"unknown word `{word}`")
    with TemporaryDirectory(prefix="campaigns-vectors-") as folder:
        yield from _decided(cases, Path(folder))


def _decided(cases: list[Case | str], folder: Path) -> Iterator[str]:
    understood = [each for each in cases if isinstance(each, Case)]
    ledger = _ledger(understood, folder)
    lake = Lake(folder / "lake")
    try:
        words = state.words(ledger)
        with lake.snapshot() as snapshot, engine.connect(snapshot, frames=_lake(understood), threads=1) as db:
            answers = {
                person_id: answer
                for alike in _alike(understood)
                for person_id, answer in _answered(db, alike, ledger, words)
            }
    finally:
        ledger.dispose()
    yield from (each if isinstance(each, str) else answers[each.person_id] for each in cases)


def _alike(cases: list[Case]) -> Iterable[list[Case]]:
    """Cases with the same request and settings: they are decided together, as people of a segment are."""
    groups: dict[tuple[Request, int], list[Case]] = {}
    for each in cases:
        groups.setdefault((each.request, id(each.settings)), []).append(each)
    return groups.values()


def _answered(db: Engine, cases: list[Case], ledger: Ledger, words: state.Words) -> Iterator[tuple[int, str]]:
    schema = {name: kind for name, (kind, _) in CIRCUMSTANCES.items()}
    persons = pl.DataFrame(
        [{"person_id": each.person_id, **each.circumstances} for each in cases],
        schema={"person_id": pl.Int64(), **schema},
    )
    request, settings = cases[0].request, cases[0].settings
    found = decide(db, request, persons, settings=settings, ledger=ledger, words=words)
    for row in found.iter_rows(named=True):
        yield row["person_id"], f"{'allow' if row['allowed'] else 'deny'} {row['code']}"


def _ledger(cases: list[Case], folder: Path) -> Ledger:
    ledger = Ledger.open(folder / "ledger" / "ledger.sqlite")
    with ledger.write() as connection:
        permission_events.append(connection, (event for each in cases for event in each.events))
        for each in cases:
            for channel, address, reason in each.suppressed:
                suppressions.add(
                    connection,
                    controller=each.request.controller,
                    channel=channel,
                    address=address,
                    reason=reason,
                    now=each.request.at,
                )
    return ledger


def _lake(cases: list[Case]) -> dict[str, pl.DataFrame]:
    """The tables of the lake that decisions read, with everybody in them."""
    return {
        name: pl.DataFrame(
            [row for each in cases for row in each.tables[name]], schema=dict(TABLES[name].schema)
        )
        for name in ("persons", "contact_points", "relationships", "roles")
    }
