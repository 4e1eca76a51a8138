"""Nonces in SQL, for every process that shares the record store."""

from datetime import datetime

from attrs import frozen
from sqlalchemy import Column, String, Table, delete

from ...domain.identifiers import KeyId, TenantId
from .database import Database, UtcDateTime, metadata

request_nonces = Table(
    "request_nonce",
    metadata,
    Column("tenant_id", String(64), primary_key=True),
    Column("key_id", String(64), primary_key=True),
    Column("nonce", String(128), primary_key=True),
    Column("until", UtcDateTime, nullable=False, index=True),
)


@frozen
class SqlNonces:
    """Keeps a row per nonce; the primary key lets one of several that ask at once win."""

    database: Database

    async def first_use(
        self, tenant: TenantId, key: KeyId, nonce: str, now: datetime, until: datetime
    ) -> bool:
        added = self.database.upsert(request_nonces).values(
            tenant_id=tenant, key_id=key, nonce=nonce, until=until
        )
        # A row that nobody pruned yet counts for nothing once its time is over.
        over = added.on_conflict_do_update(
            index_elements=list(request_nonces.primary_key.columns),
            set_={"until": added.excluded.until},
            where=request_nonces.c.until <= now,
        ).returning(request_nonces.c.until)
        async with self.database.writing(tenant) as connection:
            return await connection.scalar(over) is not None

    async def prune(self, now: datetime) -> None:
        async with self.database.writing_across_tenants() as connection:
            await connection.execute(delete(request_nonces).where(request_nonces.c.until <= now))
