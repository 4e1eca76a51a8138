"""Site trees in five tables of the record store."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from attrs import asdict
from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    bindparam,
    exc,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.energy import (
    Brand,
    BrandPage,
    BrandQuery,
    BrandSummary,
    Circuit,
    Level,
    Location,
    Organization,
    Sensor,
    Sites,
    brand_page,
)
from ...domain.errors import Conflict, SensorNotFound
from ...domain.identifiers import CircuitId, SensorId, TenantId
from .database import Database, metadata

brands = Table(
    "brands",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
)

organizations = Table(
    "organizations",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("brand_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["tenant_id", "brand_id"], ["brands.tenant_id", "brands.id"]),
    Index(None, "tenant_id", "brand_id"),
)

locations = Table(
    "locations",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("organization_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(
        ["tenant_id", "organization_id"], ["organizations.tenant_id", "organizations.id"]
    ),
    Index(None, "tenant_id", "organization_id"),
)

electric_sensors = Table(
    "electric_sensors",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("duid", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("location_id", Uuid, nullable=False),
    UniqueConstraint("tenant_id", "duid"),
    ForeignKeyConstraint(["tenant_id", "location_id"], ["locations.tenant_id", "locations.id"]),
    Index(None, "tenant_id", "location_id"),
)

circuits = Table(
    "circuits",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("sensor_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("circuit_number", Integer, nullable=False),
    UniqueConstraint("tenant_id", "sensor_id", "circuit_number"),
    ForeignKeyConstraint(
        ["tenant_id", "sensor_id"], ["electric_sensors.tenant_id", "electric_sensors.id"]
    ),
)

_TABLES = {
    Level.BRAND: brands,
    Level.ORGANIZATION: organizations,
    Level.LOCATION: locations,
    Level.SENSOR: electric_sensors,
    Level.CIRCUIT: circuits,
}
_CLASSES = {
    Level.BRAND: Brand,
    Level.ORGANIZATION: Organization,
    Level.LOCATION: Location,
    Level.SENSOR: Sensor,
    Level.CIRCUIT: Circuit,
}
#: The collation by code point, under the name that each database knows it by.
_BY_CODE_POINT = {"postgresql": "C", "sqlite": "BINARY"}
_Row = Mapping[str, Any]


def _joined(lower: Table, upper: Table, column: str) -> Any:
    return and_(lower.c.tenant_id == upper.c.tenant_id, lower.c[column] == upper.c.id)


#: Every path of the tree from the top down, cut off where nothing follows.
_PATHS = (
    brands.outerjoin(organizations, _joined(organizations, brands, "brand_id"))
    .outerjoin(locations, _joined(locations, organizations, "organization_id"))
    .outerjoin(electric_sensors, _joined(electric_sensors, locations, "location_id"))
    .outerjoin(circuits, _joined(circuits, electric_sensors, "sensor_id"))
)
_COLUMNS = {
    level: [column for column in table.c if column.name != "tenant_id"]
    for level, table in _TABLES.items()
}


class SqlSiteRepository:
    """Keeps site trees; a thing and all around it is one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, tenant: TenantId, sites: Sites) -> None:
        try:
            async with self._database.writing(tenant) as connection:
                await self._save(connection, tenant, sites)
        except exc.IntegrityError as error:
            raise Conflict("another document was being saved; send this one again") from error

    async def _save(self, connection: AsyncConnection, tenant: TenantId, sites: Sites) -> None:
        before = await _everything(connection, tenant)
        before.merged(sites)
        await _give_way(connection, tenant, before, sites)
        for level, records in _by_level(sites).items():
            if records:
                await self._put(connection, _TABLES[level], tenant, records)

    async def _put(
        self, connection: AsyncConnection, table: Table, tenant: TenantId, records: Sequence[_Row]
    ) -> None:
        statement = self._database.upsert(table)
        written = {name: statement.excluded[name] for name in records[0] if name != "id"}
        await connection.execute(
            statement.on_conflict_do_update(index_elements=["tenant_id", "id"], set_=written),
            [{"tenant_id": tenant, **record} for record in records],
        )

    async def around(self, tenant: TenantId, level: Level, identifier: UUID) -> Sites:
        columns = [column for columns in _COLUMNS.values() for column in columns]
        table = _TABLES[level]
        query = select(*columns).select_from(_PATHS)
        query = query.where(brands.c.tenant_id == tenant, table.c.id == identifier)
        async with self._database.reading(tenant) as connection:
            rows = (await connection.execute(query)).all()
        if not rows:
            raise level.missing(identifier)
        return _sites([tuple(row) for row in rows])

    async def brands(self, tenant: TenantId, query: BrandQuery) -> BrandPage:
        statement = _counted(tenant, query, _BY_CODE_POINT[self._database.dialect])
        async with self._database.reading(tenant) as connection:
            rows = (await connection.execute(statement)).all()
        return brand_page(query, [BrandSummary(*row) for row in rows])

    async def sensor_with_duid(self, tenant: TenantId, duid: str) -> SensorId:
        query = select(electric_sensors.c.id).where(
            electric_sensors.c.tenant_id == tenant, electric_sensors.c.duid == duid
        )
        async with self._database.reading(tenant) as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        if found is None:
            raise SensorNotFound(duid)
        return SensorId(found)

    async def addresses(self, tenant: TenantId) -> Mapping[tuple[str, int], CircuitId]:
        query = (
            select(electric_sensors.c.duid, circuits.c.circuit_number, circuits.c.id)
            .join_from(circuits, electric_sensors, _joined(circuits, electric_sensors, "sensor_id"))
            .where(circuits.c.tenant_id == tenant)
        )
        async with self._database.reading(tenant) as connection:
            rows = (await connection.execute(query)).all()
        return {(duid, number): CircuitId(identifier) for duid, number, identifier in rows}


