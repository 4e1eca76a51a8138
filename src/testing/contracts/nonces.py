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

from ...domain.identifiers import KeyId
from ...ports.nonces import NonceMemory
from ..strategies import instants

__all__ = [
    "test_a_nonce_is_first_once_in_its_time",
    "test_of_many_that_ask_at_once_one_is_first",
]

Fresh = Callable[[], AbstractAsyncContextManager[NonceMemory]]

_KEEP = timedelta(hours=2)
_uses = st.tuples(st.sampled_from(["A1", "a1"]).map(KeyId), st.sampled_from(["n", "N"]), instants())


@given(uses=st.lists(_uses, max_size=10))
async def test_a_nonce_is_first_once_in_its_time(
    fresh: Fresh, uses: list[tuple[KeyId, str, datetime]]
) -> None:
    known: dict[tuple[KeyId, str], datetime] = {}
    async with fresh() as nonces:
        for key, nonce, now in sorted(uses, key=lambda use: use[2]):
            first = (key, nonce) not in known or known[key, nonce] <= now
            assert await nonces.first_use(key, nonce, now, now + _KEEP) == first
            if first:
                known[key, nonce] = now + _KEEP


@given(now=instants())
async def test_of_many_that_ask_at_once_one_is_first(fresh: Fresh, now: datetime) -> None:
    async with fresh() as nonces:
        asked = (nonces.first_use(KeyId("A1"), "n", now, now + _KEEP) for _ in range(8))
        assert sum(await asyncio.gather(*asked)) == 1
