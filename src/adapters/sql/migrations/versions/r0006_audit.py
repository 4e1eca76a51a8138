"""The tables of the audit log, and the triggers that keep its records as they are.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEPT = (
    "tenant_id", "sequence", "at", "actor_kind", "action", "object_kind", "object_id", "outcome",
    "status", "problem", "request_id", "trace_id", "body_sha256", "commitment", "hash",
)  # fmt: skip
PERSONAL = ("actor_id", "actor_name", "peer", "salt")
REASON = "audit records are only ever added"


def upgrade() -> None:
    """Create the tables and the triggers."""
    plain = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "audit_record",
        sa.Column("tenant_id", plain, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_kind", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=True),
        sa.Column("object_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("trace_id", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=True),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", sa.Text(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("peer", sa.Text(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name=op.f("pk_audit_record")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_head",
        sa.Column("tenant_id", plain, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_intent",
        sa.Column("id", plain, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_intent")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgresql()
    else:
        _guard_sqlite()


def downgrade() -> None:
    """Drop them."""
    op.drop_table("audit_intent")
    op.drop_table("audit_head")
    op.drop_table("audit_record")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_record_refuse()")


def _guard_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REASON}'); END"
    op.execute(
        "CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record "
        f"WHEN {_changed('IS')} {refuse}"
    )
    op.execute(f"CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record {refuse}")


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION audit_record_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REASON}'; END $$"
    )
    refuse = "EXECUTE FUNCTION audit_record_refuse()"
    op.execute(
        "CREATE TRIGGER audit_record_update BEFORE UPDATE ON audit_record FOR EACH ROW "
        f"WHEN ({_changed('IS NOT DISTINCT FROM')}) {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER audit_record_delete BEFORE DELETE ON audit_record FOR EACH ROW {refuse}"
    )
    op.execute(f"CREATE TRIGGER audit_record_truncate BEFORE TRUNCATE ON audit_record {refuse}")


def _changed(same: str) -> str:
    kept = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in KEPT)
    erased = " AND ".join(f"NEW.{name} IS NULL" for name in PERSONAL)
    return f"NOT ({kept} AND {erased})"
