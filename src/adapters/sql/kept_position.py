"""Where what a tenant keeps of one subject stands: what its changes move, and are locked by."""

from sqlalchemy import BigInteger, Column, Table, Text, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.identifiers import TenantId
from .database import Database, metadata

kept_position = Table(
    "kept_position",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

_C = kept_position.c


async def locked(
    database: Database, connection: AsyncConnection, tenant: TenantId, subject: str
) -> int:
    """The position, of which nobody else makes another until the transaction ends."""
    statement = database.upsert(kept_position).values(tenant_id=tenant, subject=subject, position=0)
    held = statement.on_conflict_do_update(
        index_elements=["tenant_id", "subject"], set_={"position": _C.position}
    ).returning(_C.position)
    position: int = (await connection.execute(held)).scalar_one()
    return position


async def moved(connection: AsyncConnection, tenant: TenantId, subject: str, position: int) -> None:
    """Move to a position, after `locked`."""
    one = and_(_C.tenant_id == tenant, _C.subject == subject)
    await connection.execute(update(kept_position).where(one).values(position=position))


async def read(connection: AsyncConnection, tenant: TenantId, subject: str) -> int:
    """The position; 0 until the first change."""
    query = select(_C.position).where(_C.tenant_id == tenant, _C.subject == subject)
    return (await connection.execute(query)).scalar_one_or_none() or 0
