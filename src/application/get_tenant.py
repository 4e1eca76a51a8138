"""Look a customer up."""

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.tenancy import Tenant
from ..ports.tenants import TenantRepository


@frozen
class GetTenant:
    """Use case: a tenant by its id."""

    tenants: TenantRepository

    async def __call__(self, tenant: TenantId) -> Tenant:
        """Get a tenant.

        Raises:
            TenantNotFound: If there is none.
        """
        return await self.tenants.get(tenant)
