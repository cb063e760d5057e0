"""Registers in which every row of a person carries the person's own mark, so that a look tells whose it is.

A row is made for any table by the types of its columns: a table that is added later gets one too.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from campaigns.lake.schemas import TABLES
from campaigns.ledger.tables import Moment, metadata
from campaigns.settings.loading import FILE, load
from campaigns.workspace.project import Workspace
from support.mailing_world import NOW, Clock, write_files

A, B = "lahti_energia", "sahkoverkko"
TODAY = date(2026, 11, 24)
PERSONAL = tuple(name for name, table in TABLES.items() if table.personal)
WITH_PEOPLE = tuple(table for table in metadata.sorted_tables if "person_id" in table.c)
# Words that the program reads; every other text is the mark.
WORDS: Mapping[str, Mapping[str, Any]] = {
    "persons": {"kind": "consumer", "language": "fi"},
    "contact_points": {"channel": "email"},
    "relationships": {"kind": "customer"},
    "contracts": {"company_id": None, "contract_type": "spot", "end_date": None},
    "events": {"name": "page_visited"},
    "interactions": {"channel": "phone", "direction": "inbound"},
    "plans": {"state": "waiting"},
    "messages": {"state": "withheld", "channel": "email"},
    "rights_requests": {"state": "open", "kind": "access"},
    "permission_events": {"kind": "ban_all", "channel": None, "purpose": None, "valid_until": None},
    "decisions": {"stage": "plan", "code": "CONSENT"},
}


def open_workspace(root: Path, *, segments: bool = False) -> Workspace:
    """A workspace with the settings of the repository; its segments are those of `mailing_world`."""
    write_files(root)
    if not segments:
        for path in (root / "segments").glob("*.yml"):
            path.unlink()
    return Workspace(root, load(root / FILE), clock=Clock())


@dataclass
class World:
    """Rows to come, of the lake by table and of the ledger in order."""

    numbers: Any = field(default_factory=lambda: itertools.count(1))
    lake: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ledger: list[tuple[sa.Table, dict[str, Any]]] = field(default_factory=list)

    def plant(self, table: str, controller: str, person_id: int, mark: str, **more: Any) -> dict[str, Any]:
        """A row of a lake table; its texts are the mark."""
        number = next(self.numbers)
        made = {name: lake_value(kind, name, number, mark) for name, kind in TABLES[table].schema.items()} | {
            "controller": controller
        }
        if "person_id" in made:
            made["person_id"] = person_id
        row = made | WORDS.get(table, {}) | more
        self.lake.setdefault(table, []).append(row)
        return row

    def witness(
        self, table: sa.Table, controller: str, person_id: int, mark: str, **more: Any
    ) -> dict[str, Any]:
        """A row of a ledger table; its texts are the mark."""
        number = next(self.numbers)
        made = {column.name: ledger_value(column, number, mark) for column in table.c}
        for name, value in (("controller", controller), ("person_id", person_id)):
            if name in made:
                made[name] = value
        row = made | WORDS.get(table.name, {}) | more
        self.ledger.append((table, row))
        return row

    def person(self, controller: str, person_id: int, mark: str) -> None:
        """One row in every table that has people, and what those rows lead to."""
        for table in PERSONAL:
            self.plant(table, controller, person_id, mark)
        for table in WITH_PEOPLE:
            if table.name == "messages":
                self.message(controller, person_id, mark)
            elif table.name == "disclosed_people":
                made = self.witness(metadata.tables["disclosures"], controller, person_id, mark)
                self.witness(table, controller, person_id, mark, disclosure_id=made["disclosure_id"])
            else:
                self.witness(table, controller, person_id, mark)

    def message(self, controller: str, person_id: int, mark: str) -> None:
        """A message with its plan, decision and attempt."""
        tables = metadata.tables
        plan = self.witness(tables["plans"], controller, person_id, mark)
        message = self.witness(
            tables["messages"],
            controller,
            person_id,
            mark,
            plan_id=plan["plan_id"],
            subject=f"{mark}{plan['plan_id']}",
        )
        for name in ("decisions", "attempts"):
            self.witness(tables[name], controller, person_id, mark, message_id=message["message_id"])

    def write(self, workspace: Workspace) -> None:
        """Put it all where it belongs."""
        with workspace.lake.writer(purpose="test") as writer:
            for table, rows in self.lake.items():
                frame = pl.DataFrame(rows, schema=dict(TABLES[table].schema), strict=True)
                writer.upsert(table, frame.unique(TABLES[table].keys, keep="last", maintain_order=True))
        with workspace.ledger.write() as connection:
            for table, row in self.ledger:
                connection.execute(sa.insert(table).values(row))


def lake_value(kind: pl.DataType, name: str, number: int, mark: str) -> Any:
    """A value of that type."""
    if isinstance(kind, pl.String):
        return f'{{"page": "{mark}"}}' if name == "properties" else mark
    if isinstance(kind, pl.Date):
        return TODAY - timedelta(days=100)
    if isinstance(kind, pl.Datetime):
        return NOW
    if isinstance(kind, pl.Boolean):
        return False
    if isinstance(kind, pl.List):
        return []
    if isinstance(kind, pl.Float64):
        return 0.5
    return number % 100 if kind in (pl.Int8, pl.Int16) else number


def ledger_value(column: sa.Column[Any], number: int, mark: str) -> Any:
    """A value of the column's type; unique where a key wants it."""
    match column.type:
        case sa.JSON():
            return {"mark": mark}
        case Moment():
            return NOW
        case sa.Date():
            return TODAY
        case sa.LargeBinary():
            return number.to_bytes(16, "big")
        case sa.Boolean():
            return True
        case sa.String():
            unique = column.unique or column.primary_key or "digest" in column.name
            text = f"{mark}{number}" if unique else mark
            return text[: column.type.length] if column.type.length else text
        case _:
            return number
