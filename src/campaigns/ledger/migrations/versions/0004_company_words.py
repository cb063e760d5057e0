"""An index over the few events that concern everybody of a company: a sender reads them for each window."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ONLY = sa.text("kind = 'ban_company'")


def upgrade() -> None:
    """Create the index."""
    op.create_index(
        "permission_events_company",
        "permission_events",
        ["controller", "kind"],
        unique=False,
        sqlite_where=ONLY,
        postgresql_where=ONLY,
    )
