"""Where signed heads are kept out of reach of whoever can rewrite the records."""

from collections.abc import Sequence
from typing import Protocol

from ..domain.governance import SignedHead
from ..domain.identifiers import TenantId


class HeadLedger(Protocol):
    """Takes heads and never gives one up.

    Every method may raise Unavailable if the ledger cannot be reached.
    """

    async def append(self, heads: Sequence[SignedHead]) -> None:
        """Keep heads; durable once this returns."""

    async def heads(self, tenant: TenantId) -> tuple[SignedHead, ...]:
        """Every head of a tenant, in the order they were kept."""

    async def longest(self) -> dict[TenantId, int]:
        """Per tenant the greatest sequence that any of its heads has."""
