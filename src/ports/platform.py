"""What gives tenants their machines."""

from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.tenancy import Scale


class Platform(Protocol):
    """Whatever really scales: a cluster, or nothing at all."""

    async def scale(self, tenant: TenantId, scale: Scale) -> None:
        """Give a tenant what a tier means; giving it again changes nothing.

        Raises:
            Unavailable: If the platform refuses or does not answer; what it did is then unknown.
        """
