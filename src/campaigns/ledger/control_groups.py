"""Who was kept out of a mailing on purpose, so that its effect can be measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import control_groups as table

if TYPE_CHECKING:
    import polars as pl


def keep(
    connection: sa.Connection,
    *,
    controller: str,
    mailing: str,
    occurrence: str,
    plan_id: int,
    members: Iterable[tuple[str, int]],
    now: datetime,
) -> None:
    """Write down the members, as (group name, person_id)."""
    shared: Mapping[str, Any] = {
        "controller": controller,
        "mailing": mailing,
        "occurrence": occurrence,
        "plan_id": plan_id,
        "drawn_at": now,
    }
    rows = [{**shared, "group_name": group, "person_id": person_id} for group, person_id in members]
    if rows:
        connection.execute(sa.insert(table), rows)


def drop(connection: sa.Connection, plan_id: int) -> int:
    """Forget the members that a plan which never left had drawn; how many there were."""
    return connection.execute(sa.delete(table).where(table.c.plan_id == plan_id)).rowcount


def frame(connection: sa.Connection, mailing: str) -> pl.DataFrame:
    """The members of all occurrences of a mailing."""
    select = sa.select(table).where(table.c.mailing == mailing)
    return Ledger.of(connection).frame(
        connection, select.order_by(table.c.occurrence, table.c.group_name, table.c.person_id)
    )


def count(connection: sa.Connection, plan_id: int) -> int:
    """How many a plan drew."""
    select = sa.select(sa.func.count()).where(table.c.plan_id == plan_id)
    return int(connection.execute(select).scalar_one())
