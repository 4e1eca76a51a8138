"""Limit plans: what a tenant and each of its keys may spend, by cost class of a route."""

from collections.abc import Mapping
from enum import StrEnum

from attrs import frozen

from ..errors import InvalidInput
from ..identifiers import KeyId
from .allowances import Budget
from .quotas import Period, Quota
from .rate_limits import RatePolicy


class CostClass(StrEnum):
    """How much a route asks of us; each class has buckets and places of its own."""

    READ = "read"
    HEAVY = "heavy"
    WRITE = "write"
    BULK = "bulk"
    ADMIN = "admin"


@frozen
class ClassLimit:
    """The limits of one cost class.

    Args:
        cost: Units of one request, unless the request says more.
        tenant: What the tenant may spend, with all its keys together.
        key: What each key may spend.

    Raises:
        InvalidInput: If a request could never pass.
    """

    cost: int
    tenant: RatePolicy
    key: RatePolicy

    def __attrs_post_init__(self) -> None:
        most = min(self.tenant.burst, self.key.burst)
        if not 1 <= self.cost <= most:
            message = f"a request costs {self.cost} units, and the bursts allow 1 to {most}"
            raise InvalidInput(message, path=("cost",), code="cost")


@frozen
class LimitPlan:
    """What tenants of one plan may do.

    Args:
        name: What people call it.
        weight: Share of the places that free up, against other tenants that wait. [1..100]
        classes: The limits of every cost class.
        question_events: Most events that one question may look at.
        quota: Units of all classes together in a day or month; None for no such limit.

    Raises:
        InvalidInput: If a class has no limits, the weight is out of range, or a request of some
            class could never pass.
    """

    name: str
    weight: int
    classes: Mapping[CostClass, ClassLimit]
    question_events: int
    quota: Quota | None = None

    def __attrs_post_init__(self) -> None:
        if set(self.classes) != set(CostClass):
            missing = ", ".join(sorted(set(CostClass) - set(self.classes)))
            message = f"a plan has limits for every cost class; missing are {missing}"
            raise InvalidInput(message, path=("classes",), code="cost_classes")
        dearest = max(limit.cost for limit in self.classes.values())
        if self.quota is not None and self.quota.quota < dearest:
            message = f"a request costs up to {dearest} units, more than the quota holds"
            raise InvalidInput(message, path=("quota",), code="cost")
        if not 1 <= self.weight <= 100:
            message = "a weight lies between 1 and 100"
            raise InvalidInput(message, path=("weight",), code="weight")

    def budgets(self, cost_class: CostClass, key: KeyId) -> tuple[Budget, ...]:
        """What a request of this class, made with this key, is paid from."""
        limit = self.classes[cost_class]
        name = cost_class.value  # formatting the member itself takes a microsecond
        paid = Budget(name, limit.tenant), Budget(f"key:{key}:{name}", limit.key)
        return paid if self.quota is None else (*paid, Budget("all", self.quota))


class PlanName(StrEnum):
    """The plans that come with the product."""

    STARTER = "starter"
    STANDARD = "standard"
    ENTERPRISE = "enterprise"


#: Units a minute of a tenant, and what one request costs; a key has half of a tenant's.
_STARTER: Mapping[CostClass, tuple[int, int]] = {
    CostClass.READ: (600, 1),
    CostClass.HEAVY: (600, 10),
    CostClass.WRITE: (300, 1),
    CostClass.BULK: (60, 10),
    CostClass.ADMIN: (120, 1),
}


def _plan(
    name: PlanName, weight: int, times: int, question_events: int, quota: Quota | None = None
) -> LimitPlan:
    classes = {
        one: ClassLimit(
            cost,
            RatePolicy(f"{one}", units * times, 60),
            RatePolicy(f"{one}-key", units * times // 2, 60),
        )
        for one, (units, cost) in _STARTER.items()
    }
    return LimitPlan(name, weight, classes, question_events, quota)


PLANS: Mapping[PlanName, LimitPlan] = {
    PlanName.STARTER: _plan(
        PlanName.STARTER, 1, 1, 2_000_000, Quota("month", 1_000_000, Period.MONTH)
    ),
    PlanName.STANDARD: _plan(
        PlanName.STANDARD, 2, 20, 20_000_000, Quota("month", 100_000_000, Period.MONTH)
    ),
    PlanName.ENTERPRISE: _plan(PlanName.ENTERPRISE, 4, 500, 500_000_000),
}


def peer_policy(requests_per_minute: int) -> RatePolicy:
    """What an address may spend on requests that no known credential vouches for."""
    return RatePolicy("anonymous", requests_per_minute, 60)
