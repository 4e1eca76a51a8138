"""What every rate limiter must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of a limiter without buckets, given a function that tells the time.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as st

from ...domain.errors import InvalidInput
from ...domain.tenancy import MICROSECONDS, Allowance, Budget, RatePolicy, bucket_at, spend_all
from ...ports.rate_limiter import RateLimiter
from ..strategies import quotas, rate_policies

__all__ = [
    "test_a_cost_that_can_never_pass_is_refused_and_spends_nothing",
    "test_fifty_at_once_never_overspend",
    "test_it_decides_as_the_domain_does",
    "test_owners_and_buckets_are_apart",
    "test_when_one_bucket_has_too_little_the_others_keep_theirs",
]

Fresh = Callable[[Callable[[], int]], AbstractAsyncContextManager[RateLimiter]]

#: Less than an hour before the end of a day and a month.
START = 1_769_900_400 * MICROSECONDS
TEN = RatePolicy("ten", 10, 60)


@define
class Watch:
    """A clock that shows what it is told to. [µs since 1970]"""

    at: int = START

    def __call__(self) -> int:
        return self.at


_STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 0, 1, 300_000, MICROSECONDS, 3600 * MICROSECONDS, -5 * MICROSECONDS)),
        st.sampled_from(("tenant:acme", "peer:2001:db8::/64")),
        st.sets(st.integers(0, 3), min_size=1),
        st.integers(1, 4),
    ),
    max_size=30,
)


@given(
    allowances=st.lists(st.one_of(rate_policies(), quotas()), min_size=4, max_size=4),
    steps=_STEPS,
)
async def test_it_decides_as_the_domain_does(
    fresh: Fresh,
    allowances: list[Allowance],
    steps: list[tuple[int, str, set[int], int]],
) -> None:
    watch = Watch()
    states: dict[tuple[str, str], int] = {}
    async with fresh(watch) as limiter:
        for pause, owner, chosen, wanted in steps:
            watch.at += pause
            budgets = [Budget(f"bucket:{n}", allowances[n]) for n in sorted(chosen)]
            cost = min([wanted, *(budget.allowance.most for budget in budgets)])
            places = [(owner, bucket_at(budget, watch.at)) for budget in budgets]
            before = [states.get(place, 0) for place in places]
            after, decision = spend_all(budgets, before, cost, watch.at)
            states.update(zip(places, after, strict=True))
            assert await limiter.spend(owner, budgets, cost) == decision


@given(costs=st.lists(st.integers(1, 3), min_size=50, max_size=50))
async def test_fifty_at_once_never_overspend(fresh: Fresh, costs: list[int]) -> None:
    budgets = (Budget("all", RatePolicy("all", 40, 60, 30)), Budget("key", RatePolicy("k", 20, 60)))
    async with fresh(Watch()) as limiter:
        decisions = await asyncio.gather(
            *(limiter.spend("tenant:acme", budgets, cost) for cost in costs)
        )
        spent = sum(
            cost for cost, decision in zip(costs, decisions, strict=True) if decision.allowed
        )
        assert 20 - max(costs) < spent <= 20
        left = await limiter.spend("tenant:acme", budgets[:1], 1)
        assert left.verdicts[0].remaining == 30 - spent - 1


async def test_owners_and_buckets_are_apart(fresh: Fresh) -> None:
    async with fresh(Watch()) as limiter:
        for owner in ("tenant:acme", "tenant:rival", "peer:acme"):
            for bucket in ("read", "write"):
                decision = await limiter.spend(owner, [Budget(bucket, TEN)], 10)
                assert decision.allowed
                assert not (await limiter.spend(owner, [Budget(bucket, TEN)], 1)).allowed


async def test_when_one_bucket_has_too_little_the_others_keep_theirs(fresh: Fresh) -> None:
    whole, key = Budget("read", TEN), Budget("key:A1:read", RatePolicy("key", 4, 60))
    async with fresh(Watch()) as limiter:
        assert (await limiter.spend("tenant:acme", [whole, key], 4)).allowed
        for _ in range(3):
            refused = await limiter.spend("tenant:acme", [whole, key], 1)
            assert refused.violated == ("key",)
        assert (await limiter.spend("tenant:acme", [whole], 6)).allowed


async def test_a_cost_that_can_never_pass_is_refused_and_spends_nothing(fresh: Fresh) -> None:
    small = Budget("small", RatePolicy("small", 3, 60))
    async with fresh(Watch()) as limiter:
        for cost in (0, 4):
            with pytest.raises(InvalidInput, match="can never pass"):
                await limiter.spend("tenant:acme", [Budget("ten", TEN), small], cost)
        assert (await limiter.spend("tenant:acme", [Budget("ten", TEN)], 10)).allowed
