"""Look up the sensors and circuits of a location."""

from attrs import frozen

from ..domain.energy import Level, LocationCircuits, location_circuits
from ..domain.identifiers import LocationId, TenantId
from ..ports.sites import SiteRepository


@frozen
class ReadCircuitSummary:
    """Use case: a location with its sensors and circuits."""

    sites: SiteRepository

    async def __call__(self, tenant: TenantId, identifier: LocationId) -> LocationCircuits:
        """Read the circuits of a location.

        Raises:
            LocationNotFound: If there is no such location.
        """
        around = await self.sites.around(tenant, Level.LOCATION, identifier)
        return location_circuits(around, identifier)
