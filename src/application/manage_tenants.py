"""See and change customers: list, rename, plan, limits, suspend, resume, close."""

from collections.abc import Callable

from attrs import frozen

from ..domain.errors import ApiKeyNotFound, VersionMismatch
from ..domain.identifiers import TenantId
from ..domain.tenancy import AgreedLimits, PlanName, Tenant, TenantPage, TenantQuery
from ..ports.api_keys import ApiKeyRepository
from ..ports.tenants import TenantRepository

#: How often another change may come first when the caller does not mind which version it meets.
_ATTEMPTS = 5


@frozen
class ListTenants:
    """Use case: a page of tenants."""

    tenants: TenantRepository

    async def __call__(self, query: TenantQuery) -> TenantPage:
        """List tenants by id."""
        return await self.tenants.page(query)


@frozen
class ChangeTenant:
    """Use case: a tenant with another name, plan or limits, or locked out, or let in again.

    Every method takes the version that the change is meant for, None for any,
    and gives the tenant as it is afterwards.

    Every method raises TenantNotFound if there is none, VersionMismatch if it
    has another version, and TenantEnded if it is closed.
    """

    tenants: TenantRepository

    async def describe(
        self, tenant: TenantId, name: str | None, plan: PlanName | None, version: int | None
    ) -> Tenant:
        """Another name, another plan, or both; None leaves the one it has.

        Raises:
            InvalidInput: If the name is not fit to be one.
        """
        return await self._change(
            tenant, version, lambda kept: kept.described(name or kept.name, plan or kept.plan)
        )

    async def limit(self, tenant: TenantId, agreed: AgreedLimits, version: int | None) -> Tenant:
        """Other limits in place of the plan's.

        Raises:
            PlatformTenantFixed: If it is the platform's own tenant.
        """
        return await self._change(tenant, version, lambda kept: kept.limited(agreed))

    async def suspend(self, tenant: TenantId, version: int | None = None) -> Tenant:
        """Lock it out; within a second no key or token of it is let in, and no job is begun.

        Raises:
            PlatformTenantFixed: If it is the platform's own tenant.
        """
        return await self._change(tenant, version, Tenant.suspended)

    async def resume(self, tenant: TenantId, version: int | None = None) -> Tenant:
        """Let it in again, with everything that it had."""
        return await self._change(tenant, version, Tenant.resumed)

    async def close(self, tenant: TenantId, version: int | None = None) -> Tenant:
        """Lock it out for good.

        Raises:
            PlatformTenantFixed: If it is the platform's own tenant.
        """
        return await self._change(tenant, version, Tenant.closed)

    async def _change(
        self, tenant: TenantId, version: int | None, change: Callable[[Tenant], Tenant]
    ) -> Tenant:
        for attempt in range(_ATTEMPTS):
            kept = await self.tenants.get(tenant)
            if version not in {None, kept.version}:
                raise VersionMismatch(version or 0, kept.version)
            changed = change(kept)
            if changed == kept:
                return kept
            try:
                await self.tenants.replace(changed, kept.version)
            except VersionMismatch:
                if version is not None or attempt == _ATTEMPTS - 1:
                    raise
            else:
                return changed
        raise AssertionError  # the last attempt returns or raises


@frozen
class CloseTenant:
    """Use case: a tenant ends for good, and every key of it with it; its data stays."""

    change_tenant: ChangeTenant
    api_keys: ApiKeyRepository

    async def __call__(self, tenant: TenantId, version: int | None = None) -> Tenant:
        """Close a tenant. Closing it again revokes what keys it still has.

        Raises:
            TenantNotFound: If there is none.
            VersionMismatch: If it has another version.
            PlatformTenantFixed: If it is the platform's own tenant.
        """
        closed = await self.change_tenant.close(tenant, version)
        for key in await self.api_keys.of(tenant):
            try:
                await self.api_keys.remove(tenant, key.id)
            except ApiKeyNotFound:
                continue  # somebody else revoked it just now
        return closed
