"""What everybody who knows the followed markets must say.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty repository of properties and what reads beside it.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.identifiers import PropertyId, TenantId
from ...domain.portfolio.property import PropertyDraft
from ...ports.followed_markets import FollowedMarkets
from ...ports.properties import PropertyRepository
from ..strategies import property_drafts, tenant_ids

__all__ = ["test_markets_are_followed_as_long_as_a_property_is_there"]

Fresh = Callable[[], AbstractAsyncContextManager[tuple[PropertyRepository, FollowedMarkets]]]

_NOON = datetime(2024, 3, 31, 12, tzinfo=UTC)


@given(
    added=st.lists(st.tuples(tenant_ids(), property_drafts()), max_size=6),
    removed=st.sets(st.integers(0, 5)),
)
async def test_markets_are_followed_as_long_as_a_property_is_there(
    fresh: Fresh, added: list[tuple[TenantId, PropertyDraft]], removed: set[int]
) -> None:
    async with fresh() as (properties, followed):
        for number, (tenant, draft) in enumerate(added):
            await properties.add(tenant, evolve(draft, id=PropertyId(number + 1)), _NOON)
        for number in sorted(removed & set(range(len(added)))):
            await properties.remove(added[number][0], PropertyId(number + 1), None)
        left = [pair for number, pair in enumerate(added) if number not in removed]
        assert await followed.tenants() == tuple(sorted({tenant for tenant, _ in left}))
        for tenant in {tenant for tenant, _ in added}:
            markets = {draft.market_id for owner, draft in left if owner == tenant}
            assert await followed.markets(tenant) == tuple(sorted(markets))
