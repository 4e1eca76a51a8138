"""List the brands of a tenant."""

from attrs import frozen

from ..domain.energy import BrandPage, BrandQuery
from ..domain.identifiers import TenantId
from ..ports.sites import SiteRepository


@frozen
class ListBrands:
    """Use case: a page of the tenant's brands, and how much lies below each."""

    sites: SiteRepository

    async def __call__(self, tenant: TenantId, query: BrandQuery) -> BrandPage:
        """List.

        Raises:
            Unavailable: If the store does not answer.
        """
        return await self.sites.brands(tenant, query)
