"""People whose data is only stored (Art. 18): for marketing they are in no audience, count or list.

Of a service message they stay in sight, since a person has to look at each: the permission rules say so.
"""

from __future__ import annotations

import polars as pl

from campaigns.engine import Engine
from campaigns.permissions.state import Words
from campaigns.settings.model import MARKETING_KINDS

KINDS = ("restricted_all", "restricted_marketing", "objection_pending")
CODE = "RESTRICTED"


def people(words: Words, controller: str, message_kind: str) -> pl.Series:
    """The `person_id` of those who may not even be counted for such a message."""
    if message_kind not in MARKETING_KINDS:
        return pl.Series("person_id", [], dtype=pl.Int64)
    lifted = pl.col("kind") == "restriction_lifted"
    said = words.frame.filter(
        pl.col("controller") == controller,
        pl.col("kind").is_in(KINDS) | lifted,
        pl.col("person_id").is_not_null(),
    )
    latest = said.group_by("person_id").agg(
        said_at=pl.col("occurred_at").filter(~lifted).max(),
        lifted_at=pl.col("occurred_at").filter(lifted).max(),
    )
    # At one instant the restriction wins, as in `facts.sql`.
    stands = pl.col("said_at").is_not_null() & (pl.col("said_at") >= pl.col("lifted_at")).fill_null(
        value=True
    )
    return latest.filter(stands)["person_id"].sort()


def leave_out(db: Engine, words: Words, controller: str, message_kind: str) -> None:
    """Take them out of the verdicts before anything is counted."""
    found = people(words, controller, message_kind)
    if found.is_empty():
        return
    db.register("restricted_people", found.to_frame())
    db.execute("DELETE FROM verdicts WHERE person_id IN (SELECT person_id FROM restricted_people)")
