"""Usage in the record store: a row per tenant, day, operation and key, counted up."""

from collections.abc import Sequence
from datetime import date

from attrs import asdict, frozen
from sqlalchemy import BigInteger, Column, Date, Table, Text, select

from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import Usage, summed
from .database import PLAIN_TEXT, Database, metadata

usage_table = Table(
    "usage",
    metadata,
    Column("tenant_id", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("operation", PLAIN_TEXT, primary_key=True),
    Column("key_id", PLAIN_TEXT, primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("units", BigInteger, nullable=False),
)

_C = usage_table.c


@frozen
class SqlUsageRepository:
    """Keeps counts in the record store."""

    database: Database

    async def add(self, batch: Sequence[Usage]) -> None:
        # In one order everywhere: two processes that add at once never wait for each other
        # crosswise.
        rows = [_row(one) for one in summed(batch)]
        if not rows:
            return
        adding = self.database.upsert(usage_table)
        adding = adding.on_conflict_do_update(
            index_elements=[_C.tenant_id, _C.day, _C.operation, _C.key_id],
            set_={
                "requests": _C.requests + adding.excluded.requests,
                "units": _C.units + adding.excluded.units,
            },
        )
        async with self.database.writing_across_tenants() as connection:
            await connection.execute(adding, rows)

    async def of(self, tenant: TenantId, first: date, last: date) -> Sequence[Usage]:
        query = (
            select(usage_table)
            .where(_C.tenant_id == tenant, _C.day.between(first, last))
            .order_by(_C.day, _C.operation, _C.key_id)
        )
        async with self.database.reading(tenant) as connection:
            rows = (await connection.execute(query)).all()
        return tuple(
            Usage(
                TenantId(row.tenant_id),
                row.day,
                row.operation,
                KeyId(row.key_id),
                row.requests,
                row.units,
            )
            for row in rows
        )


def _row(usage: Usage) -> dict[str, object]:
    row = asdict(usage)
    return {"tenant_id": row.pop("tenant"), "key_id": row.pop("key"), **row}
