"""Signed heads in a list."""

from collections.abc import Sequence

from attrs import define, field

from ...domain.governance import SignedHead
from ...domain.identifiers import TenantId


@define
class MemoryHeadLedger:
    """Keeps heads as long as the process lives."""

    _heads: list[SignedHead] = field(factory=list, init=False)

    async def append(self, heads: Sequence[SignedHead]) -> None:
        self._heads += heads

    async def heads(self, tenant: TenantId) -> tuple[SignedHead, ...]:
        return tuple(signed for signed in self._heads if signed.head.tenant == tenant)

    async def longest(self) -> dict[TenantId, int]:
        found: dict[TenantId, int] = {}
        for signed in self._heads:
            head = signed.head
            found[head.tenant] = max(head.sequence, found.get(head.tenant, 0))
        return found
