"""Retention of proof: the free fields of words about permission that ceased to hold long ago are emptied.

The word itself stays, with its channel, purpose and times: the chain needs it, and it names nobody by itself.
When a word ceases to hold:

* a consent: when its time ran out, when a later word on the same channel and purpose took its place, or when
  the person was deleted from the register because nothing was left to know them for;
* taking back a consent: when a later consent to the same was given;
* a restriction, an entry of a Robinson list, a topic that is not wanted: when it was lifted;
* a ban, an objection, an erasure: never. They are kept as long as they must be obeyed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

import polars as pl
import sqlalchemy as sa

from campaigns.ledger import audit
from campaigns.ledger.retention import empty_words
from campaigns.ledger.tables import permission_events as table
from campaigns.permissions.events import KINDS
from campaigns.rights.retention import Due, Work, by_controller
from campaigns.rights.retention_people import DELETED

AT_ONCE = 20_000
_COLUMNS = (
    "position",
    "controller",
    "person_id",
    "kind",
    "channel",
    "purpose",
    "occurred_at",
    "valid_until",
    "details",
)
_LIFTED_BY = {
    "restricted_all": "restriction_lifted",
    "restricted_marketing": "restriction_lifted",
    "objection_pending": "restriction_lifted",
    "robinson_post": "robinson_removed",
    "robinson_phone": "robinson_removed",
    "topic_unsubscribed": "topic_subscribed",
    "topic_subscribed": "topic_unsubscribed",
    "cookie_consent": "cookie_consent",
}
_CONSENT = [word.kind for word in KINDS.values() if word.family == "consent" and word.kind != "requested"]
_GIVING = [word.kind for word in KINDS.values() if word.family == "consent" and word.widens]
_OWNER = ["controller", "person_id"]


def permission_proof(work: Work) -> Iterator[Due]:
    """Proof of words, from the day they ceased to hold."""
    before = work.moment("permission_proof")
    with work.ledger.read() as connection:
        deleted = _deleted(audit.frame(connection, action=DELETED))
        words = work.ledger.frame(connection, sa.select(*(table.c[name] for name in _COLUMNS)))
        filled = set(
            connection.scalars(
                sa.select(table.c.position).where(
                    table.c.erased_at.is_(None),
                    table.c.evidence.is_not(None) | table.c.method.is_not(None),
                    table.c.occurred_at < before,
                )
            )
        )
    over = ceased(words, deleted, now=work.now)
    old = over.filter(pl.col("position").is_in(list(filled)) & (pl.col("ceased_at") < before))
    if not work.dry:
        for some in old.iter_slices(AT_ONCE):
            with work.ledger.write() as connection:
                empty_words(connection, some["position"], now=work.now)
    yield from by_controller("permission_proof", "permission_events", old)


def ceased(words: pl.DataFrame, deleted: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """When words ceased to hold: `position, controller, ceased_at`; those that still do are not there."""
    said = words.filter(pl.col("person_id").is_not_null()).with_columns(
        about=pl.col("details").str.json_path_match("$.about")
    )
    consents = said.filter(pl.col("kind").is_in(_CONSENT))
    ends = pl.concat(
        [
            _ended(consents.filter(pl.col("kind").is_in(_GIVING)), consents, _covers()),
            _ended(
                consents.filter(~pl.col("kind").is_in(_GIVING)),
                consents.filter(pl.col("kind").is_in(_GIVING)),
                _covers(),
            ),
            *(
                _ended(said.filter(kind=kind), said.filter(kind=lifting), _same_topic())
                for kind, lifting in _LIFTED_BY.items()
            ),
            said.filter(pl.col("valid_until") <= now).select(
                "position", "controller", ceased_at="valid_until"
            ),
            said.filter(pl.col("kind").is_in(_GIVING))
            .join(deleted, on=_OWNER)
            .select("position", "controller", ceased_at="deleted_at"),
        ]
    )
    return ends.group_by("position", "controller").agg(pl.col("ceased_at").min()).sort("position")


def _ended(words: pl.DataFrame, later: pl.DataFrame, same: pl.Expr) -> pl.DataFrame:
    """Words after which the same person said something that takes their place."""
    pairs = words.join(later, on=_OWNER, suffix="_later")
    after = (pl.col("occurred_at_later") > pl.col("occurred_at")) & same
    return pairs.filter(after).select("position", "controller", ceased_at="occurred_at_later")


def _covers() -> pl.Expr:
    """The later word is about all that the earlier one is about."""
    return pl.all_horizontal(
        pl.col(f"{name}_later").is_null() | pl.col(f"{name}_later").eq_missing(pl.col(name))
        for name in ("channel", "purpose")
    )


def _same_topic() -> pl.Expr:
    return pl.col("about").eq_missing(pl.col("about_later"))


def _deleted(entries: pl.DataFrame) -> pl.DataFrame:
    """Who was deleted by retention, and when, as the audit tells."""
    rows = [
        (entry["controller"], person_id, entry["at"])
        for entry in entries.iter_rows(named=True)
        for person_id in json.loads(entry["details"]).get("persons", ())
    ]
    schema = pl.Schema(
        {"controller": pl.String(), "person_id": pl.Int64(), "deleted_at": pl.Datetime("us", "UTC")}
    )
    return pl.DataFrame(rows, schema=schema, orient="row")
