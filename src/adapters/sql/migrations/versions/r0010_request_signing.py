"""How keys sign their requests, and which nonces were used.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    with op.batch_alter_table("api_key") as table:
        table.add_column(sa.Column("signing_algorithm", sa.String(20), nullable=True))
        table.add_column(sa.Column("signing_required", sa.Boolean(), nullable=True))
        table.add_column(sa.Column("signing_material", sa.LargeBinary(), nullable=True))
    op.create_table(
        "request_nonce",
        sa.Column("tenant_id", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(64), nullable=False),
        sa.Column("nonce", sa.String(128), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key_id", "nonce", name=op.f("pk_request_nonce")),
    )
    op.create_index(op.f("ix_request_nonce_until"), "request_nonce", ["until"], unique=False)


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_request_nonce_until"), table_name="request_nonce")
    op.drop_table("request_nonce")
    with op.batch_alter_table("api_key") as table:
        for name in ("signing_material", "signing_required", "signing_algorithm"):
            table.drop_column(name)
