"""Every row about one person in one controller's register: whatever tables there are, by the same two rules.

Of the lake each table that is `personal`, of the ledger each that has a `person_id`. A table that somebody
adds later is in the answer without a word here; one that names no controller must say how it is reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.lake.schemas import TABLES
from campaigns.ledger.tables import disclosed_people, disclosures, metadata

if TYPE_CHECKING:
    from campaigns.engine import Engine

Rows = list[dict[str, Any]]

# What says nothing about the person but how the ledger keeps itself whole, moves messages, or who of us
# worked; and the key of unsubscribe links, which opens more than it tells.
_MECHANICS = frozenset(
    {"digest", "previous_digest", "erasable_digest", "address_digest", "token_key", "natural_key"}
    | {"worker", "boot_id", "batch", "epoch", "lease_until", "lease_boottime", "together"}
    | {"actor", "handled_by"}
)


def of_lake(db: Engine, controller: str, person_id: int) -> dict[str, Rows]:
    """The person's rows of every personal table of the lake, by table, in the order of its keys."""
    found = {}
    for name, table in TABLES.items():
        if table.personal:
            order = ", ".join(f'"{key}"' for key in table.keys)
            query = (
                f'SELECT * EXCLUDE (controller) FROM "{name}" '
                f"WHERE controller = $controller AND person_id = $person_id ORDER BY {order}"
            )
            asked = {"controller": controller, "person_id": person_id}
            found[name] = db.query(query, asked).to_dicts()
    return found


def of_ledger(connection: sa.Connection, controller: str, person_id: int) -> dict[str, Rows]:
    """The person's rows of every table of the ledger that has people, by table, in the order of its keys."""
    return {
        table.name: [
            _told(dict(row._mapping)) for row in connection.execute(_select(table, controller, person_id))
        ]
        for table in metadata.sorted_tables
        if "person_id" in table.c
    }


def _select(table: sa.Table, controller: str, person_id: int) -> sa.Select[Any]:
    mine = table.c.person_id == person_id
    order = list(table.primary_key.columns)
    if table is disclosed_people:  # an id alone says nothing: whose register it was is in the disclosure
        both = disclosed_people.join(
            disclosures, disclosures.c.disclosure_id == disclosed_people.c.disclosure_id
        )
        select = sa.select(disclosures).select_from(both)
        return select.where(mine, disclosures.c.controller == controller).order_by(*order)
    return sa.select(table).where(mine, table.c.controller == controller).order_by(*order)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in _MECHANICS}
