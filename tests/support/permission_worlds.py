"""Small worlds for permission tests: people, what they said, and decisions about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from campaigns import engine
from campaigns.engine import Engine
from campaigns.lake import Lake
from campaigns.lake.schemas import TABLES
from campaigns.ledger import Ledger
from campaigns.ledger.permission_events import PermissionEvent
from campaigns.ledger.tables import suppressions
from campaigns.permissions import state
from campaigns.permissions.deciding import decide
from campaigns.permissions.requests import Request
from campaigns.permissions.state import Words
from campaigns.settings.model import Settings

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
A, B = "lahti_energia", "sahkoverkko"


def event(event_id: str, kind: str, **fields: Any) -> PermissionEvent:
    """Something person 1 of the retail company said ten days ago; name what is otherwise."""
    days = fields.pop("days", 10.0)
    usual = {
        "controller": A,
        "person_id": 1,
        "occurred_at": NOW - timedelta(days=days),
        "recorded_at": NOW - timedelta(days=fields.pop("recorded_days", days)),
        "source": "crm",
        "evidence": "form",
    }
    about = fields.pop("about", "")
    return PermissionEvent(
        event_id=event_id, kind=kind, details={"about": about} if about else {}, **{**usual, **fields}
    )


def granted(event_id: str = "g", **fields: Any) -> PermissionEvent:
    """A proven consent to e-mail marketing."""
    return event(event_id, "granted", **{"channel": "email", "purpose": "direct_marketing", **fields})


def words(events: Sequence[PermissionEvent], *, suppressed: pl.DataFrame | None = None) -> Words:
    """Events as the ledger would give them, in that order, without a ledger."""
    rows = [
        {
            **{name: value for name, value in asdict(each).items() if name not in ("details", "evidence")},
            "position": position,
            "details": json.dumps(dict(each.details)),
            "has_evidence": each.evidence is not None,
        }
        for position, each in enumerate(events, start=1)
    ]
    moment = pl.Datetime("us", "UTC")
    schema: dict[str, Any] = dict(state.WORDS.items())
    schema |= {"method": pl.String, "event_id": pl.String, "details": pl.String}
    wanted = [
        name for name in schema if name not in ("family", "widens", "by_form", "flawed", "about", "tie")
    ]
    frame = (
        pl.DataFrame(rows, schema={name: schema[name] for name in wanted})
        if rows
        else pl.DataFrame(schema={name: schema[name] for name in wanted})
    )
    none = pl.DataFrame(
        schema={
            column.name: moment
            if column.name == "recorded_at"
            else pl.Int64
            if "id" in column.name or column.name == "position"
            else pl.String
            for column in suppressions.columns
        }
    )
    return Words(
        position=len(rows),
        frame=state.shorten(frame),
        suppressions=none if suppressed is None else suppressed,
    )


def people(
    count: int = 1, *, controller: str = A, relationship: str = "customer", **person: Any
) -> dict[str, pl.DataFrame]:
    """`count` ordinary people with an e-mail address, a telephone and a postal address each."""
    ids = range(1, count + 1)
    known = date(2024, 1, 1)
    rows = {
        "persons": [
            {"person_id": n, "kind": "consumer", "informed_by": "2023", "registered_on": known, **person}
            for n in ids
        ],
        "contact_points": [
            {"person_id": n, "channel": channel, "value": value, "source": "crm", "deliverable": True}
            for n in ids
            for channel, value in (
                ("email", f"p{n}@example.com"),
                ("sms", f"+35840{n:06d}"),
                ("phone", f"+35840{n:06d}"),
                ("letter", f"Katu {n}\n15140 LAHTI"),
            )
        ],
        "relationships": [{"person_id": n, "kind": relationship, "start_date": known} for n in ids],
        "roles": [],
    }
    return {name: table(name, listed, controller=controller) for name, listed in rows.items()}


def table(name: str, rows: Iterable[dict[str, Any]], *, controller: str = A) -> pl.DataFrame:
    """Rows of a table of the lake; what is not named is NULL."""
    return pl.DataFrame([{"controller": controller, **row} for row in rows], schema=dict(TABLES[name].schema))


@contextmanager
def world(folder: Path, tables: dict[str, pl.DataFrame]) -> Iterator[Engine]:
    """An engine over these tables."""
    with (
        Lake(folder / "lake").snapshot() as snapshot,
        engine.connect(snapshot, frames=tables, threads=1) as db,
    ):
        yield db


def request(**fields: Any) -> Request:
    """E-mail marketing of the retail company, now."""
    usual = {
        "controller": A,
        "purpose": "direct_marketing",
        "message_kind": "marketing",
        "channels": ("email",),
        "profiled": False,
        "at": NOW,
    }
    return Request(**{**usual, **fields})


def codes(
    db: Engine,
    asked: Request,
    said: Sequence[PermissionEvent] | Words,
    *,
    settings: Settings,
    ledger: Ledger,
    persons: Sequence[int] | None = None,
) -> dict[tuple[int, str], str]:
    """The code of each person and channel."""
    known = said if isinstance(said, Words) else words(said)
    ids = (
        None
        if persons is None
        else pl.DataFrame({"person_id": list(persons)}, schema={"person_id": pl.Int64})
    )
    answers = decide(db, asked, ids, settings=settings, ledger=ledger, words=known)
    return {(row["person_id"], row["channel"]): row["code"] for row in answers.iter_rows(named=True)}
