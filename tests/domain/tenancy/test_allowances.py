import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from sightline.domain.errors import InvalidInput
from sightline.domain.identifiers import KeyId
from sightline.domain.tenancy import (
    MICROSECONDS,
    PLANS,
    Allowance,
    Budget,
    CostClass,
    Period,
    PlanName,
    Quota,
    RatePolicy,
    bucket_at,
    spend_all,
)
from sightline.domain.tenancy import quotas as quota_rules
from sightline.domain.tenancy import rate_limits as rate_rules
from sightline.testing.strategies import quotas, rate_policies

NOON = 1_767_268_800 * MICROSECONDS
ALLOWANCES = st.one_of(rate_policies(), quotas())


def alone(allowance: Allowance, state: int, cost: int, now: int) -> tuple[int, bool]:
    if isinstance(allowance, RatePolicy):
        after, verdict = rate_rules.spend(allowance, state, cost, now)
    else:
        after, verdict = quota_rules.spend(allowance, state, cost, now)
    return after, verdict.allowed


@given(
    allowances=st.lists(ALLOWANCES, min_size=1, max_size=4),
    steps=st.lists(
        st.tuples(st.sampled_from((0, 1, 10**6, 10**8)), st.integers(1, 3)), max_size=25
    ),
)
def test_everybody_pays_or_nobody(
    allowances: list[Allowance], steps: list[tuple[int, int]]
) -> None:
    budgets = [Budget(f"bucket-{n}", one) for n, one in enumerate(allowances)]
    states, now = [0] * len(budgets), NOON
    for pause, wanted in steps:
        now += pause
        cost = min([wanted, *(one.most for one in allowances)])
        each = [alone(one, state, cost, now) for one, state in zip(allowances, states, strict=True)]
        after, decision = spend_all(budgets, states, cost, now)
        assert decision.allowed == all(allowed for _, allowed in each)
        assert list(after) == ([state for state, _ in each] if decision.allowed else states)
        assert decision.violated == tuple(
            one.name for one, (_, allowed) in zip(allowances, each, strict=True) if not allowed
        )
        states = list(after)


@given(budgets=st.lists(ALLOWANCES, min_size=1, max_size=3))
def test_a_refusal_tells_what_is_left_of_each_and_the_longest_wait(
    budgets: list[Allowance],
) -> None:
    asked = [Budget(f"bucket-{n}", one) for n, one in enumerate(budgets)]
    empty = RatePolicy("empty", 1, 60)
    full = NOON + empty.room
    _, decision = spend_all([*asked, Budget("e", empty)], [*[0] * len(asked), full], 1, NOON)
    assert not decision.allowed
    assert decision.violated == ("empty",)
    assert decision.wait == empty.room
    assert [one.remaining for one in decision.verdicts] == [*(one.most for one in budgets), 0]


def test_a_quota_has_a_bucket_per_period_and_a_rate_has_one() -> None:
    plan = PLANS[PlanName.STARTER]
    tenant, key, month = plan.budgets(CostClass.READ, KeyId("A1"))
    assert bucket_at(tenant, NOON) == "read"
    assert bucket_at(key, NOON) == "key:A1:read"
    assert bucket_at(month, NOON) == "all@2026-01-01"


def test_a_key_has_less_than_its_tenant_and_every_request_can_pass() -> None:
    for plan in PLANS.values():
        for limit in plan.classes.values():
            assert limit.cost <= limit.key.burst < limit.tenant.burst
        names = [
            one.allowance.name
            for cost_class in CostClass
            for one in plan.budgets(cost_class, KeyId("A1"))[:2]
        ]
        assert len(set(names)) == len(names)


def test_a_plan_that_cannot_be_kept_cannot_be_made() -> None:
    starter = PLANS[PlanName.STARTER]
    limit = starter.classes[CostClass.READ]
    wrong: list[Callable[[], object]] = [
        lambda: evolve(starter, classes={CostClass.READ: limit}),
        lambda: evolve(starter, weight=0),
        lambda: evolve(starter, weight=101),
        lambda: evolve(starter, quota=Quota("month", 9, Period.MONTH)),  # heavy requests cost 10
        lambda: evolve(limit, cost=0),
        lambda: evolve(limit, cost=301),
    ]
    for make in wrong:
        with pytest.raises(InvalidInput):
            make()


def test_the_page_about_limits_lists_the_plans_as_they_are() -> None:
    page = (Path(__file__).parents[3] / "docs" / "limits.md").read_text(encoding="utf-8")
    for name, plan in PLANS.items():
        units = [f"{plan.classes[one].tenant.quota:,}" for one in CostClass]
        month = f"{plan.quota.quota:,}" if plan.quota else "–"
        assert f"| {' | '.join([name, *units, month])} |" in page
        for one, limit in plan.classes.items():
            assert re.search(rf"^\| `{one}` \|.*\| {limit.cost} \|$", page, re.MULTILINE)


def test_a_better_plan_is_better_in_everything() -> None:
    starter, standard, enterprise = (PLANS[name] for name in PlanName)
    for less, more in ((starter, standard), (standard, enterprise)):
        assert less.weight < more.weight
        for one in CostClass:
            assert less.classes[one].tenant.quota < more.classes[one].tenant.quota
