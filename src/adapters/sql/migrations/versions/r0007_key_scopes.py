"""Keys have scopes, an end, a last use and a successor.

Keys that were made before could do everything that a tenant can, so they become
keys of admins.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

#: What the role `admin` held when this revision was written.
EVERYTHING = (
    "audit:read energy:read jobs:read jobs:write keys:read keys:write metrics:read "
    "properties:read properties:write usage:read"
)


def upgrade() -> None:
    """Add the columns."""
    with op.batch_alter_table("api_key") as table:
        table.add_column(sa.Column("scopes", sa.Text(), nullable=True))
        table.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("replaced_by", sa.String(64), nullable=True))
    keys = sa.table("api_key", sa.column("scopes", sa.Text()))
    op.execute(sa.update(keys).values(scopes=EVERYTHING))
    with op.batch_alter_table("api_key") as table:
        table.alter_column("scopes", existing_type=sa.Text(), nullable=False)


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("api_key") as table:
        for name in ("replaced_by", "last_used_at", "expires_at", "scopes"):
            table.drop_column(name)
