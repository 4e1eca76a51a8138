"""A second of memory: what changed elsewhere holds a second later, what changed here at once."""

from datetime import UTC, datetime

import pytest
from attrs import define

from sightline.adapters.memory.recent_tenants import RecentTenants
from sightline.adapters.memory.tenant_limit_plans import TenantLimitPlans
from sightline.adapters.memory.tenants import MemoryTenantRepository
from sightline.domain.errors import TenantNotFound, TenantSuspended
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import AgreedLimits, CostClass, PlanName, Tenant

ACME = Tenant(TenantId("acme"), "Acme", datetime(2026, 1, 1, tzinfo=UTC))


@define
class Counting(MemoryTenantRepository):
    """Counts how often it is asked."""

    asked: int = 0

    async def get(self, tenant: TenantId) -> Tenant:
        self.asked += 1
        return await super().get(tenant)


@define
class Time:
    """A clock that is moved by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def store() -> Counting:
    made = Counting()
    await made.add(ACME)
    return made


async def test_a_busy_tenant_costs_one_look_a_second(store: Counting) -> None:
    time = Time()
    recent = RecentTenants(store, monotonic=time)
    plans = TenantLimitPlans(recent)
    for _ in range(1000):
        await plans.of(ACME.id)
        await recent.known(ACME.id)
    assert store.asked == 1
    time.now = 1.0
    await plans.of(ACME.id)
    assert store.asked == 2


async def test_a_change_holds_here_at_once_and_elsewhere_after_a_second(store: Counting) -> None:
    time = Time()
    here, there = (RecentTenants(store, monotonic=time) for _ in range(2))
    plans = [TenantLimitPlans(one) for one in (here, there)]
    for one in plans:
        assert (await one.of(ACME.id)).weight == 4
    changed = ACME.limited(AgreedLimits(weight=9)).suspended()
    await here.replace(changed, ACME.version)
    assert [(await one.of(ACME.id)).weight for one in plans] == [9, 4]
    time.now = 0.999
    assert [(await one.of(ACME.id)).weight for one in plans] == [9, 4]
    time.now = 1.0
    assert [(await one.of(ACME.id)).weight for one in plans] == [9, 9]
    with pytest.raises(TenantSuspended):
        (await there.known(ACME.id)).check_active()


async def test_a_tenant_that_was_not_there_is_found_as_soon_as_it_is(store: Counting) -> None:
    recent = RecentTenants(store, monotonic=Time())
    new = Tenant(TenantId("new"), "New", ACME.created_at, PlanName.STARTER)
    with pytest.raises(TenantNotFound):
        await recent.known(new.id)
    await store.add(new)
    assert await recent.known(new.id) == new


async def test_the_plan_is_worked_out_once_for_each_change(store: Counting) -> None:
    time = Time()
    plans = TenantLimitPlans(RecentTenants(store, monotonic=time))
    first = await plans.of(ACME.id)
    time.now = 5.0
    assert await plans.of(ACME.id) is first
    await store.replace(ACME.described("Acme", PlanName.STARTER), ACME.version)
    time.now = 9.0
    assert (await plans.of(ACME.id)).classes[CostClass.READ].tenant.quota == 600
