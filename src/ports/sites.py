"""Brands, organizations, locations, electric sensors and circuits of a tenant."""

from collections.abc import Mapping
from typing import Protocol
from uuid import UUID

from ..domain.energy import BrandPage, BrandQuery, Level, Sites
from ..domain.identifiers import CircuitId, SensorId, TenantId


class SiteRepository(Protocol):
    """The site trees, seen by one tenant at a time."""

    async def save(self, tenant: TenantId, sites: Sites) -> None:
        """Keep every record of a document, or none; those with a known id are replaced.

        Raises:
            Conflict: If a device id or circuit number is taken by a record that
                the document does not replace.
        """

    async def around(self, tenant: TenantId, level: Level, identifier: UUID) -> Sites:
        """One thing with everything above and below it, in the order of `Sites.in_order`.

        Raises:
            NotFound: If the tenant has no such thing; the class says on which level.
        """

    async def brands(self, tenant: TenantId, query: BrandQuery) -> BrandPage:
        """The brands that `query.reference` picks of everything that was saved.

        Raises:
            Unavailable: If the store does not answer.
        """

    async def sensor_with_duid(self, tenant: TenantId, duid: str) -> SensorId:
        """The sensor with a device id.

        Raises:
            SensorNotFound: If the tenant has none.
        """

    async def addresses(self, tenant: TenantId) -> Mapping[tuple[str, int], CircuitId]:
        """Every circuit of the tenant by device id and number."""
