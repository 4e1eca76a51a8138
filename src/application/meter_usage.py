"""Use cases: count what is used, and read what was."""

from collections.abc import Sequence
from datetime import date

from attrs import define, field, frozen

from ..domain.identifiers import KeyId, TenantId
from ..domain.tenancy import Principal, Usage
from ..ports.clock import Clock
from ..ports.usage import UsageRepository


@define
class MeterUsage:
    """Counts in memory, and adds the counts to those that are kept from time to time.

    A process that is killed loses what it counted since; nobody is ever billed
    for more than they used, unless the store took a batch and could not say so.
    """

    usage: UsageRepository
    clock: Clock
    _counts: dict[tuple[TenantId, date, str, KeyId], list[int]] = field(factory=dict, init=False)

    def count(self, principal: Principal, operation: str, units: int) -> None:
        """A request was let through. Never waits.

        Args:
            operation: Name of the operation.
            units: What it cost.
        """
        place = principal.tenant, self.clock.now().date(), operation, KeyId(principal.id)
        counts = self._counts.get(place)
        if counts is None:
            self._counts[place] = [1, units]
        else:
            counts[0] += 1
            counts[1] += units

    async def __call__(self) -> None:
        """Keep what was counted since the last time; after a failure it is kept the next time.

        Raises:
            Unavailable: If the store does not answer.
        """
        counts, self._counts = self._counts, {}
        try:
            await self.usage.add([Usage(*place, *sums) for place, sums in counts.items()])
        except BaseException:  # cancelled or not: what was counted is not lost
            for place, (requests, units) in counts.items():
                sums = self._counts.setdefault(place, [0, 0])
                sums[0] += requests
                sums[1] += units
            raise


@frozen
class ReadUsage:
    """What a tenant used, as it is billed."""

    usage: UsageRepository

    async def __call__(self, tenant: TenantId, first: date, last: date) -> Sequence[Usage]:
        """Counts by day, operation and key; what serving processes still hold is not in them."""
        return await self.usage.of(tenant, first, last)
