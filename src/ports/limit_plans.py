"""What each tenant may spend."""

from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.tenancy import LimitPlan


class LimitPlans(Protocol):
    """The limit plan of every tenant; asked for every request, so it must answer from memory."""

    async def of(self, tenant: TenantId) -> LimitPlan:
        """A tenant's plan, as it was at most a second ago.

        Raises:
            TenantNotFound: If there is no such tenant.
            Unavailable: If nothing so young is known and the store does not answer.
        """
