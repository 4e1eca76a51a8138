"""Tenants in SQL."""

from attrs import frozen
from sqlalchemy import Column, String, Table, insert, select
from sqlalchemy.exc import IntegrityError

from ...domain.errors import TenantExists, TenantNotFound
from ...domain.identifiers import TenantId
from ...domain.tenancy import Tenant
from .database import Database, UtcDateTime, metadata

tenants = Table(
    "tenant",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


@frozen
class SqlTenantRepository:
    """Keeps tenants in the record store."""

    database: Database

    async def add(self, tenant: Tenant) -> None:
        row = {"id": tenant.id, "name": tenant.name, "created_at": tenant.created_at}
        try:
            async with self.database.writing(tenant.id) as connection:
                await connection.execute(insert(tenants).values(row))
        except IntegrityError as error:
            raise TenantExists(tenant.id) from error

    async def get(self, tenant: TenantId) -> Tenant:
        async with self.database.reading(tenant) as connection:
            found = await connection.execute(select(tenants).where(tenants.c.id == tenant))
            row = found.one_or_none()
        if row is None:
            raise TenantNotFound(tenant)
        return Tenant(TenantId(row.id), row.name, row.created_at)
