"""Which markets matter to whom."""

from typing import Protocol

from ..domain.identifiers import MarketId, TenantId


class FollowedMarkets(Protocol):
    """The markets in which tenants have properties.

    Every method may raise Unavailable if the store does not answer.
    """

    async def tenants(self) -> tuple[TenantId, ...]:
        """Every tenant that has a property, ascending."""

    async def markets(self, tenant: TenantId) -> tuple[MarketId, ...]:
        """Every market in which the tenant has a property, ascending."""
