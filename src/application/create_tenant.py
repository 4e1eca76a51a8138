"""Set up a customer."""

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.tenancy import Tenant
from ..ports.clock import Clock
from ..ports.tenants import TenantRepository


@frozen
class CreateTenant:
    """Use case: a new tenant without any data."""

    tenants: TenantRepository
    clock: Clock

    async def __call__(self, tenant: TenantId, name: str) -> Tenant:
        """Create a tenant.

        Raises:
            InvalidInput: If the id or the name is not fit to be one.
            TenantExists: If the id is taken.
        """
        created = Tenant(tenant, name, self.clock.now())
        await self.tenants.add(created)
        return created
