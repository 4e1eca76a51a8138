"""Which markets matter to whom, read from the properties."""

from attrs import frozen
from sqlalchemy import exists, select

from ...domain.identifiers import MarketId, TenantId
from .database import Database
from .portfolio_position import portfolio
from .properties import property_table


@frozen
class SqlFollowedMarkets:
    """Asks the tables of the properties."""

    database: Database

    async def tenants(self) -> tuple[TenantId, ...]:
        # One look per tenant, not one per property: every tenant with any has a portfolio.
        owned = exists().where(property_table.c.tenant_id == portfolio.c.tenant_id)
        query = select(portfolio.c.tenant_id).where(owned)
        async with self.database.reading_across_tenants() as connection:
            found = (await connection.execute(query)).scalars()
        return tuple(sorted(map(TenantId, found)))

    async def markets(self, tenant: TenantId) -> tuple[MarketId, ...]:
        columns = property_table.c
        query = select(columns.market_id).where(columns.tenant_id == tenant).distinct()
        async with self.database.reading(tenant) as connection:
            found = (await connection.execute(query)).scalars()
        return tuple(sorted(map(MarketId, found)))
