"""Appends that break off, and appends of several processes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from attrs import define
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import OperationalError

from sightline.adapters.clickhouse.address import ClickHouseAddress, clickhouse_address
from sightline.adapters.clickhouse.node import ClickHouseNode
from sightline.adapters.clickhouse.power_readings import (
    ClickHousePowerReadingRepository,
    Turn,
    turns_of_one_process,
)
from sightline.adapters.clickhouse.power_tables import prepared_for_power, shard_of_circuit
from sightline.adapters.clickhouse.servers import connected
from sightline.adapters.memory.power_readings import MemoryPowerReadingRepository
from sightline.adapters.sql.turns import turns
from sightline.domain.energy import Demand, PowerQuestion, PowerReading
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import TimeWindow

from ...contracts.clickhouse import empty_readings, shared_servers, store_url
from ...contracts.stores import postgres_database

ACME = TenantId("acme")
CIRCUITS = tuple(CircuitId(UUID(int=number)) for number in range(1, 7))
START = datetime(2024, 3, 31, 23, 50, tzinfo=UTC)
HOUR = TimeWindow(START + timedelta(seconds=7), START + timedelta(hours=1))
QUESTION = PowerQuestion(CIRCUITS, (HOUR,), Demand(HOUR, (CIRCUITS[:2], CIRCUITS[2:])), HOUR)

Batch = dict[CircuitId, list[PowerReading]]


def batch(first: int, count: int, watts: int) -> Batch:
    """Minutes of every circuit, each with a power of its own."""
    return {
        circuit: [
            PowerReading(START + timedelta(minutes=minute), watts + 10 * at)
            for minute in range(first, first + count)
        ]
        for at, circuit in enumerate(CIRCUITS)
    }


@define
class Broken:
    """One statement that adds rows, counted from 1 on one server, finds the connection broken.

    Args:
        server: On which.
        at: Which statement.
        afterwards: Whether it arrives, and only its answer does not.
    """

    server: int
    at: int
    afterwards: bool
    _begun: int = 0

    def added(self, call: Callable[[], object]) -> object:
        """Make the call, unless it is the one."""
        self._begun += 1
        if self._begun == self.at and not self.afterwards:
            raise OperationalError("the connection broke before the statement arrived")
        done = call()
        if self._begun == self.at:
            raise OperationalError("the connection broke before the answer arrived")
        return done


@define
class Breaking:
    """A client over such a connection; a server's clients share it."""

    client: Client
    broken: Broken

    def raw_insert(self, *given: Any, **more: Any) -> Any:
        return self.broken.added(partial(self.client.raw_insert, *given, **more))

    def command(self, statement: str, *given: Any, **more: Any) -> Any:
        call = partial(self.client.command, statement, *given, **more)
        return self.broken.added(call) if statement.lstrip().startswith("insert") else call()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


def _connected(
    broken: Broken | None, number: int, address: ClickHouseAddress, seconds: float
) -> Any:
    host, port = address.hosts[number]
    client = connected(address, host, port, 8, seconds)
    if broken is None or broken.server != number:
        return client
    return Breaking(client, broken)


@asynccontextmanager
async def another(
    turn: Turn, broken: Broken | None = None
) -> AsyncIterator[ClickHousePowerReadingRepository]:
    """Readings on the shared servers with clients of its own, as another process has them."""
    address = clickhouse_address(store_url(shared_servers()))
    async with AsyncExitStack() as stack:
        nodes = []
        for number, (host, port) in enumerate(address.hosts):
            node = ClickHouseNode(
                f"{host}:{port}",
                partial(_connected, broken, number, address),
                prepared_for_power(number, len(address.hosts)),
            )
            stack.push_async_callback(node.aclose)
            nodes.append(node)
        yield ClickHousePowerReadingRepository(nodes, turn)


def test_the_circuits_of_these_tests_are_on_both_servers() -> None:
    assert {shard_of_circuit(ACME, one, 2) for one in CIRCUITS} == {0, 1}


STATEMENTS = [
    pytest.param(0, 1, id="begun"),
    pytest.param(0, 2, id="readings"),
    pytest.param(0, 3, id="quarter-hours"),
    pytest.param(0, 4, id="done"),
    pytest.param(1, 1, id="readings-elsewhere"),
    pytest.param(1, 2, id="quarter-hours-elsewhere"),
]


@pytest.mark.parametrize("afterwards", [False, True], ids=["unheard", "unanswered"])
@pytest.mark.parametrize(("server", "statement"), STATEMENTS)
async def test_an_append_that_breaks_off_anywhere_is_there_whole_or_not_at_all(
    server: int, statement: int, afterwards: bool
) -> None:
    kept = [batch(0, 20, 500), batch(10, 20, 900), batch(25, 10, 100)]
    broken = Broken(server, statement, afterwards)
    async with empty_readings() as readings:
        await readings.append(ACME, kept[0])
        async with another(turns_of_one_process(), broken) as breaking:
            with pytest.raises(Unavailable, match="does not answer"):
                await breaking.append(ACME, kept[1])
            found = await readings.read(ACME, QUESTION)
            done = statement == 4 and afterwards
            if not done:
                del kept[1]
            assert found == await _expected(kept[: 1 + done])
            await breaking.append(ACME, kept[-1])
        assert await readings.read(ACME, QUESTION) == await _expected(kept)
        # What broke off comes again from the one who sent it, and counts then.
        await readings.append(ACME, batch(10, 20, 900))
        assert await readings.read(ACME, QUESTION) == await _expected([*kept, batch(10, 20, 900)])


async def test_appends_of_several_processes_go_one_by_one() -> None:
    async with empty_readings() as readings, postgres_database() as database:
        turn = turns(database, "power readings")
        async with another(turn) as one, another(turn) as two:
            minutes = range(12)
            positions = await asyncio.gather(
                *(
                    (one if minute % 2 else two).append(ACME, batch(minute, 1, 10 * minute))
                    for minute in minutes
                )
            )
        assert sorted(positions) == list(range(1, 13))
        expected = await _expected([batch(minute, 1, 10 * minute) for minute in minutes])
        assert await readings.read(ACME, QUESTION) == expected


async def _expected(batches: list[Batch]) -> object:
    memory = MemoryPowerReadingRepository()
    for one in batches:
        await memory.append(ACME, one)
    return await memory.read(ACME, QUESTION)
