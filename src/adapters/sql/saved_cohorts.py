"""Saved cohorts in the record store: a row each, the definition in its wire form."""

from datetime import datetime
from typing import Any

import msgspec
from attrs import frozen
from sqlalchemy import BigInteger, Column, Row, Table, Text, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ...domain.errors import TooManyCohorts
from ...domain.identifiers import CohortId, TenantId
from ...domain.questions.cohorts import (
    MOST_COHORTS,
    CohortDraft,
    SavedCohort,
    changed_cohort,
    cohort_definition,
    kept_cohort,
)
from .database import PLAIN_TEXT, Database, UtcDateTime, metadata
from .kept_position import locked, moved

saved_cohort = Table(
    "saved_cohort",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("cohort_id", Text, primary_key=True),
    Column("name", PLAIN_TEXT, nullable=False),
    Column("description", Text),
    Column("definition", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

_SUBJECT = "cohorts"
_C = saved_cohort.c

_decode = msgspec.json.Decoder(dict[str, Any]).decode


@frozen
class SqlSavedCohorts:
    """Keeps what tenants saved. The writes of one tenant go one by one."""

    database: Database

    async def get(self, tenant: TenantId, cohort: CohortId) -> SavedCohort:
        async with self.database.reading(tenant) as connection:
            return kept_cohort(await _found(connection, tenant, cohort), cohort, None)

    async def every(self, tenant: TenantId) -> tuple[SavedCohort, ...]:
        query = select(saved_cohort).where(_C.tenant_id == tenant).order_by(_C.name, _C.cohort_id)
        async with self.database.reading(tenant) as connection:
            return tuple(_cohort(row) for row in await connection.execute(query))

    async def add(
        self, tenant: TenantId, cohort: CohortId, draft: CohortDraft, now: datetime
    ) -> SavedCohort:
        counted = select(func.count()).where(_C.tenant_id == tenant)
        async with self.database.writing(tenant) as connection:
            position = await self._moved(connection, tenant)
            if (await connection.execute(counted)).scalar_one() >= MOST_COHORTS:
                raise TooManyCohorts(MOST_COHORTS)
            made = SavedCohort(cohort, draft, position, now, now)
            await connection.execute(insert(saved_cohort).values(_row(tenant, made)))
        return made

    async def replace(
        self,
        tenant: TenantId,
        cohort: CohortId,
        draft: CohortDraft,
        expected: int | None,
        now: datetime,
    ) -> SavedCohort:
        async with self.database.writing(tenant) as connection:
            position = await self._moved(connection, tenant)
            present = kept_cohort(await _found(connection, tenant, cohort), cohort, expected)
            made = changed_cohort(present, draft, position, now)
            one = (_C.tenant_id == tenant, _C.cohort_id == cohort)
            await connection.execute(update(saved_cohort).where(*one).values(_row(tenant, made)))
        return made

    async def remove(self, tenant: TenantId, cohort: CohortId, expected: int | None) -> None:
        async with self.database.writing(tenant) as connection:
            await self._moved(connection, tenant)
            kept_cohort(await _found(connection, tenant, cohort), cohort, expected)
            one = (_C.tenant_id == tenant, _C.cohort_id == cohort)
            await connection.execute(delete(saved_cohort).where(*one))

    async def _moved(self, connection: AsyncConnection, tenant: TenantId) -> int:
        """The next position; first, because it locks until the end."""
        position = await locked(self.database, connection, tenant, _SUBJECT) + 1
        await moved(connection, tenant, _SUBJECT, position)
        return position


async def _found(
    connection: AsyncConnection, tenant: TenantId, cohort: CohortId
) -> SavedCohort | None:
    query = select(saved_cohort).where(_C.tenant_id == tenant, _C.cohort_id == cohort)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _cohort(row)


def _row(tenant: TenantId, made: SavedCohort) -> dict[str, Any]:
    return {
        "tenant_id": tenant,
        "cohort_id": made.cohort_id,
        "name": made.draft.name,
        "description": made.draft.description,
        "definition": msgspec.json.encode(made.draft.definition.told()).decode(),
        "version": made.version,
        "created_at": made.created_at,
        "updated_at": made.updated_at,
    }


def _cohort(row: Row[Any]) -> SavedCohort:
    return SavedCohort(
        CohortId(row.cohort_id),
        CohortDraft(row.name, cohort_definition(_decode(row.definition)), row.description),
        row.version,
        row.created_at,
        row.updated_at,
    )
