"""What a tenant may spend: its plan, times its tier, with what was agreed in its place."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import evolve, frozen

from ..errors import InvalidInput
from .limit_plans import PLANS, ClassLimit, CostClass, LimitPlan, PlanName
from .quotas import Period, Quota
from .rate_limits import LARGEST_QUOTA, RatePolicy
from .scales import SCALES, ScaleTier

#: No agreed window is longer, so that nobody is shut out for longer than this. [s]
LONGEST_AGREED_WINDOW = 3_600
_COSTS = {one: limit.cost for one, limit in PLANS[PlanName.STARTER].classes.items()}


@frozen
class AgreedRate:
    """Units of one cost class that were agreed with a tenant; each of its keys has half.

    Args:
        quota: Units that come back in a window. [1..10^9]
        window_seconds: Length of the window. [s, 1 to 3600]
        burst: Units that may be spent at once, at most the quota; null for all of it.
    """

    quota: int
    window_seconds: int = 60
    burst: int | None = None


@frozen
class AgreedLimits:
    """What was agreed with a tenant in place of its plan's; null leaves the plan's.

    Args:
        read: Of GET.
        heavy: Of whole portfolios, organizations and brands.
        write: Of POST, PUT, PATCH and DELETE.
        bulk: Of replacing a history and refreshing markets.
        admin: Of administration and figures of the process.
        monthly_quota: Units of all classes in a calendar month, UTC. [10..10^9]
        weight: Share of the places that free up, against other tenants that wait. [1..100]

    Raises:
        InvalidInput: If some limit cannot be kept, or a request could never pass it.
    """

    read: AgreedRate | None = None
    heavy: AgreedRate | None = None
    write: AgreedRate | None = None
    bulk: AgreedRate | None = None
    admin: AgreedRate | None = None
    monthly_quota: int | None = None
    weight: int | None = None

    def __attrs_post_init__(self) -> None:
        for one in CostClass:
            _check(one, self.of(one))
        dearest = max(_COSTS.values())
        if self.monthly_quota is not None and not dearest <= self.monthly_quota <= LARGEST_QUOTA:
            message = f"a monthly quota lies between {dearest} and {LARGEST_QUOTA}"
            raise InvalidInput(message, path=("monthly_quota",), code="quota")
        if self.weight is not None and not 1 <= self.weight <= 100:
            message = "a weight lies between 1 and 100"
            raise InvalidInput(message, path=("weight",), code="weight")

    def of(self, cost_class: CostClass) -> AgreedRate | None:
        """What was agreed for a class."""
        found: AgreedRate | None = getattr(self, cost_class.value)
        return found


class LimitSource(StrEnum):
    """Where a limit comes from."""

    PLAN = "plan"
    TIER = "tier"
    AGREED = "agreed"


@frozen
class EffectiveLimits:
    """The limits that hold, and where each comes from.

    Args:
        plan: The limits.
        classes: Per cost class, where its limits come from.
        quota: Where the monthly quota, or that there is none, comes from.
        weight: Where the weight comes from.
    """

    plan: LimitPlan
    classes: Mapping[CostClass, LimitSource]
    quota: LimitSource
    weight: LimitSource


def effective_limits(name: PlanName, tier: ScaleTier, agreed: AgreedLimits) -> EffectiveLimits:
    """The limits of a plan, times a tier; what was agreed counts to the letter."""
    plan, scale = PLANS[name], SCALES[tier]
    classes: dict[CostClass, ClassLimit] = {}
    sources: dict[CostClass, LimitSource] = {}
    for one, limit in plan.classes.items():
        rate = agreed.of(one)
        classes[one] = _times(limit, scale.quota_factor) if rate is None else _agreed(one, rate)
        sources[one] = _source(rate, scale.quota_factor)
    units = agreed.monthly_quota
    if units is None and plan.quota is not None:
        units = min(plan.quota.quota * scale.quota_factor, LARGEST_QUOTA)
    quota = None if units is None else Quota("month", units, Period.MONTH)
    weight = agreed.weight or min(plan.weight * scale.weight_factor, 100)
    return EffectiveLimits(
        LimitPlan(name, weight, classes, plan.question_events, quota),
        sources,
        # Times nothing is nothing: without a quota of the plan the tier adds none.
        LimitSource.PLAN if units is None else _source(agreed.monthly_quota, scale.quota_factor),
        _source(agreed.weight, scale.weight_factor),
    )


def _source(agreed: object, factor: int) -> LimitSource:
    if agreed is not None:
        return LimitSource.AGREED
    return LimitSource.PLAN if factor == 1 else LimitSource.TIER


def _times(limit: ClassLimit, factor: int) -> ClassLimit:
    return evolve(limit, tenant=_larger(limit.tenant, factor), key=_larger(limit.key, factor))


def _larger(policy: RatePolicy, factor: int) -> RatePolicy:
    if factor == 1:
        return policy
    units, burst = policy.quota * factor, policy.burst * factor
    return RatePolicy(policy.name, units, policy.window_seconds, burst)


def _agreed(cost_class: CostClass, rate: AgreedRate) -> ClassLimit:
    cost = _COSTS[cost_class]
    burst = rate.quota if rate.burst is None else rate.burst
    tenant = RatePolicy(f"{cost_class}", rate.quota, rate.window_seconds, burst)
    # Half of what is agreed, but never so little that a request could not pass.
    half, half_burst = max(rate.quota // 2, cost), max(burst // 2, cost)
    key = RatePolicy(f"{cost_class}-key", half, rate.window_seconds, half_burst)
    return ClassLimit(cost, tenant, key)


def _check(cost_class: CostClass, rate: AgreedRate | None) -> None:
    if rate is None:
        return
    least = _COSTS[cost_class]
    burst = rate.quota if rate.burst is None else rate.burst
    if not 1 <= rate.window_seconds <= LONGEST_AGREED_WINDOW:
        message = f"a window has between 1 and {LONGEST_AGREED_WINDOW} seconds"
        raise InvalidInput(message, path=(cost_class.value, "window_seconds"), code="window")
    if not least <= burst <= rate.quota:
        message = f"a request costs {least}, so a burst lies between {least} and the quota"
        raise InvalidInput(message, path=(cost_class.value, "burst"), code="burst")
    try:
        _agreed(cost_class, rate)
    except InvalidInput as error:
        flaw = error.flaws[0]
        path = (cost_class.value, *flaw.path)
        raise InvalidInput(flaw.message, path=path, code=flaw.code) from None


NOTHING_AGREED = AgreedLimits()
