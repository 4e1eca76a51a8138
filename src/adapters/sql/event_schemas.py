"""Event schemas in the record store: one row per event type, one per version, never changed."""

from datetime import datetime
from typing import Any

import msgspec
from attrs import asdict, evolve, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Row,
    Select,
    Table,
    Text,
    and_,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import EventSchemaNotFound, VersionMismatch
from ...domain.events.schema_changes import SchemaChange
from ...domain.events.schema_listing import SchemaPage, SchemaQuery, schema_page
from ...domain.events.schemas import (
    EventSchema,
    ModeChange,
    SchemaRegistration,
    SchemaVersion,
)
from ...domain.identifiers import TenantId
from .database import PLAIN_TEXT, Database, UtcDateTime, metadata

event_schema_version = Table(
    "event_schema_version",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("event_type", PLAIN_TEXT, primary_key=True),
    Column("major", Integer, primary_key=True, autoincrement=False),
    Column("minor", Integer, primary_key=True, autoincrement=False),
    Column("document", Text, nullable=False),
    Column("changes", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

event_schema = Table(
    "event_schema",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("event_type", PLAIN_TEXT, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("major", Integer, nullable=False),
    Column("minor", Integer, nullable=False),
    Column("mode", Text, nullable=False),
    Column("modes", Text, nullable=False),
    Column("retired_at", UtcDateTime),
    ForeignKeyConstraint(
        ["tenant_id", "event_type", "major", "minor"],
        [
            "event_schema_version.tenant_id",
            "event_schema_version.event_type",
            "event_schema_version.major",
            "event_schema_version.minor",
        ],
    ),
    Index("ix_event_schema_tenant_id_position", "tenant_id", "position"),
)

event_schema_position = Table(
    "event_schema_position",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("position", BigInteger, nullable=False),
)

_S, _V, _P = event_schema.c, event_schema_version.c, event_schema_position.c
_MOST_VERSIONS = 100

_encode = msgspec.json.encode
_decode_modes = msgspec.json.Decoder(tuple[ModeChange, ...]).decode
_decode_changes = msgspec.json.Decoder(tuple[SchemaChange, ...]).decode
_decode_document = msgspec.json.Decoder(dict[str, Any]).decode


@frozen
class SqlEventSchemaRepository:
    """Keeps what tenants registered."""

    database: Database

    async def get(self, tenant: TenantId, event_type: str) -> SchemaRegistration | None:
        query = _registered(tenant).where(_S.event_type == event_type)
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _registration(row)

    async def page(self, tenant: TenantId, query: SchemaQuery) -> SchemaPage:
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(_paged(tenant, query))).all()
        return schema_page(query, [_registration(row) for row in rows])

    async def version(
        self, tenant: TenantId, event_type: str, version: SchemaVersion
    ) -> EventSchema:
        query = _of_type(tenant, event_type).where(
            _V.major == version.major, _V.minor == version.minor
        )
        async with self.database.reading(tenant) as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise EventSchemaNotFound(version)
        return _schema(row)

    async def versions(self, tenant: TenantId, event_type: str) -> tuple[EventSchema, ...]:
        query = _of_type(tenant, event_type).order_by(_V.major.desc(), _V.minor.desc())
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(query.limit(_MOST_VERSIONS))).all()
        return tuple(map(_schema, rows))

    async def changed_since(
        self, tenant: TenantId, position: int
    ) -> tuple[SchemaRegistration, ...]:
        query = _registered(tenant).where(_S.position > position).order_by(_S.position)
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(query)).all()
        return tuple(map(_registration, rows))

    async def in_force(self, tenant: TenantId) -> int:
        query = select(func.count()).where(_S.tenant_id == tenant, _S.retired_at.is_(None))
        async with self.database.reading(tenant) as connection:
            return int((await connection.execute(query)).scalar_one())

    async def keep(
        self, tenant: TenantId, changed: SchemaRegistration, replaces: int | None
    ) -> SchemaRegistration:
        async with self.database.writing(tenant) as connection:
            # First, because it locks: nobody else changes this registry until the end.
            position = await self._moved(connection, tenant)
            present = await _position_of(connection, tenant, changed.event_type)
            if present != replaces:
                raise VersionMismatch(replaces or 0, present or 0)
            kept = evolve(changed, position=position)
            await self._keep_version(connection, tenant, kept.current)
            row = _row(tenant, kept)
            added = self.database.upsert(event_schema).values(row)
            await connection.execute(
                added.on_conflict_do_update(index_elements=["tenant_id", "event_type"], set_=row)
            )
        return kept

    async def _moved(self, connection: AsyncConnection, tenant: TenantId) -> int:
        added = self.database.upsert(event_schema_position).values(tenant_id=tenant, position=1)
        moved = added.on_conflict_do_update(
            index_elements=["tenant_id"], set_={"position": _P.position + 1}
        )
        return int((await connection.execute(moved.returning(_P.position))).scalar_one())

    async def _keep_version(
        self, connection: AsyncConnection, tenant: TenantId, schema: EventSchema
    ) -> None:
        added = self.database.upsert(event_schema_version).values(
            tenant_id=tenant,
            event_type=schema.event_type,
            major=schema.version.major,
            minor=schema.version.minor,
            document=_encode(schema.document).decode(),
            changes=_encode([asdict(change) for change in schema.changes]).decode(),
            created_at=schema.created_at,
        )
        await connection.execute(added.on_conflict_do_nothing())


def _registered(tenant: TenantId) -> Select[Any]:
    version = and_(
        _V.tenant_id == _S.tenant_id,
        _V.event_type == _S.event_type,
        _V.major == _S.major,
        _V.minor == _S.minor,
    )
    columns = (*_V, _S.position, _S.modes, _S.retired_at)
    query = select(*columns).select_from(event_schema.join(event_schema_version, version))
    return query.where(_S.tenant_id == tenant)


def _paged(tenant: TenantId, query: SchemaQuery) -> Select[Any]:
    found = _registered(tenant).order_by(_S.event_type).limit(query.limit + 1)
    if query.mode is not None:
        found = found.where(_S.mode == query.mode.value)
    if query.retired is not None:
        found = found.where(
            _S.retired_at.is_not(None) if query.retired else _S.retired_at.is_(None)
        )
    if query.after is not None:
        found = found.where(_S.event_type > query.after)
    return found


def _of_type(tenant: TenantId, event_type: str) -> Select[Any]:
    return select(*_V).where(_V.tenant_id == tenant, _V.event_type == event_type)


async def _position_of(
    connection: AsyncConnection, tenant: TenantId, event_type: str
) -> int | None:
    query = select(_S.position).where(_S.tenant_id == tenant, _S.event_type == event_type)
    return (await connection.execute(query)).scalar_one_or_none()


def _row(tenant: TenantId, kept: SchemaRegistration) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "event_type": kept.event_type,
        "position": kept.position,
        "major": kept.current.version.major,
        "minor": kept.current.version.minor,
        "mode": kept.mode.value,
        "modes": _encode([asdict(one) for one in kept.modes]).decode(),
        "retired_at": kept.retired_at,
    }


def _registration(row: Row[Any]) -> SchemaRegistration:
    retired_at: datetime | None = row.retired_at
    return SchemaRegistration(_schema(row), _decode_modes(row.modes), retired_at, row.position)


def _schema(row: Row[Any]) -> EventSchema:
    return EventSchema(
        row.event_type,
        SchemaVersion(row.major, row.minor),
        _decode_document(row.document),
        _decode_changes(row.changes),
        row.created_at,
    )
