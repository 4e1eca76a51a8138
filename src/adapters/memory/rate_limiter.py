"""Rate limits of one process."""

from collections.abc import Callable, Sequence
from heapq import nlargest

from attrs import define, field

from ...domain.tenancy import UNTOUCHED, Budget, Decision, RatePolicy, bucket_at, spend_all

CAPACITY = 100_000


@define
class MemoryRateLimiter:
    """Keeps a number per bucket, and forgets buckets that are full again.

    Of more than `capacity` buckets in use, those are kept that are full again last.

    Args:
        microseconds: Tells the time. [µs since 1970]
        capacity: Most buckets that are kept.
    """

    microseconds: Callable[[], int]
    capacity: int = CAPACITY
    _states: dict[tuple[str, str], int] = field(factory=dict, init=False)
    #: Until when a bucket matters: a quota's state is no instant.
    _ends: dict[tuple[str, str], int] = field(factory=dict, init=False)
    _sweep_at: int = field(default=1_000, init=False)

    async def spend(self, owner: str, budgets: Sequence[Budget], cost: int) -> Decision:
        # Without an await in between nobody else can spend: no lock is needed.
        now = self.microseconds()
        places = [(owner, bucket_at(budget, now)) for budget in budgets]
        known = self._states.get
        states = [known(place, UNTOUCHED) for place in places]
        after, decision = spend_all(budgets, states, cost, now)
        if decision.allowed or after != states:  # after a step of the clock, a refusal mends it
            self._states.update(zip(places, after, strict=True))
            for place, budget, verdict in zip(places, budgets, decision.verdicts, strict=True):
                if not isinstance(budget.allowance, RatePolicy):
                    self._ends[place] = now + verdict.reset
            if len(self._states) > self._sweep_at:
                self._sweep(now)
        return decision

    def __len__(self) -> int:
        return len(self._states)

    def _sweep(self, now: int) -> None:
        ends = {place: self._ends.get(place, state) for place, state in self._states.items()}
        kept = [place for place, end in ends.items() if end > now]
        if len(kept) > self.capacity:
            kept = nlargest(self.capacity, kept, key=ends.__getitem__)
        self._states = {place: self._states[place] for place in kept}
        self._ends = {place: until for place, until in self._ends.items() if place in self._states}
        self._sweep_at = min(max(1_000, 2 * len(kept)), self.capacity + self.capacity // 10 + 1)
