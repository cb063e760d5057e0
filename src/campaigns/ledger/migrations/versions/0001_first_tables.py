"""The first tables of the ledger."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

from campaigns.ledger.migrations.triggers import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite fills only INTEGER PRIMARY KEY by itself; PostgreSQL wants 64 bits.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table, the clock at zero, and the ledger's random name."""
    _meta()
    _clock()
    _permission_events()
    _person_tokens()
    _suppressions()
    _plans()
    _messages()
    _decisions()
    _attempts()
    _control_groups()
    _responses()
    _audit()
    _first_rows()
    for statement in append_only(op.get_bind().dialect.name):
        op.execute(statement)


def _attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("attempt_id", KEY, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("attempt_id"),
    )
    op.create_index("attempts_message", "attempts", ["message_id"], unique=False)


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )


def _clock() -> None:
    op.create_table(
        "clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _control_groups() -> None:
    op.create_table(
        "control_groups",
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("group_name", sa.String(length=64), nullable=False),
        sa.Column("mailing", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("controller", "group_name", "mailing", "occurrence", "person_id"),
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("decision_id", KEY, nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("evidence", sa.BigInteger(), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("ledger_position", sa.BigInteger(), nullable=False),
        sa.Column("lake_snapshot", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("decision_id"),
    )
    op.create_index("decisions_message", "decisions", ["message_id"], unique=False)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("plan_id", sa.BigInteger(), nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("mailing", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=True),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("site_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("boot_id", sa.String(length=64), nullable=True),
        sa.Column("batch", sa.BigInteger(), nullable=True),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_boottime", sa.BigInteger(), nullable=True),
        sa.Column("together", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provider_id", sa.String(length=255), nullable=True),
        sa.Column("address_digest", sa.String(length=64), nullable=True),
        sa.Column("handed_over_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'queued', 'handing_over', 'sent', "
            "'deferred', 'failed', 'unknown', 'withheld')",
            name="messages_state",
        ),
        sa.PrimaryKeyConstraint("message_id"),
        sa.UniqueConstraint(
            "mailing", "occurrence", "controller", "person_id", "subject", "channel", name="messages_once"
        ),
    )
    op.create_index(
        "messages_address",
        "messages",
        ["address_digest"],
        unique=False,
        sqlite_where=sa.text("address_digest IS NOT NULL"),
        postgresql_where=sa.text("address_digest IS NOT NULL"),
    )
    op.create_index("messages_person", "messages", ["controller", "person_id"], unique=False)
    op.create_index("messages_queue", "messages", ["plan_id", "state", "message_id"], unique=False)


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def _permission_events() -> None:
    op.create_table(
        "permission_events",
        sa.Column("position", KEY, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("address_digest", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("purpose", sa.String(length=32), nullable=True),
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=True),
        sa.Column("text_version", sa.String(length=64), nullable=True),
        sa.Column("text_language", sa.String(length=2), nullable=True),
        sa.Column("notice_version", sa.String(length=32), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_digest", sa.String(length=64), nullable=True),
        sa.Column("erasable_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index(
        "permission_events_person", "permission_events", ["controller", "person_id"], unique=False
    )


def _person_tokens() -> None:
    op.create_table(
        "person_tokens",
        sa.Column("token_key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token_key"),
        sa.UniqueConstraint("controller", "person_id", name="person_tokens_person"),
    )


def _plans() -> None:
    op.create_table(
        "plans",
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("mailing", sa.String(length=64), nullable=False),
        sa.Column("occurrence", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("lake_snapshot", sa.BigInteger(), nullable=False),
        sa.Column("ledger_position", sa.BigInteger(), nullable=False),
        sa.Column("rule_version", sa.String(length=64), nullable=False),
        sa.Column("decided_on", sa.String(length=10), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=128), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.String(length=128), nullable=True),
        sa.CheckConstraint(
            "state IN ('building', 'waiting', 'approved', 'paused', 'cancelled', 'done')", name="plans_state"
        ),
        sa.PrimaryKeyConstraint("plan_id"),
    )
    op.create_index("plans_mailing", "plans", ["mailing", "occurrence"], unique=False)


def _responses() -> None:
    op.create_table(
        "responses",
        sa.Column("response_id", KEY, nullable=False),
        sa.Column("natural_key", sa.String(length=128), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("mailing", sa.String(length=64), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("response_id"),
        sa.UniqueConstraint("natural_key"),
    )
    op.create_index("responses_mailing", "responses", ["mailing", "kind"], unique=False)
    op.create_index("responses_person", "responses", ["controller", "person_id"], unique=False)


def _suppressions() -> None:
    op.create_table(
        "suppressions",
        sa.Column("position", KEY, autoincrement=False, nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("address_digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("controller", "channel", "address_digest", "reason", name="suppressions_address"),
    )


def _first_rows() -> None:
    meta = sa.table("meta", sa.column("name"), sa.column("value"))
    op.bulk_insert(meta, [{"name": "identity", "value": secrets.token_hex(16)}])
    clock = sa.table("clock", sa.column("id"), sa.column("position"))
    op.bulk_insert(clock, [{"id": 1, "position": 0}])
