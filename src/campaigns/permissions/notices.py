"""Who has last seen which version of the privacy notice."""

from __future__ import annotations

from campaigns.engine import Engine, queries
from campaigns.ledger import Ledger, notices
from campaigns.settings.model import Settings

SEEN = "notices_seen"  # controller, person_id, version, newest: one row a person of the register


def make_seen(db: Engine, controller: str, *, settings: Settings, ledger: Ledger) -> None:
    """Make the table `notices_seen` for one register."""
    with ledger.read() as connection:
        db.register("notices_shown_frame", notices.shown(connection, controller))
    versions = list(settings.controllers[controller].notices)
    statement = queries.load("campaigns.permissions", "notices.sql")["seen"]
    db.execute(statement, {"controller": controller, "versions": versions})


def newest(settings: Settings, controller: str) -> str:
    """The version of the notice that holds now; empty when the settings name none."""
    return next(reversed(settings.controllers[controller].notices), "")
