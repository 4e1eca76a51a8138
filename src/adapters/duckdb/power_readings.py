"""Power readings in DuckDB: a row each, and summaries of quarter hours that are kept with them."""

from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection as Connection

from ...domain.energy import PowerFacts, PowerQuestion, PowerReading, PowerSeries
from ...domain.identifiers import CircuitId, TenantId
from . import power_writing
from .database import DuckDbDatabase
from .on_demand_database import OnDemandDatabase
from .power_facts import facts

_PATIENCE_SECONDS = 120.0
"""A year of a circuit by the minute takes two seconds where nothing else happens."""


class DuckDbPowerReadingRepository:
    """Readings and quarter hours, both changed in one transaction.

    Args:
        database: A file with the tables of `POWER_LAYOUTS`.
    """

    def __init__(self, database: DuckDbDatabase | OnDemandDatabase) -> None:
        self._database = database

    async def append(
        self, tenant: TenantId, readings: Mapping[CircuitId, Sequence[PowerReading]]
    ) -> int:
        newer = {one: PowerSeries.of(some) for one, some in readings.items() if some}
        return await self._database.write(
            lambda cursor: _append(cursor, tenant, newer), _PATIENCE_SECONDS
        )

    async def adopt(
        self, tenant: TenantId, readings: Mapping[CircuitId, PowerSeries], position: int
    ) -> None:
        await self._database.write(
            lambda cursor: _adopt(cursor, tenant, readings, position), _PATIENCE_SECONDS
        )

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        return await self._database.read(lambda cursor: facts(cursor, tenant, question))


def _append(cursor: Connection, tenant: TenantId, newer: Mapping[CircuitId, PowerSeries]) -> int:
    position = power_writing.position_of(cursor, tenant)
    if newer:
        position += 1
        power_writing.append(cursor, tenant, newer, position)
    return position


def _adopt(
    cursor: Connection,
    tenant: TenantId,
    readings: Mapping[CircuitId, PowerSeries],
    position: int,
) -> None:
    if power_writing.position_of(cursor, tenant) == 0:
        power_writing.append(cursor, tenant, readings, position)
