"""The tenants of a deployment."""

from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.tenancy import Tenant


class TenantRepository(Protocol):
    """Every customer by id."""

    async def add(self, tenant: Tenant) -> None:
        """Set a tenant up.

        Raises:
            TenantExists: If the id is taken.
        """

    async def get(self, tenant: TenantId) -> Tenant:
        """A tenant by id.

        Raises:
            TenantNotFound: If there is none.
        """
