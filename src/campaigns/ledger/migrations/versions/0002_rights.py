"""Requests about rights, disclosures, and an audit that cannot be changed unseen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from campaigns.ledger.migrations.triggers import AUDIT, append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite fills only INTEGER PRIMARY KEY by itself; PostgreSQL wants 64 bits.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables and chain the audit from here on."""
    _rights_requests()
    _disclosures()
    for column in ("previous_digest", "erasable_digest", "digest"):
        op.add_column("audit", sa.Column(column, sa.String(length=64), nullable=True))
    op.add_column("audit", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    for statement in append_only(op.get_bind().dialect.name, AUDIT):
        op.execute(statement)


def _rights_requests() -> None:
    op.create_table(
        "rights_requests",
        sa.Column("request_id", KEY, nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("handled_by", sa.String(length=128), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_digest", sa.String(length=64), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'done', 'refused')", name="rights_requests_state"),
        sa.PrimaryKeyConstraint("request_id"),
    )
    op.create_index("rights_requests_person", "rights_requests", ["controller", "person_id"], unique=False)
    op.create_index("rights_requests_due", "rights_requests", ["state", "due_on"], unique=False)


def _disclosures() -> None:
    op.create_table(
        "disclosures",
        sa.Column("disclosure_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("controller", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("what", sa.String(length=128), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("disclosure_id"),
    )
    op.create_table(
        "disclosed_people",
        sa.Column("disclosure_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("person_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("disclosure_id", "person_id"),
    )
    op.create_index("disclosed_people_person", "disclosed_people", ["person_id"], unique=False)
