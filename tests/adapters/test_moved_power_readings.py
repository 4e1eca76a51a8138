"""Readings that move from the record store to another: all of them, once, whoever moves them."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.power_readings import DuckDbPowerReadingRepository
from sightline.adapters.duckdb.power_tables import POWER_LAYOUTS
from sightline.adapters.memory.power_readings import MemoryPowerReadingRepository
from sightline.adapters.moved_power_readings import AdoptingReadings, MovedPowerReadings
from sightline.adapters.sql.former_power_readings import FormerPowerReadings
from sightline.adapters.sql.power_readings import SqlPowerReadingRepository
from sightline.domain.energy import PowerQuestion, PowerReading, PowerSeries
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import TimeWindow
from sightline.testing.contracts.power_readings import Batch, batches
from sightline.testing.strategies import power_questions
from sightline.testing.strategies.energy import CIRCUITS

from ..contracts.clickhouse import empty_readings
from ..contracts.stores import sqlite_database

Opened = Callable[[], AbstractAsyncContextManager[AdoptingReadings]]

ACME, RIVAL = TenantId("acme"), TenantId("rival")
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
START = datetime(2024, 4, 1, tzinfo=UTC)
WHOLE = PowerQuestion(CIRCUITS, (TimeWindow(START, START + timedelta(days=100)),), None, None)


@pytest.fixture(scope="module", autouse=True)
async def one_event_loop(anyio_backend: str) -> AsyncIterator[None]:
    """All examples run on one event loop, so that they can share servers."""
    yield  # noqa: PT022  the loop lives while this generator does


@asynccontextmanager
async def duckdb() -> AsyncIterator[AdoptingReadings]:
    with TemporaryDirectory(dir=FAST) as folder:
        path = Path(folder) / "readings.duckdb"
        async with duckdb_database(path, threads=1, layouts=POWER_LAYOUTS) as database:
            yield DuckDbPowerReadingRepository(database)


@pytest.mark.parametrize("opened", [duckdb, empty_readings], ids=["duckdb", "clickhouse"])
@given(before=batches(), after=batches(), question=power_questions())
async def test_what_was_appended_before_and_after_the_move_is_there(
    opened: Opened, before: list[Batch], after: list[Batch], question: PowerQuestion
) -> None:
    expected = MemoryPowerReadingRepository()
    async with sqlite_database() as database, opened() as present:
        stored = SqlPowerReadingRepository(database)
        for batch in before:
            await stored.append(ACME, batch)
            await expected.append(ACME, batch)
        async with MovedPowerReadings(FormerPowerReadings(database), present) as moved:
            assert await moved.read(ACME, question) == await expected.read(ACME, question)
            for batch in after:
                assert await moved.append(ACME, batch) == await expected.append(ACME, batch)
            assert await moved.read(ACME, question) == await expected.read(ACME, question)
            assert (await moved.read(RIVAL, question)).position == 0


async def test_a_move_that_another_process_makes_later_overwrites_nothing() -> None:
    async with sqlite_database() as database, duckdb() as present:
        former = FormerPowerReadings(database)
        await SqlPowerReadingRepository(database).append(ACME, {CIRCUITS[0]: minutes(5)})
        slow = _Slow(former)
        async with (
            MovedPowerReadings(former, present) as here,
            MovedPowerReadings(slow, present) as there,
        ):
            late = asyncio.create_task(there.read(ACME, WHOLE))
            await slow.begun.wait()
            await here.append(ACME, {CIRCUITS[0]: [PowerReading(START, 77)]})
            slow.go_on.set()
            (told,) = (await late).circuits[CIRCUITS[0]].summaries
        assert told.peak_w == 77
        assert told.readings == 5


async def test_a_move_that_broke_off_is_made_again_and_nothing_is_told_before() -> None:
    readings = {one: minutes(3) for one in CIRCUITS}
    async with sqlite_database() as database, duckdb() as present:
        await SqlPowerReadingRepository(database).append(ACME, readings)
        broken = _Broken(FormerPowerReadings(database))
        async with MovedPowerReadings(broken, present) as moved:
            with pytest.raises(ConnectionError):
                await moved.read(ACME, WHOLE)
            with pytest.raises(ConnectionError):
                await moved.append(ACME, {CIRCUITS[0]: minutes(9)})
            broken.left = 99
            facts = await moved.read(ACME, WHOLE)
        assert facts.position == 1
        assert [facts.circuits[one].summaries[0].readings for one in CIRCUITS] == [3, 3, 3]


async def test_a_move_goes_on_when_the_one_who_asked_first_gives_up() -> None:
    async with sqlite_database() as database, duckdb() as present:
        await SqlPowerReadingRepository(database).append(ACME, {CIRCUITS[0]: minutes(5)})
        slow = _Slow(FormerPowerReadings(database))
        async with MovedPowerReadings(slow, present) as moved:
            first = asyncio.create_task(moved.read(ACME, WHOLE))
            await slow.begun.wait()
            first.cancel()
            slow.go_on.set()
            assert (await moved.read(ACME, WHOLE)).position == 1
        assert slow.moves == 1


def minutes(count: int) -> list[PowerReading]:
    return [PowerReading(START + timedelta(minutes=at), 10 + at) for at in range(count)]


class _Slow:
    """Waits before the first part until it may go on."""

    def __init__(self, former: FormerPowerReadings) -> None:
        self._former = former
        self.begun, self.go_on, self.moves = asyncio.Event(), asyncio.Event(), 0

    async def position(self, tenant: TenantId) -> int:
        return await self._former.position(tenant)

    async def parts(self, tenant: TenantId) -> AsyncIterator[Mapping[CircuitId, PowerSeries]]:
        self.moves += 1
        self.begun.set()
        await self.go_on.wait()
        async for part in self._former.parts(tenant):
            yield part


class _Broken:
    """Fails after some parts."""

    def __init__(self, former: FormerPowerReadings) -> None:
        self._former = former
        self.left = 1

    async def position(self, tenant: TenantId) -> int:
        return await self._former.position(tenant)

    async def parts(self, tenant: TenantId) -> AsyncIterator[Mapping[CircuitId, PowerSeries]]:
        left = self.left
        async for part in self._former.parts(tenant):
            if left == 0:
                raise ConnectionError
            left -= 1
            yield part
