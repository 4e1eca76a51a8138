"""API keys in SQL."""

from collections.abc import Sequence
from typing import Any

from attrs import frozen
from sqlalchemy import Column, ForeignKey, LargeBinary, Row, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from ...domain.errors import ApiKeyExists, ApiKeyNotFound, TenantNotFound
from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import ApiKey
from .database import Database, UtcDateTime, metadata
from .tenants import tenants

api_keys = Table(
    "api_key",
    metadata,
    Column("tenant_id", String(64), ForeignKey("tenant.id"), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("digest", LargeBinary(32), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
)


@frozen
class SqlApiKeyRepository:
    """Keeps keys in the record store, found by the unique index on their digest."""

    database: Database

    async def add(self, key: ApiKey) -> None:
        row = {
            "tenant_id": key.tenant,
            "id": key.id,
            "name": key.name,
            "digest": key.digest,
            "created_at": key.created_at,
        }
        try:
            async with self.database.writing() as connection:
                tenant = select(tenants.c.id).where(tenants.c.id == key.tenant)
                if await connection.scalar(tenant) is None:
                    raise TenantNotFound(key.tenant)
                await connection.execute(insert(api_keys).values(row))
        except IntegrityError as error:
            raise ApiKeyExists(key.id) from error

    async def find(self, digest: bytes) -> ApiKey | None:
        async with self.database.reading() as connection:
            found = await connection.execute(select(api_keys).where(api_keys.c.digest == digest))
            row = found.one_or_none()
        return None if row is None else _key(row)

    async def of(self, tenant: TenantId) -> Sequence[ApiKey]:
        theirs = select(api_keys).where(api_keys.c.tenant_id == tenant)
        async with self.database.reading() as connection:
            found = await connection.execute(theirs)
            keys = [_key(row) for row in found]
        # Ordered here, because PostgreSQL may sort text by a language's rules.
        return tuple(sorted(keys, key=lambda key: (key.created_at, key.id)))

    async def remove(self, tenant: TenantId, key: KeyId) -> None:
        gone = delete(api_keys).where(api_keys.c.tenant_id == tenant, api_keys.c.id == key)
        async with self.database.writing() as connection:
            removed = (await connection.execute(gone)).rowcount
        if not removed:
            raise ApiKeyNotFound(key)


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(KeyId(row.id), TenantId(row.tenant_id), row.name, row.digest, row.created_at)
