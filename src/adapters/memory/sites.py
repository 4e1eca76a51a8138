"""Site trees kept in memory."""

from collections.abc import Mapping
from uuid import UUID

from ...domain.energy import NO_SITES, BrandPage, BrandQuery, Level, Sites, brand_page
from ...domain.errors import SensorNotFound
from ...domain.identifiers import CircuitId, SensorId, TenantId


class MemorySiteRepository:
    """Keeps one document per tenant."""

    def __init__(self) -> None:
        self._sites: dict[TenantId, Sites] = {}

    async def save(self, tenant: TenantId, sites: Sites) -> None:
        self._sites[tenant] = self._of(tenant).merged(sites).in_order()

    async def around(self, tenant: TenantId, level: Level, identifier: UUID) -> Sites:
        return self._of(tenant).around(level, identifier)

    async def brands(self, tenant: TenantId, query: BrandQuery) -> BrandPage:
        return brand_page(query, query.reference(self._of(tenant)))

    async def sensor_with_duid(self, tenant: TenantId, duid: str) -> SensorId:
        for sensor in self._of(tenant).electric_sensors:
            if sensor.duid == duid:
                return sensor.id
        raise SensorNotFound(duid)

    async def addresses(self, tenant: TenantId) -> Mapping[tuple[str, int], CircuitId]:
        sites = self._of(tenant)
        duids = {one.id: one.duid for one in sites.electric_sensors}
        return {(duids[one.sensor_id], one.circuit_number): one.id for one in sites.circuits}

    def _of(self, tenant: TenantId) -> Sites:
        return self._sites.get(tenant, NO_SITES)
