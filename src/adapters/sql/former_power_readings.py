"""The readings of the record store, for a store that takes them over."""

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import select

from ...domain.energy import PowerSeries
from ...domain.identifiers import CircuitId, TenantId
from .database import Database
from .power_tables import power_hour, power_position, unpacked_hour

_PART = 1_000
"""So many hours are 60,000 readings by the minute."""

_C = power_hour.c


class FormerPowerReadings:
    """What was appended to `SqlPowerReadingRepository` until now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def position(self, tenant: TenantId) -> int:
        query = select(power_position.c.position).where(power_position.c.tenant_id == tenant)
        async with self._database.reading(tenant) as connection:
            return (await connection.execute(query)).scalar_one_or_none() or 0

    async def parts(self, tenant: TenantId) -> AsyncIterator[Mapping[CircuitId, PowerSeries]]:
        for circuit in await self._circuits(tenant):
            hour = -1
            while series := await self._hours(tenant, circuit, hour):
                hour = max(series)
                yield {
                    circuit: PowerSeries(
                        tuple(at for one in series.values() for at in one.at_ms),
                        tuple(watts for one in series.values() for watts in one.watts),
                    )
                }

    async def _circuits(self, tenant: TenantId) -> Sequence[CircuitId]:
        query = select(_C.circuit_id).where(_C.tenant_id == tenant).distinct()
        async with self._database.reading(tenant) as connection:
            return [CircuitId(one) for one in (await connection.execute(query)).scalars()]

    async def _hours(
        self, tenant: TenantId, circuit: CircuitId, after: int
    ) -> Mapping[int, PowerSeries]:
        query = (
            select(_C.hour, _C.readings)
            .where(_C.tenant_id == tenant, _C.circuit_id == circuit, _C.hour > after)
            .order_by(_C.hour)
            .limit(_PART)
        )
        async with self._database.reading(tenant) as connection:
            rows = (await connection.execute(query)).all()
        return {hour: unpacked_hour(packed, hour) for hour, packed in rows}
