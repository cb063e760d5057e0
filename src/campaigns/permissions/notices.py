"""Who has last seen which version of the privacy notice."""

from __future__ import annotations

import polars as pl

from campaigns.engine import Engine, queries
from campaigns.ledger import Ledger, notices
from campaigns.permissions import state
from campaigns.permissions.state import Words
from campaigns.settings.model import Settings

SEEN = "notices_seen"  # controller, person_id, version, newest: one row a person of the register


def make_seen(
    db: Engine, controller: str, *, settings: Settings, ledger: Ledger, words: Words | None = None
) -> None:
    """Make the table `notices_seen` for one register. `words` saves reading what people said again."""
    said = (words or state.words(ledger)).frame.lazy()
    with_consent = said.filter(
        pl.col("controller") == controller,
        pl.col("person_id").is_not_null(),
        pl.col("notice_version").is_not_null(),
    ).select("person_id", version="notice_version")
    with ledger.read() as connection:
        told = notices.told(connection, controller)
    db.register("notices_shown_frame", pl.concat([with_consent.unique().collect(), told]))
    versions = list(settings.controllers[controller].notices)
    statement = queries.load("campaigns.permissions", "notices.sql")["seen"]
    db.execute(statement, {"controller": controller, "versions": versions})


def newest(settings: Settings, controller: str) -> str:
    """The version of the notice that holds now; empty when the settings name none."""
    return next(reversed(settings.controllers[controller].notices), "")
