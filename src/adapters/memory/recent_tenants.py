"""A second of memory in front of the tenants, so that asking for one costs microseconds."""

import time
from collections.abc import Callable

from attrs import define, field

from ...domain.identifiers import TenantId
from ...domain.tenancy import Tenant, TenantPage, TenantQuery
from ...ports.tenants import TenantRepository
from .recent_answers import RecentAnswers


@define
class RecentTenants:
    """Remembers tenants for a moment after they were asked for; only `known` answers from it.

    What was changed in another process holds here at most `seconds` later, what
    was changed in this process at once.
    """

    store: TenantRepository
    seconds: float = 1.0
    monotonic: Callable[[], float] = time.monotonic
    _known: RecentAnswers[TenantId, Tenant] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._known = RecentAnswers(self.store.get, self.seconds, self.monotonic)

    async def known(self, tenant: TenantId) -> Tenant:
        return await self._known(tenant)

    async def add(self, tenant: Tenant) -> None:
        try:
            await self.store.add(tenant)
        finally:
            self._known.forget(tenant.id)

    async def get(self, tenant: TenantId) -> Tenant:
        return await self.store.get(tenant)

    async def replace(self, changed: Tenant, version: int) -> None:
        try:
            await self.store.replace(changed, version)
        finally:
            self._known.forget(changed.id)

    async def page(self, query: TenantQuery) -> TenantPage:
        return await self.store.page(query)

    async def inactive(self) -> frozenset[TenantId]:
        return await self.store.inactive()
