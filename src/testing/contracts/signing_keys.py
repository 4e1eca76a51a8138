"""What every repository of signing keys must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty repository.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.tenancy import SigningKey
from ...ports.signing_keys import SigningKeyRepository
from ..strategies import signing_keys

__all__ = [
    "test_of_many_keys_of_one_number_one_is_kept",
    "test_the_first_key_of_a_number_stays_and_all_come_by_number",
    "test_what_is_removed_is_gone_and_the_rest_stays",
]

Fresh = Callable[[], AbstractAsyncContextManager[SigningKeyRepository]]


@given(wanted=st.lists(signing_keys(), max_size=6))
async def test_the_first_key_of_a_number_stays_and_all_come_by_number(
    fresh: Fresh, wanted: list[SigningKey]
) -> None:
    model: dict[int, SigningKey] = {}
    async with fresh() as keys:
        for key in wanted:
            assert await keys.add(key) is (key.number not in model)
            model.setdefault(key.number, key)
        assert list(await keys.all()) == [model[number] for number in sorted(model)]


@given(key=signing_keys())
async def test_of_many_keys_of_one_number_one_is_kept(fresh: Fresh, key: SigningKey) -> None:
    several = [evolve(key, sealed=bytes([n])) for n in range(4)]
    async with fresh() as keys:
        won = await asyncio.gather(*map(keys.add, several))
        assert sorted(won) == [False, False, False, True]
        assert list(await keys.all()) == [several[won.index(True)]]


@given(wanted=st.lists(signing_keys(), max_size=4), gone=st.lists(st.integers(1, 5), max_size=3))
async def test_what_is_removed_is_gone_and_the_rest_stays(
    fresh: Fresh, wanted: list[SigningKey], gone: list[int]
) -> None:
    async with fresh() as keys:
        for key in wanted:
            await keys.add(key)
        before = await keys.all()
        await keys.remove(gone)
        assert list(await keys.all()) == [key for key in before if key.number not in gone]
