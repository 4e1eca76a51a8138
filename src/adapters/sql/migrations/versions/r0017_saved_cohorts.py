"""The table of saved cohorts.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TENANT = "(SELECT current_setting('sightline.tenant', true))"
ACROSS = "(SELECT current_setting('sightline.scope', true)) = 'all'"


def upgrade() -> None:
    """Create the table, showing a tenant its own rows only."""
    plain = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "saved_cohort",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("cohort_id", sa.Text(), nullable=False),
        sa.Column("name", plain, nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "cohort_id", name=op.f("pk_saved_cohort")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE "saved_cohort" ENABLE ROW LEVEL SECURITY')
        op.execute('ALTER TABLE "saved_cohort" FORCE ROW LEVEL SECURITY')
        op.execute(
            'CREATE POLICY tenant_isolation ON "saved_cohort" '
            f"USING (tenant_id = {TENANT} OR {ACROSS})"
        )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("saved_cohort")
