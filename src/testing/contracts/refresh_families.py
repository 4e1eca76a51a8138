"""What every repository of refresh families must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of an empty repository.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.tenancy import RefreshFamily
from ...ports.refresh_families import RefreshFamilyRepository
from ..strategies import instants, refresh_families

__all__ = [
    "test_a_family_advances_by_one_unless_it_has_ended",
    "test_a_family_ends_once",
    "test_a_family_is_found_by_its_id",
    "test_old_families_are_forgotten",
    "test_one_of_many_advances_a_family",
]

Fresh = Callable[[], AbstractAsyncContextManager[RefreshFamilyRepository]]


@given(family=refresh_families())
async def test_a_family_is_found_by_its_id(fresh: Fresh, family: RefreshFamily) -> None:
    async with fresh() as families:
        assert await families.find(family.id) is None
        await families.add(family)
        assert await families.find(family.id) == family


@given(family=refresh_families(), generation=st.integers(0, 7), at=instants())
async def test_a_family_advances_by_one_unless_it_has_ended(
    fresh: Fresh, family: RefreshFamily, generation: int, at: datetime
) -> None:
    after = evolve(family, generation=generation, rotated_at=at)
    async with fresh() as families:
        assert not await families.advance(after)
        await families.add(family)
        fits = family.ended_at is None and generation == family.generation + 1
        assert await families.advance(after) is fits
        assert await families.find(family.id) == (after if fits else family)


@given(family=refresh_families())
async def test_one_of_many_advances_a_family(fresh: Fresh, family: RefreshFamily) -> None:
    family = evolve(family, ended_at=None)
    after = family.next(family.rotated_at + timedelta(hours=1))
    async with fresh() as families:
        await families.add(family)
        won = await asyncio.gather(*(families.advance(after) for _ in range(5)))
        assert sorted(won) == [False] * 4 + [True]
        assert await families.find(family.id) == after


@given(family=refresh_families(), first=instants(), second=instants())
async def test_a_family_ends_once(
    fresh: Fresh, family: RefreshFamily, first: datetime, second: datetime
) -> None:
    async with fresh() as families:
        await families.end(family.id, first)
        await families.add(family)
        await families.end(family.id, first)
        await families.end(family.id, second)
        ended = evolve(family, ended_at=family.ended_at or first)
        assert await families.find(family.id) == ended
        assert not await families.advance(ended.next(second))


@given(family=refresh_families(), before=instants())
async def test_old_families_are_forgotten(
    fresh: Fresh, family: RefreshFamily, before: datetime
) -> None:
    async with fresh() as families:
        await families.add(family)
        old = family.created_at < before
        assert await families.prune(before) == int(old)
        assert await families.find(family.id) == (None if old else family)
