"""The brands of a tenant, as a list."""

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from attrs import frozen

from ..errors import Flaw, InvalidFields
from .sites import Sites

LARGEST_BRAND_PAGE = 200


@frozen(slots=False)
class BrandSummary:
    """A brand and how much lies below it.

    Args:
        id: Its id.
        name: What people call it.
        organization_count: Number of its organizations.
        location_count: Number of their locations.
        sensor_count: Number of their sensors.
        circuit_count: Number of their circuits.
    """

    id: UUID
    name: str
    organization_count: int
    location_count: int
    sensor_count: int
    circuit_count: int


@frozen
class BrandKey:
    """The place of a brand in the list.

    Args:
        name: What people call it.
        id: Its id.
    """

    name: str
    id: UUID


@frozen
class BrandQuery:
    """Brands by name, by code point; those of one name by id.

    Args:
        limit: Most brands of the page, 1 to `LARGEST_BRAND_PAGE`.
        after: The last brand of the page before; None for the first page.

    Raises:
        InvalidFields: If the limit is out of range.
    """

    limit: int = 50
    after: BrandKey | None = None

    def __attrs_post_init__(self) -> None:
        if not 1 <= self.limit <= LARGEST_BRAND_PAGE:
            message = f"must lie in 1 to {LARGEST_BRAND_PAGE}"
            raise InvalidFields([Flaw(("limit",), "out_of_range", message)])

    def reference(self, sites: Sites) -> tuple[BrandSummary, ...]:
        """The brands of the page and, if there is one, the first of the next."""
        brand_of = {one.id: one.brand_id for one in sites.organizations}
        brand_at = {one.id: brand_of[one.organization_id] for one in sites.locations}
        brand_by = {one.id: brand_at[one.location_id] for one in sites.electric_sensors}
        organizations = Counter(brand_of.values())
        locations = Counter(brand_at.values())
        sensors = Counter(brand_by.values())
        circuits = Counter(brand_by[one.sensor_id] for one in sites.circuits)
        found = sorted((one.name, one.id) for one in sites.brands)
        if self.after is not None:
            found = [one for one in found if one > (self.after.name, self.after.id)]
        return tuple(
            BrandSummary(
                brand, name, organizations[brand], locations[brand], sensors[brand], circuits[brand]
            )
            for name, brand in found[: self.limit + 1]
        )


@frozen
class BrandPage:
    """Some brands of the list.

    Args:
        items: The brands, by name.
        next: The place of the last of them, if there are more behind it.
    """

    items: tuple[BrandSummary, ...]
    next: BrandKey | None


def brand_page(query: BrandQuery, found: Sequence[BrandSummary]) -> BrandPage:
    """A page from one brand more than fit on it, if there are so many."""
    items = tuple(found[: query.limit])
    more = len(found) > query.limit
    return BrandPage(items, BrandKey(items[-1].name, items[-1].id) if more else None)
