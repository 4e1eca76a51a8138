"""Look up an electric sensor."""

from attrs import frozen

from ..domain.energy import Level, SensorRecord, sensor_record
from ..domain.identifiers import SensorId, TenantId
from ..ports.sites import SiteRepository


@frozen
class ReadSensor:
    """Use case: a sensor by its id, or by its device id."""

    sites: SiteRepository

    async def __call__(self, tenant: TenantId, identifier: SensorId | str) -> SensorRecord:
        """Read a sensor.

        Args:
            tenant: Whose sensor.
            identifier: Its id, or its device id as text.

        Raises:
            SensorNotFound: If there is no such sensor.
        """
        if isinstance(identifier, str):
            identifier = await self.sites.sensor_with_duid(tenant, identifier)
        around = await self.sites.around(tenant, Level.SENSOR, identifier)
        return sensor_record(around, identifier)
