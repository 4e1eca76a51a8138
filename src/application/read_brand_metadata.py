"""Look up a brand with everything below it."""

from attrs import frozen

from ..domain.energy import BrandMetadata, Level, brand_metadata
from ..domain.identifiers import BrandId, TenantId
from ..ports.sites import SiteRepository


@frozen
class ReadBrandMetadata:
    """Use case: a brand, its organizations, locations, sensors and circuits."""

    sites: SiteRepository

    async def __call__(self, tenant: TenantId, identifier: BrandId) -> BrandMetadata:
        """Read a brand.

        Raises:
            BrandNotFound: If there is no such brand.
        """
        around = await self.sites.around(tenant, Level.BRAND, identifier)
        return brand_metadata(around, identifier)
