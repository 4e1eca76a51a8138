"""What every repository of usage must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from ...domain.identifiers import KeyId, TenantId
from ...domain.tenancy import Usage, summed
from ...ports.usage import UsageRepository
from ..strategies import tenant_ids, usages

__all__ = [
    "test_batches_that_are_added_at_once_all_count",
    "test_counts_add_up_and_are_their_tenants_own",
    "test_nothing_to_add_is_harmless",
]

Fresh = Callable[[], AbstractAsyncContextManager[UsageRepository]]
DAYS = st.sampled_from((date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)))


@given(
    batches=st.lists(st.lists(usages(), max_size=8), max_size=4),
    tenant=tenant_ids(),
    first=DAYS,
    last=DAYS,
)
async def test_counts_add_up_and_are_their_tenants_own(
    fresh: Fresh, batches: list[list[Usage]], tenant: TenantId, first: date, last: date
) -> None:
    async with fresh() as repository:
        for batch in batches:
            await repository.add(batch)
        everything = [one for batch in batches for one in batch]
        asked = (one for one in everything if one.tenant == tenant and first <= one.day <= last)
        assert tuple(await repository.of(tenant, first, last)) == summed(asked)


async def test_batches_that_are_added_at_once_all_count(fresh: Fresh) -> None:
    day, acme = date(2026, 1, 1), TenantId("acme")
    batch = [Usage(acme, day, name, KeyId("A1"), 1, 10) for name in ("getA", "getB", "getC")]
    async with fresh() as repository:
        await asyncio.gather(*(repository.add(batch[:: (-1) ** n]) for n in range(20)))
        found = await repository.of(acme, day, day)
        assert [(one.requests, one.units) for one in found] == [(20, 200)] * 3


async def test_nothing_to_add_is_harmless(fresh: Fresh) -> None:
    async with fresh() as repository:
        await repository.add([])
        assert list(await repository.of(TenantId("acme"), date(2026, 1, 1), date.max)) == []
