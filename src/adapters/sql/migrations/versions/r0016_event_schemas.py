"""The tables of event schemas.

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TABLES = ("event_schema_position", "event_schema", "event_schema_version")
TENANT = "(SELECT current_setting('sightline.tenant', true))"
ACROSS = "(SELECT current_setting('sightline.scope', true)) = 'all'"
KEY = ("tenant_id", "event_type", "major", "minor")


def upgrade() -> None:
    """Create the tables, each showing a tenant its own rows only."""
    plain = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "event_schema_version",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("event_type", plain, nullable=False),
        sa.Column("major", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("minor", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name=op.f("pk_event_schema_version")),
    )
    op.create_table(
        "event_schema",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("event_type", plain, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("major", sa.Integer(), nullable=False),
        sa.Column("minor", sa.Integer(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("modes", sa.Text(), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "event_type", name=op.f("pk_event_schema")),
        sa.ForeignKeyConstraint(
            KEY,
            [f"event_schema_version.{name}" for name in KEY],
            name=op.f("fk_event_schema_tenant_id_event_schema_version"),
        ),
    )
    op.create_index("ix_event_schema_tenant_id_position", "event_schema", ["tenant_id", "position"])
    op.create_table(
        "event_schema_position",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_event_schema_position")),
    )
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            _isolate(table)


def downgrade() -> None:
    """Drop them."""
    for table in TABLES:
        op.drop_table(table)


def _isolate(table: str) -> None:
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(
        f'CREATE POLICY tenant_isolation ON "{table}" USING (tenant_id = {TENANT} OR {ACROSS})'
    )
