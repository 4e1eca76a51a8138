"""What every memory of nonces must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty memories.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ...domain.identifiers import KeyId, TenantId
from ...ports.nonces import NonceMemory
from ..strategies import instants

__all__ = [
    "test_a_nonce_is_first_once_in_its_time",
    "test_of_many_that_ask_at_once_one_is_first",
]

Place = tuple[TenantId, KeyId, str]
Fresh = Callable[[], AbstractAsyncContextManager[NonceMemory]]

_KEEP = timedelta(hours=2)
_places = st.tuples(
    st.sampled_from(["acme", "rival"]).map(TenantId),
    st.sampled_from(["A1", "a1"]).map(KeyId),
    st.sampled_from(["n", "N", ' "\\:']),
)
_uses = st.tuples(_places, instants(), st.booleans())


@given(uses=st.lists(_uses, max_size=10))
async def test_a_nonce_is_first_once_in_its_time(
    fresh: Fresh, uses: list[tuple[Place, datetime, bool]]
) -> None:
    known: dict[Place, datetime] = {}
    async with fresh() as nonces:
        for place, now, prunes in sorted(uses, key=lambda use: use[1]):
            if prunes:
                await nonces.prune(now)
            first = place not in known or known[place] <= now
            assert await nonces.first_use(*place, now, now + _KEEP) == first
            if first:
                known[place] = now + _KEEP


@given(now=instants())
async def test_of_many_that_ask_at_once_one_is_first(fresh: Fresh, now: datetime) -> None:
    async with fresh() as nonces:
        asked = (
            nonces.first_use(TenantId("acme"), KeyId("A1"), "n", now, now + _KEEP) for _ in range(8)
        )
        assert sum(await asyncio.gather(*asked)) == 1
