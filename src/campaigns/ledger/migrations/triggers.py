"""Triggers that keep permission events and the audit append-only on both databases.

The one change that a row may see is its erasure: its free fields are emptied and `erased_at` is set, once,
and nothing else differs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class AppendOnly:
    """A table whose rows stay: `fixed` columns for ever, the others until they are erased.

    `emptied` gives what an erasure leaves of each free column, as SQL.
    """

    table: str
    fixed: tuple[str, ...]
    emptied: Mapping[str, str]
    called: str


PERMISSION_EVENTS = AppendOnly(
    table="permission_events",
    fixed=(
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
    ),
    emptied={"address_digest": "NULL", "method": "NULL", "evidence": "NULL", "details": "'{}'"},
    called="permission events are append-only",
)
AUDIT = AppendOnly(
    table="audit",
    fixed=("entry_id", "at", "action", "controller", "previous_digest", "erasable_digest", "digest"),
    emptied={"actor": "''", "person_id": "NULL", "details": "'{}'"},
    called="the audit is append-only",
)


def append_only(dialect: str, kept: AppendOnly = PERMISSION_EVENTS) -> Iterator[str]:
    """The statements that make the triggers, for `sqlite` or `postgresql`."""
    same = "IS" if dialect == "sqlite" else "IS NOT DISTINCT FROM"
    erasure = " AND ".join(
        [
            "OLD.erased_at IS NULL",
            "NEW.erased_at IS NOT NULL",
            *(f"NEW.{column} {same} OLD.{column}" for column in kept.fixed),
            *(f"{_text(column, dialect)} {same} {left}" for column, left in kept.emptied.items()),
        ]
    )
    yield from _sqlite(kept, erasure) if dialect == "sqlite" else _postgresql(kept, erasure)


def _text(column: str, dialect: str) -> str:
    """JSON has no equality on PostgreSQL."""
    return f"NEW.{column}::text" if column == "details" and dialect != "sqlite" else f"NEW.{column}"


def _sqlite(kept: AppendOnly, erasure: str) -> Iterator[str]:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{kept.called}'); END"
    table = kept.table
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
    yield f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} WHEN NOT ({erasure}) {refuse}"


def _postgresql(kept: AppendOnly, erasure: str) -> Iterator[str]:
    table = kept.table
    yield (
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{kept.called}'; END $$"
    )
    refuse = f"EXECUTE FUNCTION {table}_refuse()"
    yield f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}"
    yield (
        f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
        f"FOR EACH ROW WHEN (NOT ({erasure})) {refuse}"
    )
    yield f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}"
