"""The tenants of a deployment."""

from typing import Protocol

from ..domain.identifiers import TenantId
from ..domain.tenancy import Tenant, TenantPage, TenantQuery


class TenantRepository(Protocol):
    """Every customer by id.

    Every method may raise Unavailable if the store does not answer.
    """

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

    async def replace(self, changed: Tenant, version: int) -> None:
        """Put a changed tenant in the place of the one of a version; id and start stay.

        Raises:
            TenantNotFound: If there is none.
            VersionMismatch: If it has another version by now.
        """

    async def page(self, query: TenantQuery) -> TenantPage:
        """The tenants that `query.reference` picks."""

    async def inactive(self) -> frozenset[TenantId]:
        """Those that are suspended or closed."""


class KnownTenants(Protocol):
    """Tenants as they stood at most a second ago; asked for every request, so from memory."""

    async def known(self, tenant: TenantId) -> Tenant:
        """A tenant by id.

        Raises:
            TenantNotFound: If there is none.
            Unavailable: If nothing so young is known and the store does not answer.
        """
