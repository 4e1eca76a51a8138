"""May anybody come in this tenant's name?"""

from attrs import frozen

from ..domain.identifiers import TenantId
from ..ports.tenants import KnownTenants


@frozen
class CheckTenant:
    """Use case: refuses keys and tokens of tenants that are not active."""

    tenants: KnownTenants

    async def __call__(self, tenant: TenantId) -> None:
        """Refuse, or do nothing.

        Raises:
            TenantSuspended: If it is suspended.
            TenantClosed: If it is closed.
            TenantNotFound: If there is none.
            Unavailable: If nothing young enough is known of it and the store does not answer.
        """
        (await self.tenants.known(tenant)).check_active()
