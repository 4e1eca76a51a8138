"""Power readings kept in memory, answered the slow and obvious way."""

from collections.abc import Mapping, Sequence

from ...domain.energy import NO_READINGS, PowerFacts, PowerQuestion, PowerReading, PowerSeries
from ...domain.identifiers import CircuitId, TenantId


class MemoryPowerReadingRepository:
    """Keeps every reading and answers from all of them."""

    def __init__(self) -> None:
        self._series: dict[tuple[TenantId, CircuitId], PowerSeries] = {}
        self._positions: dict[TenantId, int] = {}

    async def append(
        self, tenant: TenantId, readings: Mapping[CircuitId, Sequence[PowerReading]]
    ) -> int:
        position = self._positions.get(tenant, 0)
        if not any(readings.values()):
            return position
        for circuit, some in readings.items():
            self._series[tenant, circuit] = self._of(tenant, circuit).updated(some)
        self._positions[tenant] = position + 1
        return position + 1

    async def read(self, tenant: TenantId, question: PowerQuestion) -> PowerFacts:
        readings = {one: self._of(tenant, one) for one in question.circuits}
        return question.reference(self._positions.get(tenant, 0), readings)

    def _of(self, tenant: TenantId, circuit: CircuitId) -> PowerSeries:
        return self._series.get((tenant, circuit), NO_READINGS)
