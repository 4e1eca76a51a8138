"""Limit plans by what is known of tenants, worked out once per change."""

from attrs import define, field

from ...domain.identifiers import TenantId
from ...domain.tenancy import LimitPlan, Tenant
from ...ports.tenants import KnownTenants
from .recent_answers import CAPACITY


@define
class TenantLimitPlans:
    """The limits that each tenant's record says; as young as what is known of it."""

    tenants: KnownTenants
    _plans: dict[TenantId, tuple[Tenant, LimitPlan]] = field(factory=dict, init=False)

    async def of(self, tenant: TenantId) -> LimitPlan:
        found = await self.tenants.known(tenant)
        worked_out = self._plans.get(tenant)
        if worked_out is None or worked_out[0] is not found:
            if len(self._plans) >= CAPACITY:
                del self._plans[next(iter(self._plans))]
            if worked_out is None or worked_out[0] != found:
                worked_out = found, found.limits.plan
            else:
                worked_out = found, worked_out[1]
            self._plans[tenant] = worked_out
        return worked_out[1]
