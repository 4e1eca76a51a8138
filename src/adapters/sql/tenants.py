"""Tenants in SQL."""

from typing import Any

import msgspec
from attrs import asdict, frozen
from sqlalchemy import Column, Integer, Row, String, Table, Text, insert, select, update
from sqlalchemy.exc import IntegrityError

from ...domain.errors import TenantExists, TenantNotFound, VersionMismatch
from ...domain.identifiers import TenantId
from ...domain.tenancy import (
    AgreedLimits,
    AgreedRate,
    CostClass,
    PlanName,
    ScaleTier,
    Tenant,
    TenantPage,
    TenantQuery,
    TenantStatus,
    tenant_page,
)
from .database import PLAIN_TEXT, Database, UtcDateTime, metadata

tenants = Table(
    "tenant",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("plan", String(20), nullable=False, server_default="enterprise"),
    Column("agreed", Text, nullable=False, server_default="{}"),
    Column("tier", String(20), nullable=False, server_default="small"),
    Column("status", String(20), nullable=False, server_default="active"),
    Column("version", Integer, nullable=False, server_default="1"),
)

_C = tenants.c
_RATES = tuple(one.value for one in CostClass)


@frozen
class SqlTenantRepository:
    """Keeps tenants in the record store."""

    database: Database

    async def add(self, tenant: Tenant) -> None:
        try:
            async with self.database.writing(tenant.id) as connection:
                await connection.execute(insert(tenants).values(_row(tenant)))
        except IntegrityError as error:
            raise TenantExists(tenant.id) from error

    async def get(self, tenant: TenantId) -> Tenant:
        async with self.database.reading(tenant) as connection:
            found = await connection.execute(select(tenants).where(_C.id == tenant))
            row = found.one_or_none()
        if row is None:
            raise TenantNotFound(tenant)
        return _tenant(row)

    async def replace(self, changed: Tenant, version: int) -> None:
        statement = (
            update(tenants)
            .where(_C.id == changed.id, _C.version == version)
            .values(_row(changed))
            .returning(_C.id)
        )
        async with self.database.writing(changed.id) as connection:
            done = (await connection.execute(statement)).one_or_none()
        if done is None:
            kept = await self.get(changed.id)
            raise VersionMismatch(version, kept.version)

    async def page(self, query: TenantQuery) -> TenantPage:
        # By code point, or PostgreSQL would compare by its language's rules.
        identifier = _C.id.cast(PLAIN_TEXT)
        statement = select(tenants).order_by(identifier).limit(query.limit + 1)
        if query.status is not None:
            statement = statement.where(_C.status == query.status.value)
        if query.plan is not None:
            statement = statement.where(_C.plan == query.plan.value)
        if query.after is not None:
            statement = statement.where(identifier > query.after)
        async with self.database.reading_across_tenants() as connection:
            rows = (await connection.execute(statement)).all()
        return tenant_page(query, [_tenant(row) for row in rows])

    async def inactive(self) -> frozenset[TenantId]:
        query = select(_C.id).where(_C.status != TenantStatus.ACTIVE.value)
        async with self.database.reading_across_tenants() as connection:
            return frozenset(map(TenantId, (await connection.execute(query)).scalars()))


def _row(tenant: Tenant) -> dict[str, Any]:
    agreed = asdict(tenant.agreed, filter=lambda _, value: value is not None)
    return {
        "id": tenant.id,
        "name": tenant.name,
        "created_at": tenant.created_at,
        "plan": tenant.plan.value,
        "agreed": msgspec.json.encode(agreed).decode(),
        "tier": tenant.tier.value,
        "status": tenant.status.value,
        "version": tenant.version,
    }


def _tenant(row: Row[Any]) -> Tenant:
    said: dict[str, Any] = msgspec.json.decode(row.agreed)
    said |= {name: AgreedRate(**said[name]) for name in _RATES if name in said}
    return Tenant(
        TenantId(row.id),
        row.name,
        row.created_at,
        PlanName(row.plan),
        AgreedLimits(**said),
        ScaleTier(row.tier),
        TenantStatus(row.status),
        row.version,
    )
