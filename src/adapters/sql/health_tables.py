"""The tables of kept health scores."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
)

from ...domain.measures import PROPERTY_METRICS
from .database import PLAIN_TEXT, UtcDateTime, metadata


def _of_its_property() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["tenant_id", "property_id"], ["property.tenant_id", "property.id"], ondelete="CASCADE"
    )


health_score = Table(
    "health_score",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("property_id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("name_folded", PLAIN_TEXT, nullable=False),
    Column("market_name", Text),
    Column("city", Text),
    Column("city_folded", PLAIN_TEXT),
    Column("state", Text),
    Column("property_type", Text),
    Column("property_class", Text, nullable=False),
    Column("area_sqft", Double, nullable=False),
    Column("property_version", BigInteger, nullable=False),
    Column("market_id", BigInteger, nullable=False),
    Column("market_position", BigInteger, nullable=False),
    Column("model_version", BigInteger, nullable=False),
    Column("day", Date, nullable=False),
    Column("scored_at", UtcDateTime, nullable=False),
    Column("score", Double),
    Column("grade", Text),
    Column("grade_at_low", Text),
    Column("grade_at_high", Text),
    Column("standard_error", Double),
    Column("confidence", Text),
    Column("coverage", Double, nullable=False),
    Column("level", Double),
    Column("momentum", Double),
    Column("parts", Text, nullable=False),
    *(Column(f"contribution_{metric.value}", Double) for metric in PROPERTY_METRICS),
    _of_its_property(),
    # The grade comes last: a page of some grades skips the others without looking at a row.
    Index("ix_health_score_tenant_id_score_grade", "tenant_id", "score", "property_id", "grade"),
    Index("ix_health_score_tenant_id_market_id_score", "tenant_id", "market_id", "score"),
    Index("ix_health_score_tenant_id_area_sqft", "tenant_id", "area_sqft", "property_id"),
    Index("ix_health_score_tenant_id_name_folded", "tenant_id", "name_folded", "property_id"),
)

health_standing = Table(
    "health_standing",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("property_id", BigInteger, primary_key=True, autoincrement=False),
    Column("rank", Integer, nullable=False),
    Column("percentile", Double, nullable=False),
    Column("rank_best", Integer),
    Column("rank_worst", Integer),
    Column("peer_group", Text, nullable=False),
    Column("peer_description", Text, nullable=False),
    Column("peers", Integer, nullable=False),
    Column("peer_rank", Integer, nullable=False),
    Column("peer_percentile", Double, nullable=False),
    Column("under_performer", Boolean, nullable=False),
    Column("watch", Boolean, nullable=False),
    Column("outliers", Text, nullable=False),
    Column("outlier", Boolean, nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "property_id"],
        ["health_score.tenant_id", "health_score.property_id"],
        ondelete="CASCADE",
    ),
    Index("ix_health_standing_tenant_id_peer_percentile", "tenant_id", "peer_percentile"),
)

health_history = Table(
    "health_history",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("property_id", BigInteger, primary_key=True, autoincrement=False),
    Column("made_of", Text, nullable=False),
    _of_its_property(),
)

health_bucket = Table(
    "health_bucket",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("property_id", BigInteger, primary_key=True, autoincrement=False),
    Column("interval", Text, primary_key=True),
    Column("start", Date, primary_key=True),
    Column("score", Double, nullable=False),
    Column("change", Double),
    Column("coverage", Double, nullable=False),
    Column("complete", Boolean, nullable=False),
    _of_its_property(),
    Index(
        "ix_health_bucket_tenant_id_interval_start_change",
        "tenant_id",
        "interval",
        "start",
        "change",
    ),
)

health_summary = Table(
    "health_summary",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("interval", Text, primary_key=True),
    Column("grouping", Text, primary_key=True),
    Column("content", Text, nullable=False),
)

health_state = Table(
    "health_state",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("position", BigInteger),
    Column("markets_position", BigInteger),
    Column("model_version", BigInteger),
    Column("day", Date),
    Column("ranked_at", UtcDateTime),
    Column("latest_month", Date),
    Column("latest_quarter", Date),
    Column("latest_year", Date),
    Column("draws", Integer),
    Column("profile_test", Text),
)
