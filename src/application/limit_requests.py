"""Use case: pay for a request before it is looked at."""

from attrs import frozen

from ..domain.identifiers import KeyId
from ..domain.tenancy import Budget, CostClass, Decision, LimitPlan, Principal, RatePolicy
from ..ports.limit_plans import LimitPlans
from ..ports.rate_limiter import RateLimiter


@frozen
class LimitTenant:
    """Charges a tenant and its key for a request; both must have enough, or none pays."""

    limiter: RateLimiter
    plans: LimitPlans

    async def __call__(
        self, principal: Principal, cost_class: CostClass
    ) -> tuple[LimitPlan, Decision]:
        """The tenant's plan, and whether the request may be made.

        Args:
            cost_class: What the route asks of us.
        """
        plan = await self.plans.of(principal.tenant)
        budgets = plan.budgets(cost_class, KeyId(principal.id))
        cost = plan.classes[cost_class].cost
        return plan, await self.limiter.spend(f"tenant:{principal.tenant}", budgets, cost)


@frozen
class LimitPeer:
    """Charges an address for a request that no known credential vouches for."""

    limiter: RateLimiter
    policy: RatePolicy

    async def __call__(self, address: str) -> Decision:
        """Whether the request may be looked at.

        Args:
            address: Where it comes from, as `entrypoints.http.peers` tells it.
        """
        return await self.limiter.spend(f"peer:{address}", (Budget("all", self.policy),), 1)
