"""Users with their attributes, metrics with their values, and where both stand.

Revision: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TENANT = "(SELECT current_setting('sightline.tenant', true))"
ACROSS = "(SELECT current_setting('sightline.scope', true)) = 'all'"
TABLES = ("kept_position", "users", "user_attribute", "metric_definition", "metric_value")


def upgrade() -> None:
    """Create the tables."""
    plain = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "kept_position",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "subject", name=op.f("pk_kept_position")),
    )
    _create_users(plain)
    _create_metrics(plain)
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
            op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
            own = f"tenant_id = {TENANT} OR {ACROSS}"
            op.execute(f'CREATE POLICY tenant_isolation ON "{table}" USING ({own})')


def downgrade() -> None:
    """Drop them."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_users(plain: sa.types.TypeEngine[str]) -> None:
    op.create_table(
        "users",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("user_id", plain, nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name=op.f("pk_users")),
    )
    op.create_index("ix_users_tenant_id_version", "users", ["tenant_id", "version"])
    op.create_table(
        "user_attribute",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", plain, nullable=False),
        sa.Column("user_id", plain, nullable=False),
        sa.Column("text", plain, nullable=False),
        sa.Column("lowered", plain, nullable=False),
        sa.Column("ordered_text", plain),
        sa.Column("number", sa.Double()),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.user_id"],
            name=op.f("fk_user_attribute_tenant_id_user_id_users"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "name", "user_id", name=op.f("pk_user_attribute")),
    )
    op.create_index(
        "ix_user_attribute_tenant_id_user_id", "user_attribute", ["tenant_id", "user_id"]
    )


def _create_metrics(plain: sa.types.TypeEngine[str]) -> None:
    op.create_table(
        "metric_definition",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("name", plain, nullable=False),
        sa.Column("over_days", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text()),
        sa.Column("description", sa.Text()),
        sa.Column("numerator", plain),
        sa.Column("denominator", plain),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "name", name=op.f("pk_metric_definition")),
    )
    op.create_table(
        "metric_value",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("metric_name", plain, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "metric_name", "date", name=op.f("pk_metric_value")),
    )
