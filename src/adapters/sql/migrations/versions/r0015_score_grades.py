"""Kept scores say their grades: a tenant's model says where grades begin.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

COLUMNS = ("grade", "grade_at_low", "grade_at_high")
#: Half of a 90 % interval, in standard errors.
HALF_WIDTH = 1.6448536269514722


def upgrade() -> None:
    """Add the columns; until now every model had the built-in bounds."""
    for name in COLUMNS:
        op.add_column("health_score", sa.Column(name, sa.Text(), nullable=True))
    score = sa.table(
        "health_score", *(sa.column(name) for name in ("score", "standard_error", *COLUMNS))
    )
    width = HALF_WIDTH * score.c.standard_error
    op.execute(
        score.update()
        .where(score.c.score.is_not(None))
        .values(
            grade=_graded(score.c.score),
            grade_at_low=_graded(score.c.score - width),
            grade_at_high=_graded(score.c.score + width),
        )
    )
    op.drop_index("ix_health_score_tenant_id_score_property_id", table_name="health_score")
    op.create_index(
        "ix_health_score_tenant_id_score_grade",
        "health_score",
        ["tenant_id", "score", "property_id", "grade"],
        unique=False,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_health_score_tenant_id_score_grade", table_name="health_score")
    op.create_index(
        "ix_health_score_tenant_id_score_property_id",
        "health_score",
        ["tenant_id", "score", "property_id"],
        unique=False,
    )
    with op.batch_alter_table("health_score") as table:
        for name in COLUMNS:
            table.drop_column(name)


def _graded(points: sa.ColumnElement[float]) -> sa.Case[str]:
    bounds = ((75.0, "A"), (60.0, "B"), (40.0, "C"), (25.0, "D"))
    return sa.case(*((points >= lowest, letter) for lowest, letter in bounds), else_="E")
