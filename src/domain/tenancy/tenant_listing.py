"""Which tenants a list shows and where its next page begins; stores answer the same."""

from collections.abc import Iterable, Sequence

from attrs import frozen

from ..identifiers import TenantId
from .limit_plans import PlanName
from .tenants import Tenant, TenantStatus

LARGEST_TENANT_PAGE = 200
"""Most tenants of one page."""


@frozen
class TenantQuery:
    """Tenants by id, by code point.

    Args:
        status: Only those that stand here.
        plan: Only those of this plan.
        limit: Most tenants of the page.
        after: The last tenant of the page before; None for the first page.
    """

    status: TenantStatus | None = None
    plan: PlanName | None = None
    limit: int = 50
    after: TenantId | None = None

    def reference(self, tenants: Iterable[Tenant]) -> tuple[Tenant, ...]:
        """The tenants of the page and, if there is one, the first of the next."""
        found = sorted(filter(self._fits, tenants), key=lambda tenant: tenant.id)
        return tuple(found[: self.limit + 1])

    def _fits(self, tenant: Tenant) -> bool:
        return (
            self.status in {None, tenant.status}
            and self.plan in {None, tenant.plan}
            and (self.after is None or tenant.id > self.after)
        )


@frozen
class TenantPage:
    """Some tenants of a list.

    Args:
        items: The tenants, by id.
        next: The last of them, if there are more behind it.
    """

    items: tuple[Tenant, ...]
    next: TenantId | None


def tenant_page(query: TenantQuery, found: Sequence[Tenant]) -> TenantPage:
    """A page from one tenant more than fit on it, if there are so many."""
    items = tuple(found[: query.limit])
    return TenantPage(items, items[-1].id if len(found) > query.limit else None)
