"""Triggers that keep permission events append-only on both databases.

The one change that an event may see is erasure: its free fields are emptied and `erased_at` is set, once,
and nothing else differs.
"""

from __future__ import annotations

from collections.abc import Iterator

FIXED = (
    "position",
    "event_id",
    "controller",
    "person_id",
    "kind",
    "channel",
    "purpose",
    "scope",
    "occurred_at",
    "recorded_at",
    "valid_until",
    "source",
    "text_version",
    "text_language",
    "notice_version",
    "previous_digest",
    "erasable_digest",
    "digest",
)
EMPTIED = ("address_digest", "method", "evidence")
REFUSAL = "permission events are append-only"


def append_only(dialect: str) -> Iterator[str]:
    """The statements that make the triggers, for `sqlite` or `postgresql`."""
    same, details = (
        ("IS", "NEW.details") if dialect == "sqlite" else ("IS NOT DISTINCT FROM", "NEW.details::text")
    )
    erasure = " AND ".join(
        [
            "OLD.erased_at IS NULL",
            "NEW.erased_at IS NOT NULL",
            *(f"NEW.{column} {same} OLD.{column}" for column in FIXED),
            *(f"NEW.{column} IS NULL" for column in EMPTIED),
            f"{details} = '{{}}'",
        ]
    )
    yield from _sqlite(erasure) if dialect == "sqlite" else _postgresql(erasure)


def _sqlite(erasure: str) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    yield f"CREATE TRIGGER permission_events_no_delete BEFORE DELETE ON permission_events {refuse}"
    yield (
        "CREATE TRIGGER permission_events_no_update BEFORE UPDATE ON permission_events "
        f"WHEN NOT ({erasure}) {refuse}"
    )


def _postgresql(erasure: str) -> Iterator[str]:
    yield (
        "CREATE FUNCTION permission_events_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    refuse = "EXECUTE FUNCTION permission_events_refuse()"
    yield (
        f"CREATE TRIGGER permission_events_no_delete BEFORE DELETE ON permission_events FOR EACH ROW {refuse}"
    )
    yield (
        "CREATE TRIGGER permission_events_no_update BEFORE UPDATE ON permission_events "
        f"FOR EACH ROW WHEN (NOT ({erasure})) {refuse}"
    )
    yield (
        "CREATE TRIGGER permission_events_no_truncate BEFORE TRUNCATE ON permission_events "
        f"FOR EACH STATEMENT {refuse}"
    )
