"""What a request pays for being limited, counted and let in, in memory and with Redis."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.limit_plans import MemoryLimitPlans
from sightline.adapters.memory.rate_limiter import MemoryRateLimiter
from sightline.adapters.memory.usage import MemoryUsageRepository
from sightline.adapters.redis.rate_limiter import RedisRateLimiter, connected
from sightline.application.limit_requests import LimitTenant
from sightline.application.meter_usage import MeterUsage
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.tenancy import PLANS, CostClass, PlanName, Principal, PrincipalKind
from sightline.entrypoints.http.admission import AdmissionOptions
from sightline.entrypoints.http.limits import fields

from . import Figure, within

REDIS = os.environ.get("SIGHTLINE_TEST_REDIS", "redis://127.0.0.1:6379/0")
ACME = Principal(TenantId("acme"), PrincipalKind.API_KEY, "A1B2C3D4E5F6", "key", frozenset())
PLAN = PLANS[PlanName.ENTERPRISE]
ROUNDS, CALLS, AT_ONCE = 9, 2_000, 200


async def run() -> list[Figure]:
    """CPU time per request, the smallest of nine rounds."""
    memory = MemoryRateLimiter(lambda: time.time_ns() // 1000)
    limit = LimitTenant(memory, MemoryLimitPlans(PLAN))
    meter = MeterUsage(MemoryUsageRepository(), FixedClock(datetime(2026, 1, 1, tzinfo=UTC)))
    gate = AdmissionOptions().gates()[CostClass.READ]
    _, decision = await limit(ACME, CostClass.READ)
    allowances = [budget.allowance for budget in PLAN.budgets(CostClass.READ, KeyId(ACME.id))]

    async def admit() -> None:
        await gate.enter(ACME.tenant, 1, 1)
        gate.leave()

    async def render() -> None:
        fields(allowances, decision)

    async def count() -> None:
        meter.count(ACME, "listProperties", 1)

    async def pay() -> None:
        await limit(ACME, CostClass.READ)

    paid = await _each(pay)
    others = sum([await _each(work) for work in (admit, render, count)])
    found = [
        within("limits of tenant and key, in memory", paid, 10, "us"),
        Figure("fields, place and usage", f"{others:.1f} us"),
    ]
    try:
        return [*found, *await _on_redis(memory)]
    except ConnectionError:
        return [*found, Figure("limits in Redis", "no server")]


async def _on_redis(memory: MemoryRateLimiter) -> list[Figure]:
    away = []
    async with connected(REDIS, seconds=1) as client:
        shared = RedisRateLimiter(
            client, memory, deadline_seconds=1, on_fallback=lambda: away.append(1)
        )
        limit = LimitTenant(shared, MemoryLimitPlans(PLAN))

        async def one() -> None:
            await limit(ACME, CostClass.READ)

        async def many() -> None:
            await asyncio.gather(*(one() for _ in range(AT_ONCE)))

        single = await _each(one, CALLS // 20, time.perf_counter)
        together = await _each(many, 5, time.perf_counter) / AT_ONCE
    if away:
        raise ConnectionError
    return [
        Figure("the same in Redis, one after the other", f"{single:.0f} us"),
        Figure(f"the same in Redis, {AT_ONCE} at once", f"{together:.0f} us"),
    ]


async def _each(
    work: Callable[[], Awaitable[None]],
    calls: int = CALLS,
    clock: Callable[[], float] = time.process_time,
) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = clock()
        for _ in range(calls):
            await work()
        best = min(best, clock() - started)
    return best / calls * 1e6


if __name__ == "__main__":
    for figure in asyncio.run(run()):
        print(figure)
