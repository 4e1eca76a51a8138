"""The table of jobs.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('ready', 'leased')")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "job",
        sa.Column(
            "id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("progress", sa.Double(), nullable=False),
        sa.Column("progress_text", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(
        "ix_job_open_run_at_id",
        "job",
        ["run_at", "id"],
        unique=False,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "uq_job_open_tenant_id_kind_key",
        "job",
        ["tenant_id", "kind", "key"],
        unique=True,
        sqlite_where=OPEN,
        postgresql_where=OPEN,
    )
    op.create_index(
        "ix_job_tenant_id_created_at_id", "job", ["tenant_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_job_finished_at", "job", ["finished_at"], unique=False)


def downgrade() -> None:
    """Drop the table."""
    op.drop_index("ix_job_finished_at", table_name="job")
    op.drop_index("ix_job_tenant_id_created_at_id", table_name="job")
    op.drop_index("uq_job_open_tenant_id_kind_key", table_name="job")
    op.drop_index("ix_job_open_run_at_id", table_name="job")
    op.drop_table("job")
