"""Set up a customer."""

from attrs import frozen

from ..domain.identifiers import TenantId
from ..domain.tenancy import PlanName, Tenant
from ..ports.clock import Clock
from ..ports.tenants import TenantRepository


@frozen
class CreateTenant:
    """Use case: a new tenant without any data.

    Args:
        tenants: Where it is kept.
        clock: Dates it.
        default_plan: Its plan unless another is asked for.
    """

    tenants: TenantRepository
    clock: Clock
    default_plan: PlanName

    async def __call__(self, tenant: TenantId, name: str, plan: PlanName | None = None) -> Tenant:
        """Create a tenant.

        Raises:
            InvalidInput: If the id or the name is not fit to be one.
            TenantExists: If the id is taken.
        """
        created = Tenant(tenant, name, self.clock.now(), plan or self.default_plan)
        await self.tenants.add(created)
        return created
