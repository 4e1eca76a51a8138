"""Tenants have a plan, agreed limits, a tier, a status and a version.

Tenants from before are active and keep the limits of the largest plan, which
was everybody's.

Revision: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns.

    With defaults of the database's own, because SQLite adds such columns in
    place; to copy the table would mean to drop what API keys refer to.
    """
    for name, kind, default in (
        ("plan", sa.String(20), "enterprise"),
        ("agreed", sa.Text(), "{}"),
        ("tier", sa.String(20), "small"),
        ("status", sa.String(20), "active"),
        ("version", sa.Integer(), "1"),
    ):
        op.add_column("tenant", sa.Column(name, kind, nullable=False, server_default=default))


def downgrade() -> None:
    """Drop them."""
    for name in ("version", "status", "tier", "agreed", "plan"):
        op.drop_column("tenant", name)
