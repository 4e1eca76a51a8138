from sightline.adapters.memory.rate_limiter import MemoryRateLimiter
from sightline.domain.tenancy import Budget, Period, Quota, RatePolicy

BUDGET = Budget("read", RatePolicy("read", 10, 60))


async def test_buckets_that_are_full_again_are_forgotten() -> None:
    now = 0
    limiter = MemoryRateLimiter(lambda: now)
    month = Budget("all", Quota("month", 10, Period.MONTH))
    await limiter.spend("tenant:acme", [month], 9)
    for number in range(5_000):
        now += 60_000_000  # in which a bucket is full again
        await limiter.spend(f"peer:{number}", [BUDGET], 1)
    assert len(limiter) < 1_100
    assert not (await limiter.spend("tenant:acme", [month], 2)).allowed


async def test_of_too_many_buckets_the_emptiest_are_kept() -> None:
    limiter = MemoryRateLimiter(lambda: 0, capacity=1_000)
    await limiter.spend("peer:greedy", [BUDGET], 10)
    for number in range(5_000):
        await limiter.spend(f"peer:{number}", [BUDGET], 1)
        assert len(limiter) <= 1_102
    assert not (await limiter.spend("peer:greedy", [BUDGET], 1)).allowed
