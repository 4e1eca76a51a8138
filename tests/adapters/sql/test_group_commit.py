"""Who comes while a transaction is under way shares the next, and nobody pays for another."""

import asyncio
from collections.abc import Sequence

import pytest

from sightline.adapters.sql.group_commit import GroupCommit
from sightline.domain.errors import Conflict, SightlineError, Unavailable


class Rig:
    """Writes down which numbers were committed together; some numbers are poison."""

    def __init__(self, most: int = 5) -> None:
        self.groups: list[list[int]] = []
        self.down = False
        self.begun, self.open = asyncio.Event(), asyncio.Event()
        self.open.set()
        self.append = GroupCommit[int, int](self.commit, lambda number: max(1, number), most)

    async def commit(self, numbers: Sequence[int]) -> Sequence[int | SightlineError]:
        self.begun.set()
        await self.open.wait()
        if self.down:
            raise Unavailable("the disk is full", retry_after_seconds=7)
        if 0 in numbers:
            message = "poison"
            raise ValueError(message)
        self.groups.append(list(numbers))
        return [Conflict("minus") if number < 0 else number * 10 for number in numbers]


async def together(rig: Rig, *numbers: int) -> list[object]:
    asked = (rig.append(number) for number in numbers)
    return list(await asyncio.gather(*asked, return_exceptions=True))


async def test_what_comes_at_once_is_committed_together_in_its_order() -> None:
    rig = Rig()
    assert await together(rig, 1, 1, 2) == [10, 10, 20]
    assert rig.groups == [[1, 1, 2]]


async def test_what_comes_during_a_transaction_shares_the_next_one() -> None:
    rig = Rig()
    rig.open.clear()
    first = asyncio.create_task(rig.append(1))
    await rig.begun.wait()
    rest = asyncio.create_task(together(rig, 2, 3))
    await asyncio.sleep(0)
    rig.open.set()
    assert [await first, *await rest] == [10, 20, 30]
    assert rig.groups == [[1], [2, 3]]


async def test_a_transaction_has_a_bound_and_what_is_over_it_goes_alone() -> None:
    rig = Rig(most=5)
    assert await together(rig, 2, 3, 1, 9, 4, 1) == [20, 30, 10, 90, 40, 10]
    assert rig.groups == [[2, 3], [1], [9], [4, 1]]


async def test_an_error_of_one_is_not_that_of_the_others() -> None:
    rig = Rig()
    one, minus, two = await together(rig, 1, -1, 2)
    assert (one, two) == (10, 20)
    assert isinstance(minus, Conflict)


async def test_what_breaks_a_transaction_breaks_only_its_own() -> None:
    rig = Rig()
    one, poison, two = await together(rig, 1, 0, 2)
    assert (one, two) == (10, 20)
    assert isinstance(poison, ValueError)
    assert rig.groups == [[1], [2]]


async def test_a_store_that_is_down_is_told_to_all_and_asked_again_later() -> None:
    rig = Rig()
    rig.down = True
    told = await together(rig, 1, 2)
    assert [type(one) for one in told] == [Unavailable, Unavailable]
    assert told[0] is not told[1]
    assert isinstance(told[0], Unavailable)
    assert (str(told[0]), told[0].retry_after_seconds) == ("the disk is full", 7)
    rig.down = False
    assert await together(rig, 3) == [30]


async def test_whoever_stops_waiting_stops_nothing() -> None:
    rig = Rig()
    rig.open.clear()
    gone, stays = (asyncio.create_task(rig.append(number)) for number in (1, 2))
    await asyncio.sleep(0)
    gone.cancel()
    rig.open.set()
    assert await stays == 20
    with pytest.raises(asyncio.CancelledError):
        await gone
    assert rig.groups == [[1, 2]]
    assert await rig.append(3) == 30
