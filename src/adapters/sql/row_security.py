"""The second wall between tenants: PostgreSQL shows a transaction the rows of its tenant only.

The first are the conditions of every statement. Where one is missing, this shows nothing
(ADR 24). It holds for every role but superusers and those with BYPASSRLS.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import DDL, Connection, MetaData, Table, event, text

from .database import Database, metadata

#: Tables that hold what is a tenant's under another name than `tenant_id`; None where only
#: what works across tenants may look.
_OTHER_OWNERS: dict[str, str | None] = {"tenant": "id", "audit_intent": None}

_ACROSS = "(SELECT current_setting('sightline.scope', true)) = 'all'"
_TENANT = "(SELECT current_setting('sightline.tenant', true))"


def isolation(table: str, owner: str | None = "tenant_id") -> Iterator[str]:
    """The statements that show the rows of a table to their tenant only.

    For the revision that creates the table; the tables of the code get them by themselves.

    Args:
        table: Its name.
        owner: The column that names the tenant; None if no tenant sees any row.
    """
    yield f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY'
    # For the owner as well, who is the one that serves where there is one role only.
    yield f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'
    # Selected, so that each is read once per statement and not once per row.
    own = f"{owner} = {_TENANT} OR {_ACROSS}" if owner else _ACROSS
    yield f'CREATE POLICY tenant_isolation ON "{table}" USING ({own})'


def owner_column(table: Table) -> str | None:
    """The column that names whose a row is.

    Raises:
        LookupError: If the rows are nobody's.
    """
    if table.name in _OTHER_OWNERS:
        return _OTHER_OWNERS[table.name]
    if "tenant_id" in table.c:
        return "tenant_id"
    raise LookupError(table.name)


async def unguarded_tables(database: Database) -> tuple[str, ...]:
    """Tables whose rows the role of this database sees whoever they belong to.

    All of them for a superuser and a role with BYPASSRLS; none on SQLite, which has no roles.
    """
    if database.dialect != "postgresql":
        return ()
    query = text(
        "SELECT relname FROM pg_class WHERE relrowsecurity AND relnamespace = "
        "current_schema()::regnamespace AND NOT row_security_active(oid) ORDER BY relname"
    )
    async with database.reading() as connection:
        return tuple((await connection.execute(query)).scalars())


@event.listens_for(metadata, "after_create")
def _isolate(target: MetaData, connection: Connection, **_: Any) -> None:
    if connection.dialect.name != "postgresql":
        return
    for table in target.sorted_tables:
        try:
            owner = owner_column(table)
        except LookupError:
            continue
        for statement in isolation(table.name, owner):
            connection.execute(DDL(statement))  # type: ignore[no-untyped-call]  # SQLAlchemy's
