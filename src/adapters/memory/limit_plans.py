"""Limit plans in a dictionary."""

from attrs import define, field

from ...domain.identifiers import TenantId
from ...domain.tenancy import LimitPlan


@define
class MemoryLimitPlans:
    """One plan for all tenants but those that have their own.

    Args:
        usual: The plan of everybody else.
        own: Plans by tenant.
    """

    usual: LimitPlan
    own: dict[TenantId, LimitPlan] = field(factory=dict)

    async def of(self, tenant: TenantId) -> LimitPlan:
        return self.own.get(tenant, self.usual)
