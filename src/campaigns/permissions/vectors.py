"""Test vectors: each row is a person, a message and the expected answer, put through the whole machine.

A row becomes a person in a lake, events in a ledger, a request and settings; nothing is short-cut, so that
folding, facts and rules are all tried.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from campaigns import engine
from campaigns.engine import Engine
from campaigns.errors import UserError
from campaigns.lake import Lake
from campaigns.ledger import Ledger, permission_events, suppressions
from campaigns.permissions import state
from campaigns.permissions.deciding import decide
from campaigns.permissions.vector_rows import COLUMNS, Case, UnknownWord, Vector, case

__all__ = ["VectorResult", "run"]


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
    try:
        words = state.words(ledger)
        with (
            Lake(folder / "lake").snapshot() as snapshot,
            engine.connect(snapshot, frames=_lake(understood)) as db,
        ):
            for each in cases:
                yield each if isinstance(each, str) else _answer(db, each, ledger, words)
    finally:
        ledger.dispose()


def _answer(db: Engine, asked: Case, ledger: Ledger, words: state.Words) -> str:
    persons = pl.DataFrame([{"person_id": asked.person_id, **asked.circumstances}])
    found = decide(db, asked.request, persons, settings=asked.settings, ledger=ledger, words=words)
    (row,) = found.to_dicts()
    return f"{'allow' if row['allowed'] else 'deny'} {row['code']}"


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
    from campaigns.lake.schemas import TABLES

    return {
        name: pl.DataFrame(
            [row for each in cases for row in each.tables[name]], schema=dict(TABLES[name].schema)
        )
        for name in ("persons", "contact_points", "relationships", "roles")
    }
