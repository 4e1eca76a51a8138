"""Usage in a list."""

from collections.abc import Sequence
from datetime import date

from attrs import define, field

from ...domain.identifiers import TenantId
from ...domain.tenancy import Usage, summed


@define
class MemoryUsageRepository:
    """Keeps the sums of what was added."""

    _counts: tuple[Usage, ...] = field(default=(), init=False)

    async def add(self, batch: Sequence[Usage]) -> None:
        self._counts = summed((*self._counts, *batch))

    async def of(self, tenant: TenantId, first: date, last: date) -> Sequence[Usage]:
        return tuple(
            one for one in self._counts if one.tenant == tenant and first <= one.day <= last
        )
