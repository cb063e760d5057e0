"""The random key of each person that links carry: names nobody, and is gone at erasure."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from campaigns.ledger import journal
from campaigns.ledger.database import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.tables import person_tokens as table

SIZE = 16


def token_keys(
    connection: sa.Connection,
    controller: str,
    person_ids: Iterable[int],
    *,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> dict[int, bytes]:
    """The token key of each person; those who have none get one. Needs a writing connection."""
    asked = list(dict.fromkeys(person_ids))
    found = _existing(connection, controller, asked)
    missing = [person_id for person_id in asked if person_id not in found]
    if missing:
        made = {person_id: random(SIZE) for person_id in missing}
        rows = [
            {"token_key": token_key, "controller": controller, "person_id": person_id}
            for person_id, token_key in made.items()
        ]
        connection.execute(sa.insert(table), rows)
        journal.note(connection, _lines(connection, rows))
        found |= made
    return found


def _lines(connection: sa.Connection, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """So that links in mails that left after a backup still stop the mail when it was restored."""
    ledger = Ledger.of(connection)
    if ledger.journal is None:
        return []
    position = ledger.position(connection)
    return [
        {**row, "what": journal.TOKEN, "token_key": row["token_key"].hex(), "position": position}
        for row in rows
    ]


def person_of(connection: sa.Connection, token_key: bytes) -> tuple[str, int] | None:
    """Whose key it is: (controller, person_id); None for one that is unknown or erased."""
    return people_of(connection, [token_key]).get(token_key)


def people_of(connection: sa.Connection, token_keys: Iterable[bytes]) -> dict[bytes, tuple[str, int]]:
    """Whose keys they are, as `person_of`; those that are unknown or erased are not in it."""
    select = sa.select(table).where(table.c.token_key.in_(list(token_keys)))
    rows = connection.execute(select)
    return {bytes(row.token_key): (row.controller, row.person_id) for row in rows}


def drop(connection: sa.Connection, controller: str, person_ids: Iterable[int]) -> int:
    """Forget the keys of people who leave a register; how many there were."""
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    return connection.execute(sa.delete(table).where(mine)).rowcount


def _existing(connection: sa.Connection, controller: str, person_ids: list[int]) -> dict[int, bytes]:
    mine = (table.c.controller == controller) & among(connection, table.c.person_id, person_ids)
    rows = connection.execute(sa.select(table.c.person_id, table.c.token_key).where(mine))
    return {row.person_id: bytes(row.token_key) for row in rows}
