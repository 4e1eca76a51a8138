"""Tenants in a dictionary."""

from attrs import define, field

from ...domain.errors import TenantExists, TenantNotFound, VersionMismatch
from ...domain.identifiers import TenantId
from ...domain.tenancy import Tenant, TenantPage, TenantQuery, TenantStatus, tenant_page


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

    async def known(self, tenant: TenantId) -> Tenant:
        return await self.get(tenant)

    async def replace(self, changed: Tenant, version: int) -> None:
        kept = await self.get(changed.id)
        if kept.version != version:
            raise VersionMismatch(version, kept.version)
        self._tenants[changed.id] = changed

    async def page(self, query: TenantQuery) -> TenantPage:
        return tenant_page(query, query.reference(self._tenants.values()))

    async def inactive(self) -> frozenset[TenantId]:
        return frozenset(
            one.id for one in self._tenants.values() if one.status is not TenantStatus.ACTIVE
        )
