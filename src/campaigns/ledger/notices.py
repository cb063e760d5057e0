"""Which version of a privacy notice messages have told people of, and what the texts were."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa

from campaigns.ledger.database import Ledger
from campaigns.ledger.tables import messages as message_table
from campaigns.ledger.tables import meta, plans

if TYPE_CHECKING:
    import polars as pl

PART = "notice"  # of a plan's parts: the version that its messages tell of
_MARK = "notice_text:"


def told(connection: sa.Connection, controller: str) -> pl.DataFrame:
    """`person_id, version`, each once: told of by a message that was sent."""
    version = plans.c.parts[PART].as_string()
    sent = (
        sa.select(message_table.c.person_id, version.label("version"))
        .join(plans, plans.c.plan_id == message_table.c.plan_id)
        .where(
            message_table.c.controller == controller, message_table.c.state == "sent", version.is_not(None)
        )
    )
    return Ledger.of(connection).frame(connection, sent).unique()


def texts(connection: sa.Connection, wanted: Iterable[str]) -> dict[str, str]:
    """The digest that each of these texts had when it was first used; those never used are not in it."""
    keys = {_key(connection, text): text for text in wanted}
    select = sa.select(meta.c.name, meta.c.value).where(meta.c.name.in_(keys))
    return {keys[row.name]: str(row.value) for row in connection.execute(select)}


def keep_text(connection: sa.Connection, text: str, digest: str) -> None:
    """From now on this is what the text was; `text` names it: controller, version and language."""
    connection.execute(sa.insert(meta).values(name=_key(connection, text), value=digest))


def _key(connection: sa.Connection, text: str) -> str:
    return _MARK + Ledger.of(connection).digest("notice_text", text)[:32]
