"""The tables of kept health scores.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

PLAIN_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "health_state",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("markets_position", sa.BigInteger(), nullable=True),
        sa.Column("model_version", sa.BigInteger(), nullable=True),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("ranked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("latest_month", sa.Date(), nullable=True),
        sa.Column("latest_quarter", sa.Date(), nullable=True),
        sa.Column("latest_year", sa.Date(), nullable=True),
        sa.Column("draws", sa.Integer(), nullable=True),
        sa.Column("profile_test", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_health_state")),
    )
    op.create_table(
        "health_summary",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("grouping", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "interval", "grouping", name=op.f("pk_health_summary")
        ),
    )
    op.create_table(
        "health_bucket",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("interval", sa.Text(), nullable=False),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("change", sa.Double(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["property.tenant_id", "property.id"],
            name=op.f("fk_health_bucket_tenant_id_property_id_property"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "property_id", "interval", "start", name=op.f("pk_health_bucket")
        ),
    )
    op.create_index(
        "ix_health_bucket_tenant_id_interval_start_change",
        "health_bucket",
        ["tenant_id", "interval", "start", "change"],
        unique=False,
    )
    op.create_table(
        "health_history",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("made_of", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["property.tenant_id", "property.id"],
            name=op.f("fk_health_history_tenant_id_property_id_property"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "property_id", name=op.f("pk_health_history")),
    )
    op.create_table(
        "health_score",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", PLAIN_TEXT, nullable=False),
        sa.Column("market_name", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("city_folded", PLAIN_TEXT, nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("property_type", sa.Text(), nullable=True),
        sa.Column("property_class", sa.Text(), nullable=False),
        sa.Column("area_sqft", sa.Double(), nullable=False),
        sa.Column("property_version", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.BigInteger(), nullable=False),
        sa.Column("market_position", sa.BigInteger(), nullable=False),
        sa.Column("model_version", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("scored_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("standard_error", sa.Double(), nullable=True),
        sa.Column("confidence", sa.Text(), nullable=True),
        sa.Column("coverage", sa.Double(), nullable=False),
        sa.Column("level", sa.Double(), nullable=True),
        sa.Column("momentum", sa.Double(), nullable=True),
        sa.Column("parts", sa.Text(), nullable=False),
        sa.Column("contribution_occupancy_rate", sa.Double(), nullable=True),
        sa.Column("contribution_rent_per_sqft", sa.Double(), nullable=True),
        sa.Column("contribution_renewal_rate", sa.Double(), nullable=True),
        sa.Column("contribution_lease_term_months", sa.Double(), nullable=True),
        sa.Column("contribution_time_to_lease_days", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["property.tenant_id", "property.id"],
            name=op.f("fk_health_score_tenant_id_property_id_property"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "property_id", name=op.f("pk_health_score")),
    )
    op.create_index(
        "ix_health_score_tenant_id_area_sqft",
        "health_score",
        ["tenant_id", "area_sqft", "property_id"],
        unique=False,
    )
    op.create_index(
        "ix_health_score_tenant_id_market_id_score",
        "health_score",
        ["tenant_id", "market_id", "score"],
        unique=False,
    )
    op.create_index(
        "ix_health_score_tenant_id_name_folded",
        "health_score",
        ["tenant_id", "name_folded", "property_id"],
        unique=False,
    )
    op.create_index(
        "ix_health_score_tenant_id_score_property_id",
        "health_score",
        ["tenant_id", "score", "property_id"],
        unique=False,
    )
    op.create_table(
        "health_standing",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("percentile", sa.Double(), nullable=False),
        sa.Column("rank_best", sa.Integer(), nullable=True),
        sa.Column("rank_worst", sa.Integer(), nullable=True),
        sa.Column("peer_group", sa.Text(), nullable=False),
        sa.Column("peer_description", sa.Text(), nullable=False),
        sa.Column("peers", sa.Integer(), nullable=False),
        sa.Column("peer_rank", sa.Integer(), nullable=False),
        sa.Column("peer_percentile", sa.Double(), nullable=False),
        sa.Column("under_performer", sa.Boolean(), nullable=False),
        sa.Column("watch", sa.Boolean(), nullable=False),
        sa.Column("outliers", sa.Text(), nullable=False),
        sa.Column("outlier", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["health_score.tenant_id", "health_score.property_id"],
            name=op.f("fk_health_standing_tenant_id_property_id_health_score"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "property_id", name=op.f("pk_health_standing")),
    )
    op.create_index(
        "ix_health_standing_tenant_id_peer_percentile",
        "health_standing",
        ["tenant_id", "peer_percentile"],
        unique=False,
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_health_standing_tenant_id_peer_percentile", table_name="health_standing")
    op.drop_table("health_standing")
    op.drop_index("ix_health_score_tenant_id_score_property_id", table_name="health_score")
    op.drop_index("ix_health_score_tenant_id_name_folded", table_name="health_score")
    op.drop_index("ix_health_score_tenant_id_market_id_score", table_name="health_score")
    op.drop_index("ix_health_score_tenant_id_area_sqft", table_name="health_score")
    op.drop_table("health_score")
    op.drop_table("health_history")
    op.drop_index("ix_health_bucket_tenant_id_interval_start_change", table_name="health_bucket")
    op.drop_table("health_bucket")
    op.drop_table("health_summary")
    op.drop_table("health_state")