def _counted(tenant: TenantId, query: BrandQuery, collation: str) -> Select[Any]:
    """The brands of a page with what lies below them, and one brand more if there is one."""
    name = brands.c.name.collate(collation)
    paged = select(brands.c.id).where(brands.c.tenant_id == tenant)
    if query.after is not None:
        paged = paged.where(tuple_(name, brands.c.id) > tuple_(query.after.name, query.after.id))
    paged = paged.order_by(name, brands.c.id).limit(query.limit + 1)
    counts = [func.count(_TABLES[level].c.id.distinct()) for level in list(Level)[1:]]
    return (
        select(brands.c.id, brands.c.name, *counts)
        .select_from(_PATHS)
        .where(brands.c.tenant_id == tenant, brands.c.id.in_(paged))
        .group_by(brands.c.id, brands.c.name)
        .order_by(name, brands.c.id)
    )


def _by_level(sites: Sites) -> Mapping[Level, Sequence[_Row]]:
    """The rows of a document, parents before children."""
    return {
        Level.BRAND: [asdict(one) for one in sites.brands],
        Level.ORGANIZATION: [asdict(one) for one in sites.organizations],
        Level.LOCATION: [asdict(one) for one in sites.locations],
        Level.SENSOR: [asdict(one) for one in sites.electric_sensors],
        Level.CIRCUIT: [asdict(one) for one in sites.circuits],
    }


def _sites(rows: Sequence[tuple[Any, ...]]) -> Sites:
    """The records on some paths of the tree, each once."""
    found: dict[Level, dict[UUID, Any]] = {level: {} for level in Level}
    place = 0
    for level, columns in _COLUMNS.items():
        upto = place + len(columns)
        for row in rows:
            if row[place] is not None and row[place] not in found[level]:
                found[level][row[place]] = _CLASSES[level](*row[place:upto])
        place = upto
    return Sites(*(tuple(found[level].values()) for level in Level)).in_order()


async def _everything(connection: AsyncConnection, tenant: TenantId) -> Sites:
    found = []
    for level, table in _TABLES.items():
        query = select(*_COLUMNS[level]).where(table.c.tenant_id == tenant)
        rows = (await connection.execute(query)).all()
        found.append(tuple(_CLASSES[level](*row) for row in rows))
    return Sites(*found)


async def _give_way(
    connection: AsyncConnection, tenant: TenantId, before: Sites, newer: Sites
) -> None:
    """Move device ids and numbers that a document exchanges out of each other's way.

    Rows are written one by one, so for a moment two would have the same.
    """
    duids = {one.id: one.duid for one in before.electric_sensors}
    leaving = [one.id for one in newer.electric_sensors if duids.get(one.id, one.duid) != one.duid]
    if leaving:
        statement = _at(electric_sensors, tenant).values(duid=bindparam("spare"))
        spare = [{"at": identifier, "spare": f"~{identifier}"} for identifier in leaving]
        await connection.execute(statement, spare)
    addresses = {one.id: (one.sensor_id, one.circuit_number) for one in before.circuits}
    moving = [
        one.id
        for one in newer.circuits
        if one.id in addresses and addresses[one.id] != (one.sensor_id, one.circuit_number)
    ]
    if moving:
        statement = _at(circuits, tenant).values(circuit_number=bindparam("spare"))
        numbers = [{"at": one, "spare": -1 - index} for index, one in enumerate(moving)]
        await connection.execute(statement, numbers)


def _at(table: Table, tenant: TenantId) -> Any:
    return update(table).where(table.c.tenant_id == tenant, table.c.id == bindparam("at"))
