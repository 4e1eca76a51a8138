"""Tenants in a dictionary."""

from attrs import define, field

from ...domain.errors import TenantExists, TenantNotFound
from ...domain.identifiers import TenantId
from ...domain.tenancy import Tenant


@define
class MemoryTenantRepository:
    """Keeps tenants by id."""

    _tenants: dict[TenantId, Tenant] = field(factory=dict, init=False)

    async def add(self, tenant: Tenant) -> None:
        if tenant.id in self._tenants:
            raise TenantExists(tenant.id)
        self._tenants[tenant.id] = tenant

    async def get(self, tenant: TenantId) -> Tenant:
        try:
            return self._tenants[tenant]
        except KeyError:
            raise TenantNotFound(tenant) from None
