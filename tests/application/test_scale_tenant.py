"""The platform first, the record second, and both the same whatever fails or comes between."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from attrs import define, field

from sightline.adapters.memory.platform import RecordedPlatform
from sightline.adapters.memory.tenants import MemoryTenantRepository
from sightline.application.manage_tenants import ChangeTenant
from sightline.application.scale_tenant import ScaleTenant
from sightline.domain.errors import Unavailable, VersionMismatch
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import SCALES, PlanName, Scale, ScaleTier, Tenant, TenantStatus

ACME = Tenant(TenantId("acme"), "Acme", datetime(2026, 1, 1, tzinfo=UTC))
MEDIUM, LARGE = ScaleTier.MEDIUM, ScaleTier.LARGE


@define
class Interrupted(RecordedPlatform):
    """A platform during whose first work something else happens."""

    meanwhile: Callable[[], Awaitable[object]] | None = field(default=None, kw_only=True)

    async def scale(self, tenant: TenantId, scale: Scale) -> None:
        await super().scale(tenant, scale)
        if self.meanwhile is not None:
            meanwhile, self.meanwhile = self.meanwhile, None
            await meanwhile()


@pytest.fixture
async def tenants() -> MemoryTenantRepository:
    made = MemoryTenantRepository()
    await made.add(ACME)
    return made


async def test_a_platform_that_fails_leaves_the_record(tenants: MemoryTenantRepository) -> None:
    async def fails() -> None:
        message = "no answer"
        raise Unavailable(message)

    scale = ScaleTenant(tenants, Interrupted(meanwhile=fails))
    with pytest.raises(Unavailable):
        await scale(ACME.id, LARGE, dry_run=False)
    assert await tenants.get(ACME.id) == ACME


async def test_of_two_at_once_the_platform_ends_with_what_is_on_record(
    tenants: MemoryTenantRepository,
) -> None:
    platform = Interrupted()
    scale = ScaleTenant(tenants, platform)

    async def another() -> None:
        await scale(ACME.id, MEDIUM, dry_run=False)

    platform.meanwhile = another
    with pytest.raises(VersionMismatch):
        await scale(ACME.id, LARGE, dry_run=False)
    assert (await tenants.get(ACME.id)).tier is MEDIUM
    assert platform.told == {ACME.id: SCALES[MEDIUM]}


async def test_the_tier_on_record_is_told_again(tenants: MemoryTenantRepository) -> None:
    platform = RecordedPlatform()
    before, after = await ScaleTenant(tenants, platform)(ACME.id, ScaleTier.SMALL, dry_run=False)
    assert before == after == ACME
    assert platform.told == {ACME.id: SCALES[ScaleTier.SMALL]}


@define
class Contended(MemoryTenantRepository):
    """Somebody else changes a tenant just before every change, for so many times."""

    times: int = 0

    async def replace(self, changed: Tenant, version: int) -> None:
        if self.times:
            self.times -= 1
            kept = await self.get(changed.id)
            other = PlanName.STARTER if kept.plan is PlanName.STANDARD else PlanName.STANDARD
            await super().replace(kept.described(kept.name, other), kept.version)
        await super().replace(changed, version)


@pytest.mark.parametrize(("times", "kept"), [(0, True), (4, True), (5, False)])
async def test_a_change_of_any_version_is_tried_again_but_not_for_ever(
    times: int, kept: bool
) -> None:
    tenants = Contended(times=times)
    await tenants.add(ACME)
    if kept:
        changed = await ChangeTenant(tenants).suspend(ACME.id)
        assert (changed.status, changed.version) == (TenantStatus.SUSPENDED, times + 2)
    else:
        with pytest.raises(VersionMismatch):
            await ChangeTenant(tenants).suspend(ACME.id)


async def test_a_change_of_one_version_is_not_tried_on_another() -> None:
    tenants = Contended(times=1)
    await tenants.add(ACME)
    with pytest.raises(VersionMismatch):
        await ChangeTenant(tenants).suspend(ACME.id, 1)
    assert (await tenants.get(ACME.id)).status is TenantStatus.ACTIVE
