"""Jobs tell in whose trace they are done.

Revision: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("job", sa.Column("trace", sa.Text(), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("job", "trace")
