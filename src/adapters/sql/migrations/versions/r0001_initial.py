"""The first tables.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "brands",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_brands")),
    )
    op.create_table(
        "comparison_threshold",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("threshold_percent", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "metric", name=op.f("pk_comparison_threshold")),
    )
    op.create_table(
        "market_snapshot",
        sa.Column("market_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("market_id", "position", name=op.f("pk_market_snapshot")),
    )
    op.create_table(
        "portfolio",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("next_property_id", sa.BigInteger(), nullable=False),
        sa.Column("policy_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_portfolio")),
    )
    op.create_table(
        "power_day",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("circuit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("energy_watt_ms", sa.BigInteger(), nullable=False),
        sa.Column("covered_ms", sa.BigInteger(), nullable=False),
        sa.Column("readings", sa.BigInteger(), nullable=False),
        sa.Column("sum_of_readings_w", sa.BigInteger(), nullable=False),
        sa.Column("peak_w", sa.BigInteger(), nullable=False),
        sa.Column("quarter_energies", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "circuit_id", "day", name=op.f("pk_power_day")),
    )
    op.create_table(
        "power_day_detail",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("circuit_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("quarter_covered", sa.LargeBinary(), nullable=False),
        sa.Column("quarter_readings", sa.LargeBinary(), nullable=False),
        sa.Column("quarter_sums", sa.LargeBinary(), nullable=False),
        sa.Column("quarter_peaks", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "circuit_id", "day", name=op.f("pk_power_day_detail")),
    )
    op.create_table(
        "power_hour",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("circuit_id", sa.Uuid(), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("readings", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "circuit_id", "hour", name=op.f("pk_power_hour")),
    )
    op.create_table(
        "power_position",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_power_position")),
    )
    op.create_table(
        "property",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("market_id", sa.BigInteger(), nullable=False),
        sa.Column("property_type", sa.Text(), nullable=True),
        sa.Column("area_sqft", sa.Double(), nullable=False),
        sa.Column("year_built", sa.Integer(), nullable=False),
        sa.Column("property_class", sa.Text(), nullable=False),
        sa.Column("current_occupancy_rate", sa.Double(), nullable=False),
        sa.Column("current_avg_rent_per_sqft", sa.Double(), nullable=True),
        sa.Column("renewal_rate_ytd", sa.Double(), nullable=True),
        sa.Column("avg_lease_term_months", sa.Double(), nullable=True),
        sa.Column("avg_time_to_lease_days", sa.Double(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "name_folded",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column(
            "search_text",
            sa.Text().with_variant(sa.Text(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_property")),
    )
    op.create_index(
        "ix_property_tenant_id_market_id", "property", ["tenant_id", "market_id"], unique=False
    )
    op.create_index(
        "ix_property_tenant_id_name_folded_id",
        "property",
        ["tenant_id", "name_folded", "id"],
        unique=False,
    )
    op.create_table(
        "tenant",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenant")),
    )
    op.create_table(
        "api_key",
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenant.id"], name=op.f("fk_api_key_tenant_id_tenant")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_key_digest")),
    )
    op.create_table(
        "organizations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("brand_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "brand_id"],
            ["brands.tenant_id", "brands.id"],
            name=op.f("fk_organizations_tenant_id_brand_id_brands"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_organizations")),
    )
    op.create_index(
        op.f("ix_organizations_tenant_id_brand_id"),
        "organizations",
        ["tenant_id", "brand_id"],
        unique=False,
    )
    op.create_table(
        "property_month",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("property_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("occupancy_rate", sa.Double(), nullable=True),
        sa.Column("rent_per_sqft", sa.Double(), nullable=True),
        sa.Column("renewal_rate", sa.Double(), nullable=True),
        sa.Column("lease_term_months", sa.Double(), nullable=True),
        sa.Column("time_to_lease_days", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "property_id"],
            ["property.tenant_id", "property.id"],
            name=op.f("fk_property_month_tenant_id_property_id_property"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "tenant_id", "property_id", "month", name=op.f("pk_property_month")
        ),
    )
    op.create_table(
        "locations",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organization_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "organization_id"],
            ["organizations.tenant_id", "organizations.id"],
            name=op.f("fk_locations_tenant_id_organization_id_organizations"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_locations")),
    )
    op.create_index(
        op.f("ix_locations_tenant_id_organization_id"),
        "locations",
        ["tenant_id", "organization_id"],
        unique=False,
    )
    op.create_table(
        "electric_sensors",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("duid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_electric_sensors_tenant_id_location_id_locations"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_electric_sensors")),
        sa.UniqueConstraint("tenant_id", "duid", name=op.f("uq_electric_sensors_tenant_id_duid")),
    )
    op.create_index(
        op.f("ix_electric_sensors_tenant_id_location_id"),
        "electric_sensors",
        ["tenant_id", "location_id"],
        unique=False,
    )
    op.create_table(
        "circuits",
        sa.Column("tenant_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sensor_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("circuit_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "sensor_id"],
            ["electric_sensors.tenant_id", "electric_sensors.id"],
            name=op.f("fk_circuits_tenant_id_sensor_id_electric_sensors"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_circuits")),
        sa.UniqueConstraint(
            "tenant_id",
            "sensor_id",
            "circuit_number",
            name=op.f("uq_circuits_tenant_id_sensor_id_circuit_number"),
        ),
    )


def downgrade() -> None:
    """Drop every table."""
    op.drop_table("circuits")
    op.drop_index(op.f("ix_electric_sensors_tenant_id_location_id"), table_name="electric_sensors")
    op.drop_table("electric_sensors")
    op.drop_index(op.f("ix_locations_tenant_id_organization_id"), table_name="locations")
    op.drop_table("locations")
    op.drop_table("property_month")
    op.drop_index(op.f("ix_organizations_tenant_id_brand_id"), table_name="organizations")
    op.drop_table("organizations")
    op.drop_table("api_key")
    op.drop_table("tenant")
    op.drop_index("ix_property_tenant_id_name_folded_id", table_name="property")
    op.drop_index("ix_property_tenant_id_market_id", table_name="property")
    op.drop_table("property")
    op.drop_table("power_position")
    op.drop_table("power_hour")
    op.drop_table("power_day_detail")
    op.drop_table("power_day")
    op.drop_table("portfolio")
    op.drop_table("market_snapshot")
    op.drop_table("comparison_threshold")
    op.drop_table("brands")
