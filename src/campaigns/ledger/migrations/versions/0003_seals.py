"""Decisions and suppressions that cannot be changed unseen."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the keyed digest of each row."""
    op.add_column("decisions", sa.Column("digest", sa.String(length=32), nullable=True))
    op.add_column("suppressions", sa.Column("digest", sa.String(length=64), nullable=True))
