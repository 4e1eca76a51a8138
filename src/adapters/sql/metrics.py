"""Metrics in the record store: a row per definition, and one per metric and day."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Double,
    Row,
    Table,
    Text,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.identifiers import TenantId
from ...domain.metrics import (
    MetricDeclaration,
    MetricDefinition,
    MetricValue,
    OverDays,
    declared,
    recorded,
)
from ...domain.outcomes import Outcome
from .database import PLAIN_TEXT, Database, UtcDateTime, metadata
from .kept_position import locked, moved

metric_definition = Table(
    "metric_definition",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("name", PLAIN_TEXT, primary_key=True),
    Column("over_days", Text, nullable=False),
    Column("unit", Text),
    Column("description", Text),
    Column("numerator", PLAIN_TEXT),
    Column("denominator", PLAIN_TEXT),
    Column("version", BigInteger, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

metric_value = Table(
    "metric_value",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("metric_name", PLAIN_TEXT, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("value", Double, nullable=False),
)

_SUBJECT = "metrics"
_D, _V = metric_definition.c, metric_value.c


@frozen
class SqlMetricRepository:
    """Keeps definitions and values: two ports. The writes of one tenant go one by one."""

    database: Database

    async def definitions(self, tenant: TenantId) -> tuple[MetricDefinition, ...]:
        async with self.database.reading(tenant) as connection:
            return await _definitions(connection, tenant)

    async def declare(
        self,
        tenant: TenantId,
        name: str,
        wanted: MetricDeclaration,
        expected: int | None,
        now: datetime,
    ) -> MetricDefinition:
        async with self.database.writing(tenant) as connection:
            # First, because it locks: a ratio and its parts change one after the other.
            position = await locked(self.database, connection, tenant, _SUBJECT) + 1
            present = await _definitions(connection, tenant)
            made = declared(present, name, wanted, expected, version=position, now=now)
            if made.version == position:
                row = _row(tenant, made)
                adding = self.database.upsert(metric_definition).values(row)
                kept = {column: adding.excluded[column] for column in row}
                await connection.execute(
                    adding.on_conflict_do_update(index_elements=["tenant_id", "name"], set_=kept)
                )
                await moved(connection, tenant, _SUBJECT, position)
        return made

    async def record(self, tenant: TenantId, values: Sequence[MetricValue]) -> tuple[Outcome, ...]:
        if not values:
            return ()
        days = [one.date for one in values]
        names = sorted({one.metric_name for one in values})
        async with self.database.writing(tenant) as connection:
            await locked(self.database, connection, tenant, _SUBJECT)
            present = await _values(connection, tenant, names, min(days), max(days))
            outcomes = recorded(present, values)
            named = zip(values, outcomes, strict=True)
            touched = {one.key for one, outcome in named if outcome is not Outcome.UNCHANGED}
            rows = [
                {"tenant_id": tenant, "metric_name": name, "date": day, "value": present[name, day]}
                for name, day in sorted(touched)
            ]
            if rows:
                adding = self.database.upsert(metric_value)
                keys = ["tenant_id", "metric_name", "date"]
                await connection.execute(
                    adding.on_conflict_do_update(
                        index_elements=keys, set_={"value": adding.excluded.value}
                    ),
                    rows,
                )
        return outcomes

    async def values(
        self, tenant: TenantId, names: Sequence[str], first: date, last: date
    ) -> Mapping[str, Mapping[date, float]]:
        async with self.database.reading(tenant) as connection:
            rows = await _values(connection, tenant, names, first, last)
        found: dict[str, dict[date, float]] = {}
        for (name, day), value in rows.items():
            found.setdefault(name, {})[day] = value
        return found


async def _definitions(
    connection: AsyncConnection, tenant: TenantId
) -> tuple[MetricDefinition, ...]:
    query = select(metric_definition).where(_D.tenant_id == tenant).order_by(_D.name)
    return tuple(_definition(row) for row in await connection.execute(query))


async def _values(
    connection: AsyncConnection, tenant: TenantId, names: Sequence[str], first: date, last: date
) -> dict[tuple[str, date], float]:
    query = select(_V.metric_name, _V.date, _V.value).where(
        _V.tenant_id == tenant, _V.metric_name.in_(names), _V.date.between(first, last)
    )
    return {(row.metric_name, row.date): row.value for row in await connection.execute(query)}


def _row(tenant: TenantId, made: MetricDefinition) -> dict[str, Any]:
    row = asdict(made, filter=lambda about, _: about.name != "built_in")
    return {"tenant_id": tenant, **row, "over_days": made.over_days.value}


def _definition(row: Row[Any]) -> MetricDefinition:
    return MetricDefinition(
        row.name,
        OverDays(row.over_days),
        row.unit,
        row.description,
        row.numerator,
        row.denominator,
        False,
        row.version,
        row.updated_at,
    )
