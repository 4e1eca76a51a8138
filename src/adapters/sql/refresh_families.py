"""Families of refresh tokens in SQL."""

from datetime import datetime

from attrs import frozen
from sqlalchemy import Column, Integer, String, Table, Text, delete, insert, select, update

from ...domain.identifiers import FamilyId, KeyId, TenantId
from ...domain.tenancy import RefreshFamily, known_scopes, scope_text
from .database import Database, UtcDateTime, metadata

refresh_families = Table(
    "refresh_family",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("tenant_id", String(64), nullable=False),
    Column("client_id", String(64), nullable=False),
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("rotated_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
)


@frozen
class SqlRefreshFamilyRepository:
    """Keeps families in the record store; one conditional update lets one caller win."""

    database: Database

    async def add(self, family: RefreshFamily) -> None:
        row = {
            "id": family.id,
            "tenant_id": family.tenant,
            "client_id": family.client,
            "scopes": scope_text(family.scopes),
            "created_at": family.created_at,
            "generation": family.generation,
            "rotated_at": family.rotated_at,
            "ended_at": family.ended_at,
        }
        async with self.database.writing(family.tenant) as connection:
            await connection.execute(insert(refresh_families).values(row))

    async def find(self, family: FamilyId) -> RefreshFamily | None:
        wanted = select(refresh_families).where(refresh_families.c.id == family)
        async with self.database.reading_across_tenants() as connection:
            row = (await connection.execute(wanted)).one_or_none()
        if row is None:
            return None
        return RefreshFamily(
            FamilyId(row.id),
            TenantId(row.tenant_id),
            KeyId(row.client_id),
            known_scopes(row.scopes),
            row.created_at,
            row.generation,
            row.rotated_at,
            row.ended_at,
        )

    async def advance(self, family: RefreshFamily) -> bool:
        columns = refresh_families.c
        advanced = (
            update(refresh_families)
            .where(columns.id == family.id, columns.ended_at.is_(None))
            .where(columns.generation == family.generation - 1)
            .values(generation=family.generation, rotated_at=family.rotated_at)
        )
        async with self.database.writing(family.tenant) as connection:
            return bool((await connection.execute(advanced)).rowcount)

    async def end(self, family: FamilyId, at: datetime) -> None:
        columns = refresh_families.c
        ended = (
            update(refresh_families)
            .where(columns.id == family, columns.ended_at.is_(None))
            .values(ended_at=at)
        )
        async with self.database.writing_across_tenants() as connection:
            await connection.execute(ended)

    async def prune(self, created_before: datetime) -> int:
        old = delete(refresh_families).where(refresh_families.c.created_at < created_before)
        async with self.database.writing_across_tenants() as connection:
            return (await connection.execute(old)).rowcount
