"""Take over site trees."""

from attrs import frozen

from ..domain.energy import Sites
from ..domain.identifiers import TenantId
from ..ports.sites import SiteRepository


@frozen
class ImportSites:
    """Use case: keep a whole document of sites, or nothing of it."""

    sites: SiteRepository

    async def __call__(self, tenant: TenantId, sites: Sites) -> int:
        """Import sites; records with a known id are replaced. The number of circuits.

        Raises:
            Conflict: If a device id or circuit number is taken by a record that
                the document does not replace.
        """
        await self.sites.save(tenant, sites)
        return len(sites.circuits)
