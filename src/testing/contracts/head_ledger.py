"""What every ledger of signed heads must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty ledgers.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ...domain.governance import Head, SignedHead
from ...domain.identifiers import TenantId
from ...ports.head_ledger import HeadLedger
from ..strategies import instants, tenant_ids

__all__ = [
    "test_an_empty_ledger_has_nothing",
    "test_every_head_comes_back_in_the_order_it_was_kept",
]

Fresh = Callable[[], AbstractAsyncContextManager[HeadLedger]]

_ACME = TenantId("acme")
_hashes = st.sampled_from([bytes(32), bytes(range(32)), b"\n" * 32])
_heads = st.builds(Head, tenant_ids(), st.integers(1, 5), _hashes, instants(), st.just("k1"))
_signed = st.builds(SignedHead, _heads, st.sampled_from([bytes(64), b'"\n' * 32]))


async def test_an_empty_ledger_has_nothing(fresh: Fresh) -> None:
    async with fresh() as ledger:
        await ledger.append([])
        assert await ledger.heads(_ACME) == ()
        assert await ledger.longest() == {}
        kept = SignedHead(Head(_ACME, 1, bytes(32), datetime(2024, 1, 1, tzinfo=UTC), "k"), b"s")
        await ledger.append([kept])
        assert await ledger.longest() == {_ACME: 1}


@given(batches=st.lists(st.lists(_signed, max_size=3), max_size=4))
async def test_every_head_comes_back_in_the_order_it_was_kept(
    fresh: Fresh, batches: list[list[SignedHead]]
) -> None:
    async with fresh() as ledger:
        kept: list[SignedHead] = []
        for batch in batches:
            await ledger.append(batch)
            kept += batch
            for tenant in {one.head.tenant for one in kept}:
                own = tuple(one for one in kept if one.head.tenant == tenant)
                assert await ledger.heads(tenant) == own
                longest = max(one.head.sequence for one in own)
                assert (await ledger.longest())[tenant] == longest
