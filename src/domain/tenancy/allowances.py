"""Several limits of one request, which pass together or not at all."""

from collections.abc import Sequence
from typing import NamedTuple

from . import quotas, rate_limits
from .quotas import Quota, period_start
from .rate_limits import RatePolicy, Verdict

Allowance = RatePolicy | Quota


class Budget(NamedTuple):
    """What an owner may spend from.

    Args:
        bucket: Which of the owner's buckets, such as ``read`` or ``key:A1:read``.
        allowance: What the bucket holds.
    """

    bucket: str
    allowance: Allowance


class Decision(NamedTuple):
    """Whether a request may be made.

    Args:
        allowed: Whether every limit lets it through; if not, nothing was spent anywhere.
        verdicts: What each limit says, in the order of the budgets.
    """

    allowed: bool
    verdicts: tuple[Verdict, ...]

    @property
    def violated(self) -> tuple[str, ...]:
        """Names of the limits that refuse it."""
        return tuple(verdict.name for verdict in self.verdicts if not verdict.allowed)

    @property
    def wait(self) -> int:
        """Until it would pass if nobody spends; 0 if it may now. [µs]"""
        return max((verdict.wait for verdict in self.verdicts), default=0)


def spend_all(
    budgets: Sequence[Budget], states: Sequence[int], cost: int, now: int
) -> tuple[Sequence[int], Decision]:
    """The next states and the decision: everybody is charged, or nobody.

    Args:
        budgets: What is spent from; no bucket twice.
        states: The state of each: an arrival of a rate policy, the used units of a quota.
        cost: Units, 1 or more.
        now: The present. [µs since 1970]

    Raises:
        InvalidInput: If the cost is less than 1 or can never pass.
    """
    after, verdicts, allowed = [], [], True
    for (_, allowance), state in zip(budgets, states, strict=True):
        if isinstance(allowance, RatePolicy):
            changed, verdict = rate_limits.spend(allowance, state, cost, now)
        else:
            changed, verdict = quotas.spend(allowance, state, cost, now)
        after.append(changed)
        verdicts.append(verdict)
        if not verdict.allowed:
            allowed = False
    if allowed:
        return after, Decision(True, tuple(verdicts))
    for place, verdict in enumerate(verdicts):
        if verdict.allowed:
            after[place] = states[place]
            verdicts[place] = _peek(budgets[place].allowance, states[place], cost, now)
    return after, Decision(False, tuple(verdicts))


def bucket_at(budget: Budget, now: int) -> str:
    """The bucket's name at an instant: a quota has a new one in every period."""
    bucket, allowance = budget
    if isinstance(allowance, RatePolicy):
        return bucket
    return f"{bucket}@{period_start(allowance.period, now)}"


def _peek(allowance: Allowance, state: int, cost: int, now: int) -> Verdict:
    if isinstance(allowance, RatePolicy):
        return rate_limits.peek(allowance, state, cost, now)
    return quotas.peek(allowance, state, cost, now)
