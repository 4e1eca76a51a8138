"""Buckets of units that requests are paid from."""

from collections.abc import Sequence
from typing import Protocol

from ..domain.tenancy import Budget, Decision


class RateLimiter(Protocol):
    """The buckets of every owner, as `spend_all` fills and empties them.

    What time it is, is the business of whoever keeps the buckets: all that
    share them must have one clock.
    """

    async def spend(self, owner: str, budgets: Sequence[Budget], cost: int) -> Decision:
        """Pay from all of the buckets, or from none if any of them has too little.

        At once with others that spend the same: together they never get more
        than the buckets hold.

        Args:
            owner: Whose buckets they are, such as ``tenant:acme``; printable ASCII without braces.
            budgets: Which buckets, none of them twice; a bucket always with the same kind of limit.
            cost: Units, 1 or more.

        Raises:
            InvalidInput: If the cost is less than 1 or can never pass.
        """
