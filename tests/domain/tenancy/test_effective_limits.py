from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.tenancy import (
    NOTHING_AGREED,
    PLANS,
    SCALES,
    AgreedLimits,
    AgreedRate,
    CostClass,
    LimitSource,
    PlanName,
    ScaleTier,
    effective_limits,
)
from sightline.testing.strategies import agreed_limits

PLAN_NAMES = st.sampled_from(PlanName)
TIERS = st.sampled_from(ScaleTier)


@given(plan=PLAN_NAMES, tier=TIERS, agreed=agreed_limits())
def test_every_request_can_pass_and_no_key_has_more_than_its_tenant(
    plan: PlanName, tier: ScaleTier, agreed: AgreedLimits
) -> None:
    limits = effective_limits(plan, tier, agreed).plan
    assert set(limits.classes) == set(CostClass)
    for limit in limits.classes.values():
        assert limit.cost <= limit.key.burst <= limit.tenant.burst <= limit.tenant.quota
        assert limit.key.quota <= limit.tenant.quota
        assert limit.key.window_seconds == limit.tenant.window_seconds


@given(plan=PLAN_NAMES)
def test_the_smallest_tier_without_agreement_is_the_plan(plan: PlanName) -> None:
    limits = effective_limits(plan, ScaleTier.SMALL, NOTHING_AGREED)
    assert limits.plan == PLANS[plan]
    assert {*limits.classes.values(), limits.quota, limits.weight} == {LimitSource.PLAN}


@given(plan=PLAN_NAMES, tier=TIERS, agreed=agreed_limits())
def test_what_was_agreed_holds_to_the_letter_and_the_rest_is_the_plans_times_the_tier(
    plan: PlanName, tier: ScaleTier, agreed: AgreedLimits
) -> None:
    limits, factor = effective_limits(plan, tier, agreed), SCALES[tier].quota_factor
    assert limits.plan.question_events == PLANS[plan].question_events
    for one, limit in limits.plan.classes.items():
        rate, usual = agreed.of(one), PLANS[plan].classes[one]
        if rate is None:
            assert limit.tenant.quota == usual.tenant.quota * factor
            assert limit.key.quota == usual.key.quota * factor
            assert limits.classes[one] is (LimitSource.TIER if factor > 1 else LimitSource.PLAN)
        else:
            assert (limit.tenant.quota, limit.tenant.window_seconds) == (
                rate.quota,
                rate.window_seconds,
            )
            assert limit.tenant.burst == (rate.burst or rate.quota)
            assert limits.classes[one] is LimitSource.AGREED
        assert limit.cost == usual.cost
    month = limits.plan.quota
    if agreed.monthly_quota is not None:
        assert month is not None
        assert (month.quota, limits.quota) == (agreed.monthly_quota, LimitSource.AGREED)
    else:
        assert (month is None) is (PLANS[plan].quota is None)
    assert limits.plan.weight == agreed.weight or agreed.weight is None


@given(plan=PLAN_NAMES, agreed=agreed_limits())
def test_a_larger_tier_never_gives_less(plan: PlanName, agreed: AgreedLimits) -> None:
    tiers = [effective_limits(plan, tier, agreed).plan for tier in ScaleTier]
    for less, more in pairwise(tiers):
        assert less.weight <= more.weight
        for one in CostClass:
            assert less.classes[one].tenant.quota <= more.classes[one].tenant.quota
        if less.quota is not None and more.quota is not None:
            assert less.quota.quota <= more.quota.quota


def test_a_starter_of_a_medium_tier_by_hand() -> None:
    agreed = AgreedLimits(heavy=AgreedRate(15, 60), weight=9)
    limits = effective_limits(PlanName.STARTER, ScaleTier.MEDIUM, agreed)
    read, heavy = (limits.plan.classes[one] for one in (CostClass.READ, CostClass.HEAVY))
    assert (read.tenant.quota, read.key.quota) == (1200, 600)
    assert (heavy.tenant.quota, heavy.key.quota) == (15, 10)  # half would not pay for one request
    assert limits.plan.quota is not None
    assert limits.plan.quota.quota == 2_000_000
    assert (limits.plan.weight, limits.weight) == (9, LimitSource.AGREED)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("read", AgreedRate(0), ("read", "burst")),
        ("heavy", AgreedRate(9), ("heavy", "burst")),
        ("heavy", AgreedRate(20, 60, 9), ("heavy", "burst")),
        ("read", AgreedRate(10, 60, 11), ("read", "burst")),
        ("read", AgreedRate(10, 0), ("read", "window_seconds")),
        ("read", AgreedRate(10, 3_601), ("read", "window_seconds")),
        ("read", AgreedRate(1_000_001, 1), ("read", "window_seconds")),
        ("write", AgreedRate(10**9 + 1, 3_600), ("write", "quota")),
        ("monthly_quota", 9, ("monthly_quota",)),
        ("monthly_quota", 10**9 + 1, ("monthly_quota",)),
        ("weight", 0, ("weight",)),
        ("weight", 101, ("weight",)),
    ],
    ids=str,
)
def test_a_limit_that_cannot_be_kept_is_refused_where_it_stands(
    field: str, value: object, path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as caught:
        AgreedLimits(**{field: value})  # type: ignore[arg-type]
    assert caught.value.flaws[0].path == path
