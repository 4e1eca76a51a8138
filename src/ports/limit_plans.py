"""What each tenant may spend."""

from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.tenancy import LimitPlan


class LimitPlans(Protocol):
    """The limit plan of every tenant; asked for every request, so it must answer from memory."""

    async def of(self, tenant: TenantId) -> LimitPlan:
        """A tenant's plan; the usual one for a tenant that nothing else is known of."""
