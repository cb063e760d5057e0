"""What the record of processing counts in lake and ledger."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import disclosures
from campaigns.ledger.tables import messages, rights_requests
from campaigns.reports.counting import shown
from campaigns.reports.privacy_settings import titles
from campaigns.reports.privacy_words import PERSON_KINDS, RELATIONSHIPS, RIGHTS

if TYPE_CHECKING:
    from campaigns.ledger import Ledger
    from campaigns.mailings.parts import Parts

Row = dict[str, Any]


def of_words(counts: pl.DataFrame, controller: str) -> list[Row]:
    """The counts of one register, the largest first, each word with what it means."""
    mine = counts.filter(controller=controller).sort("people", "word", descending=[True, False])
    meaning = {**PERSON_KINDS, **RELATIONSHIPS}
    return [
        {"word": word, "title": meaning.get(word, word), "people": people}
        for word, people in mine.select("word", "people").iter_rows()
    ]


def hidden(row: Row) -> Row:
    """The same with a small count of people hidden."""
    return {**row, "people": shown(row["people"])}


def sent(ledger: Ledger) -> dict[str, int]:
    """How many messages ever went out by each channel."""
    select = sa.select(messages.c.channel, sa.func.count()).where(messages.c.state == "sent")
    with ledger.read() as connection:
        return {row[0]: row[1] for row in connection.execute(select.group_by(messages.c.channel))}


def disclosures_of(parts: Parts, controller: str, day: date) -> list[Row]:
    """What of this register others may be given, and how often they were."""
    with parts.ledger.read() as connection:
        made = disclosures.frame(connection, controller)
    rows = []
    for name, given in parts.settings.disclosures.items():
        if given.from_controller != controller:
            continue
        mine = made.filter(name=name)
        rows.append(
            {
                "name": name,
                "recipient": given.to,
                "purposes": list(given.purposes),
                "categories": list(given.categories),
                "data": titles(parts.settings, given.categories),
                "legal_basis": given.legal_basis,
                "valid_until": given.valid_until,
                "valid": day <= given.valid_until,
                "decided_by": given.decided_by,
                "date": given.date,
                "reason": given.reason,
                "made": len(mine),
                "persons": shown(int(mine["persons"].sum() or 0)),
                "last": None if mine.is_empty() else mine["at"].max(),
            }
        )
    return rows


def requests(ledger: Ledger, controller: str, day: date) -> Row:
    """Requests about rights by kind: open, overdue, done, refused."""
    table = rights_requests
    overdue = sa.case((sa.and_(table.c.state == "open", table.c.due_on < day), 1), else_=0)
    select = (
        sa.select(table.c.kind, table.c.state, sa.func.count(), sa.func.sum(overdue))
        .where(table.c.controller == controller)
        .group_by(table.c.kind, table.c.state)
    )
    kinds: dict[str, Row] = {
        kind: {"kind": kind, "title": title, "open": 0, "overdue": 0, "done": 0, "refused": 0}
        for kind, title in RIGHTS.items()
    }
    with ledger.read() as connection:
        for kind, state, number, late in connection.execute(select):
            kinds[kind][state] = number
            kinds[kind]["overdue"] += int(late)
    rows = list(kinds.values())
    totals = {name: sum(row[name] for row in rows) for name in ("open", "overdue", "done", "refused")}
    return {"by_kind": rows, **totals}
