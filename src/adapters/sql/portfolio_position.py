"""Where each tenant's portfolio stands: what every change of it moves, and is locked by."""

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Row, Table, Text, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import VersionMismatch
from ...domain.identifiers import TenantId
from .database import Database, metadata

portfolio = Table(
    "portfolio",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("next_property_id", BigInteger, nullable=False),
    Column("policy_version", BigInteger, nullable=False),
)


async def moved_portfolio(
    database: Database, connection: AsyncConnection, tenant: TenantId
) -> Row[Any]:
    """Give the portfolio its next position, and lock it until the transaction ends.

    Every write of what a portfolio's answers are made of does this first, so that the
    writes of one tenant go through one by one.
    """
    statement = database.upsert(portfolio).values(
        tenant_id=tenant, position=1, next_property_id=1, policy_version=0
    )
    moved = statement.on_conflict_do_update(
        index_elements=["tenant_id"], set_={"position": portfolio.c.position + 1}
    ).returning(portfolio.c.position, portfolio.c.next_property_id, portfolio.c.policy_version)
    return (await connection.execute(moved)).one()


async def position(connection: AsyncConnection, tenant: TenantId) -> int:
    """Where the portfolio stands; 0 until its first change."""
    query = select(portfolio.c.position).where(portfolio_of(tenant))
    return (await connection.execute(query)).scalar_one_or_none() or 0


def portfolio_of(tenant: TenantId) -> ColumnElement[bool]:
    """Which row is the tenant's."""
    return portfolio.c.tenant_id == tenant


def agree(expected: int | None, actual: int) -> None:
    """See that a version is the expected one, if any is.

    Raises:
        VersionMismatch: If it is another.
    """
    if expected is not None and expected != actual:
        raise VersionMismatch(expected, actual)
