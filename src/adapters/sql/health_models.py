"""Health models in the record store: one row per version, never changed."""

from datetime import datetime
from typing import Any

import msgspec
from attrs import evolve, fields_dict, frozen
from sqlalchemy import BigInteger, Column, Row, Select, Table, Text, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import HealthModelNotFound
from ...domain.identifiers import TenantId
from ...domain.portfolio.health_model import HealthModel
from ...domain.portfolio.health_thresholds import Thresholds
from ...ports.health_models import BUILT_IN, KeptHealthModel
from .database import Database, UtcDateTime, metadata
from .portfolio_position import agree, moved_portfolio

health_model = Table(
    "health_model",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

_C = health_model.c

_decode = msgspec.json.Decoder(HealthModel).decode
_encode = msgspec.json.Encoder(order="deterministic").encode
#: What a model had that was set before thresholds were part of it.
_BEFORE_THRESHOLDS = msgspec.json.decode(_encode({"thresholds": Thresholds()}))


@frozen
class SqlHealthModelRepository:
    """Keeps what tenants set; the built-in model is in no row."""

    database: Database

    async def current(self, tenant: TenantId) -> KeptHealthModel:
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(_newest_first(tenant).limit(1))).one_or_none()
        return BUILT_IN if row is None else _kept(row)

    async def at(self, tenant: TenantId, version: int) -> KeptHealthModel:
        if version == BUILT_IN.model.version:
            return BUILT_IN
        query = _newest_first(tenant).where(_C.version == version)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise HealthModelNotFound(version)
        return _kept(row)

    async def versions(self, tenant: TenantId) -> tuple[KeptHealthModel, ...]:
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(_newest_first(tenant))).all()
        return (*map(_kept, rows), BUILT_IN)

    async def put(
        self, tenant: TenantId, model: HealthModel, expected: int | None, now: datetime
    ) -> KeptHealthModel:
        async with self.database.writing(tenant) as connection:
            # First, because it locks: the version in force stays so until the end.
            moved = await moved_portfolio(self.database, connection, tenant)
            agree(expected, await _version_in_force(connection, tenant))
            kept = KeptHealthModel(evolve(model, version=moved.position), now)
            await connection.execute(insert(health_model).values(_row(tenant, kept)))
        return kept


def _newest_first(tenant: TenantId) -> Select[Any]:
    query = select(_C.content, _C.set_at).where(_C.tenant_id == tenant)
    return query.order_by(_C.version.desc())


async def _version_in_force(connection: AsyncConnection, tenant: TenantId) -> int:
    query = select(func.max(_C.version)).where(_C.tenant_id == tenant)
    return (await connection.execute(query)).scalar_one() or BUILT_IN.model.version


def _row(tenant: TenantId, kept: KeptHealthModel) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "version": kept.model.version,
        "content": _encode(_content(kept.model)).decode(),
        "set_at": kept.set_at,
    }


def _kept(row: Row[Any]) -> KeptHealthModel:
    model = _decode(row.content)
    # The decoder passes over names it does not know and fills in what is left out.
    kept = {**_BEFORE_THRESHOLDS, **msgspec.json.decode(row.content)}
    if kept != msgspec.json.decode(_encode(_content(model))):
        message = f"the health model of version {model.version} is not what it reads as"
        raise msgspec.ValidationError(message)
    return KeptHealthModel(model, row.set_at)


def _content(model: HealthModel) -> dict[str, Any]:
    # Not the model itself: the encoder knows no read-only mappings.
    content = {name: getattr(model, name) for name in fields_dict(HealthModel)}
    return content | {"metrics": dict(model.metrics)}
