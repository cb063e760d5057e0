"""What became of the messages of some mailings: who received them, and whose links were clicked.

A message counts as received when it was sent, is leaving now, or may have arrived (`unknown`); not when a
provider said later that it came back.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.lists import among
from campaigns.ledger.tables import messages, plans, responses

if TYPE_CHECKING:
    import polars as pl

ARRIVED = ("handing_over", "sent", "unknown")
KIND = "kind"  # the part of a plan that says what kind of message it sends


def mailings(connection: sa.Connection) -> list[str]:
    """The names of all mailings that a plan was ever made of, ascending."""
    return list(connection.scalars(sa.select(plans.c.mailing).distinct().order_by(plans.c.mailing)))


def plans_of(
    connection: sa.Connection, controller: str, names: Collection[str], kinds: Collection[str] = ()
) -> pl.DataFrame:
    """The plans of mailings of these names, or of these kinds:

    `plan_id, controller, mailing, kind, created_at`.
    """
    import polars as pl

    from campaigns.ledger.frames import MOMENT

    columns = (plans.c.plan_id, plans.c.mailing, plans.c.parts, plans.c.created_at)
    select = sa.select(*columns).where(plans.c.controller == controller)
    rows = [
        (plan_id, controller, mailing, parts.get(KIND), created_at)
        for plan_id, mailing, parts, created_at in connection.execute(select)
        if mailing in names or parts.get(KIND) in kinds
    ]
    schema = {"plan_id": pl.Int64, "controller": pl.String, "mailing": pl.String, "kind": pl.String}
    return pl.DataFrame(rows, schema={**schema, "created_at": MOMENT}, orient="row")


def received(connection: sa.Connection, of: pl.DataFrame) -> pl.DataFrame:
    """One row a message that arrived: `controller, mailing, kind, person_id, handed_over_at`."""
    import polars as pl

    from campaigns.ledger.frames import MOMENT

    returned = sa.select(responses.c.message_id).where(
        responses.c.kind == "bounced",
        responses.c.mailing.in_(of["mailing"].unique().to_list()),
        responses.c.message_id.is_not(None),
    )
    when = sa.func.coalesce(messages.c.handed_over_at, messages.c.finished_at)
    select = sa.select(messages.c.person_id, _seconds(connection, when).label("handed_over_at")).where(
        messages.c.plan_id == sa.bindparam("plan"),
        messages.c.state.in_(ARRIVED),
        messages.c.message_id.not_in(returned),
    )
    ledger = Ledger.of(connection)
    # A plan at a time: a million people with two numbers each are in memory as Python's own objects.
    found = [
        ledger.frame(connection, select.params(plan=plan_id)).with_columns(plan_id=pl.lit(plan_id))
        for plan_id in of["plan_id"]
    ]
    kinds = pl.Schema(dict.fromkeys(("person_id", "handed_over_at", "plan_id"), pl.Int64))
    rows = pl.concat([pl.DataFrame(schema=kinds), *(part.cast(kinds) for part in found)])
    moment = (pl.col("handed_over_at") * 1_000_000).cast(MOMENT)
    # A message that is leaving now has no time yet.
    return rows.join(of, on="plan_id").select(
        "controller", "mailing", "kind", "person_id", moment.fill_null(pl.col("created_at"))
    )


def _seconds(connection: sa.Connection, moment: sa.ColumnElement[Any]) -> sa.ColumnElement[int]:
    """A moment as seconds since 1970: a number is read in a third of the time that a text takes."""
    if connection.dialect.name == "sqlite":
        return sa.cast(sa.func.strftime("%s", moment), sa.BigInteger)
    return sa.cast(sa.func.floor(sa.extract("epoch", moment)), sa.BigInteger)


def clicked(connection: sa.Connection, of: pl.DataFrame) -> pl.DataFrame:
    """One row a click on a link of these mailings: `controller, mailing, kind, person_id, clicked_at`."""
    mailings = of.select("controller", "mailing", "kind").unique(["controller", "mailing"])
    select = sa.select(
        responses.c.controller,
        responses.c.mailing,
        responses.c.person_id,
        responses.c.occurred_at.label("clicked_at"),
    ).where(
        responses.c.kind == "clicked",
        responses.c.mailing.in_(mailings["mailing"].to_list()),
        responses.c.person_id.is_not(None),
    )
    rows = Ledger.of(connection).frame(connection, select)
    joined = rows.join(mailings, on=["controller", "mailing"])
    return joined.select("controller", "mailing", "kind", "person_id", "clicked_at")


def position(connection: sa.Connection, of: pl.DataFrame) -> str:
    """How far these mailings have come: another text as soon as `received` or `clicked` has other rows."""
    mine = among(connection, messages.c.plan_id, of["plan_id"].to_list())
    states = sa.select(messages.c.plan_id, messages.c.state, sa.func.count()).where(mine)
    answers = sa.select(
        responses.c.mailing, responses.c.kind, sa.func.count(), sa.func.max(responses.c.response_id)
    )
    answers = answers.where(
        responses.c.kind.in_(("bounced", "clicked")),
        responses.c.mailing.in_(of["mailing"].unique().to_list()),
    )
    found = [
        connection.execute(states.group_by(messages.c.plan_id, messages.c.state)).all(),
        connection.execute(answers.group_by(responses.c.mailing, responses.c.kind)).all(),
    ]
    return json.dumps([sorted(map(list, rows)) for rows in found])
