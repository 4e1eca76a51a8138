"""A platform that scales nothing and remembers what it was told."""

from attrs import define, field

from ...domain.identifiers import TenantId
from ...domain.tenancy import Scale


@define
class RecordedPlatform:
    """For deployments that are scaled by hand, and for tests.

    Args:
        told: What each tenant was given last.
    """

    told: dict[TenantId, Scale] = field(factory=dict, init=False)

    async def scale(self, tenant: TenantId, scale: Scale) -> None:
        self.told[tenant] = scale
