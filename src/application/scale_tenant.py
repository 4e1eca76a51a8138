"""Declare how much a tenant needs, and have the platform give it that."""

from attrs import frozen

from ..domain.errors import SightlineError, VersionMismatch
from ..domain.identifiers import TenantId
from ..domain.tenancy import SCALES, ScaleTier, Tenant
from ..ports.platform import Platform
from ..ports.tenants import TenantRepository


@frozen
class ScaleTenant:
    """Use case: another tier, first with the platform and then on record."""

    tenants: TenantRepository
    platform: Platform

    async def __call__(
        self, tenant: TenantId, tier: ScaleTier, version: int | None = None, *, dry_run: bool
    ) -> tuple[Tenant, Tenant]:
        """The tenant before and after.

        The platform is told even if the tier is the one on record, which mends what somebody
        changed there by hand. If it fails, the record stays as it was; if the record was
        changed meanwhile, the platform is told what it says now.

        Args:
            tier: What is declared.
            version: The version that it is meant for; None for any.
            dry_run: Whether nothing is to be done.

        Raises:
            TenantNotFound: If there is none.
            TenantEnded: If it is closed.
            VersionMismatch: If it has another version, or was changed meanwhile.
            Unavailable: If the platform or the store does not answer.
        """
        before = await self.tenants.get(tenant)
        if version not in {None, before.version}:
            raise VersionMismatch(version or 0, before.version)
        after = before.scaled(tier)
        if dry_run:
            return before, after
        await self.platform.scale(tenant, SCALES[tier])
        if after != before:
            try:
                await self.tenants.replace(after, before.version)
            except SightlineError:
                kept = await self.tenants.get(tenant)
                await self.platform.scale(tenant, SCALES[kept.tier])
                raise
        return before, after
