"""Row-level security: on PostgreSQL a transaction sees the rows of its tenant only.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TENANT = "(SELECT current_setting('sightline.tenant', true))"
ACROSS = "(SELECT current_setting('sightline.scope', true)) = 'all'"


def upgrade() -> None:
    """Put a policy on every table that holds what is a tenant's."""
    for table, own in _owned():
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
        op.execute(f'CREATE POLICY tenant_isolation ON "{table}" USING ({own}{ACROSS})')


def downgrade() -> None:
    """Take them off."""
    for table, _ in _owned():
        op.execute(f'DROP POLICY tenant_isolation ON "{table}"')
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY')
        op.execute(f'ALTER TABLE "{table}" DISABLE ROW LEVEL SECURITY')


def _owned() -> list[tuple[str, str]]:
    """The tables as they are at this revision, and which rows are a tenant's own."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return []
    inspected = sa.inspect(connection)
    with_tenant = [
        (table, f"tenant_id = {TENANT} OR ")
        for table in sorted(inspected.get_table_names())
        if any(column["name"] == "tenant_id" for column in inspected.get_columns(table))
    ]
    return [*with_tenant, ("tenant", f"id = {TENANT} OR "), ("audit_intent", "")]
