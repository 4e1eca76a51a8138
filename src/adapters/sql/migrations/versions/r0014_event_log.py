"""The tables of the event log.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TENANT = "(SELECT current_setting('sightline.tenant', true))"
ACROSS = "(SELECT current_setting('sightline.scope', true)) = 'all'"
TABLES = ("event_head", "event_ledger", "event_block", "event_request")


def upgrade() -> None:
    """Create the tables and their policies."""
    plain = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "event_head",
        sa.Column("tenant_id", plain, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_event_head")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_ledger",
        sa.Column("tenant_id", plain, nullable=False),
        sa.Column("event_id", plain, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=True),
        sa.Column("quarantined", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name=op.f("pk_event_ledger")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_event_ledger_quarantined",
        "event_ledger",
        ["tenant_id", "position"],
        sqlite_where=sa.column("quarantined"),
        postgresql_where=sa.column("quarantined"),
    )
    op.create_table(
        "event_block",
        sa.Column("tenant_id", plain, nullable=False),
        sa.Column("last_position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_position", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("events", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "last_position", name=op.f("pk_event_block")),
    )
    op.create_table(
        "event_request",
        sa.Column("tenant_id", plain, nullable=False),
        sa.Column("key", plain, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "key", name=op.f("pk_event_request")),
    )
    op.create_index("ix_event_request_received_at", "event_request", ["received_at"])
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            _isolate(table)


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _isolate(table: str) -> None:
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    own = f"tenant_id = {TENANT} OR {ACROSS}"
    op.execute(f'CREATE POLICY tenant_isolation ON "{table}" USING ({own})')
