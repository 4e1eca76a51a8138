import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.duckdb.power_readings import DuckDbPowerReadingRepository
from sightline.adapters.duckdb.power_tables import POWER_LAYOUTS
from sightline.adapters.memory.power_readings import MemoryPowerReadingRepository
from sightline.adapters.sql.power_readings import SqlPowerReadingRepository
from sightline.domain.energy import (
    Level,
    PowerPlan,
    PowerQuestion,
    PowerReading,
    PowerRequest,
    Scope,
    ScopeRecord,
    Statistic,
)
from sightline.domain.identifiers import CircuitId, TenantId
from sightline.domain.windows import Interval, TimeWindow
from sightline.ports.power_readings import PowerReadingRepository
from sightline.testing.contracts.power_readings import *  # noqa: F403
from sightline.testing.contracts.power_readings import Batch, Fresh
from sightline.testing.strategies import (
    intervals,
    power_questions,
    power_readings,
    power_windows,
    zones,
)
from sightline.testing.strategies.energy import CIRCUITS

from .clickhouse import empty_readings
from .stores import postgres_database, sqlite_database

#: Memory where there is some: every commit waits for the disk otherwise.
FAST = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


@asynccontextmanager
async def memory() -> AsyncIterator[PowerReadingRepository]:
    yield MemoryPowerReadingRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[PowerReadingRepository]:
    async with sqlite_database() as database:
        yield SqlPowerReadingRepository(database)


@asynccontextmanager
async def postgres() -> AsyncIterator[PowerReadingRepository]:
    async with postgres_database() as database:
        yield SqlPowerReadingRepository(database)


@asynccontextmanager
async def duckdb() -> AsyncIterator[PowerReadingRepository]:
    with TemporaryDirectory(dir=FAST) as folder:
        path = Path(folder) / "readings.duckdb"
        async with duckdb_database(path, threads=1, layouts=POWER_LAYOUTS) as database:
            yield DuckDbPowerReadingRepository(database)


@asynccontextmanager
async def clickhouse() -> AsyncIterator[PowerReadingRepository]:
    async with empty_readings(1) as readings:
        yield readings


@asynccontextmanager
async def two_clickhouses() -> AsyncIterator[PowerReadingRepository]:
    async with empty_readings(2) as readings:
        yield readings


@pytest.fixture(
    params=[memory, sqlite, postgres, duckdb, clickhouse, two_clickhouses],
    ids=lambda make: make.__name__,
    scope="module",
)
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


tenants = st.sampled_from([TenantId("acme"), TenantId("rival")])


def _scope(level: Level, circuits: tuple[CircuitId, ...], *children: Scope) -> Scope:
    record = ScopeRecord(level, UUID(int=9), "Somewhere", (), None, None, len(circuits))
    return Scope(record, circuits, children)


LOCATION = _scope(Level.LOCATION, CIRCUITS, *(_scope(Level.CIRCUIT, (one,)) for one in CIRCUITS))


class BesideMemory(RuleBasedStateMachine):
    """However readings come in, both stores answer every question alike."""

    opened: Fresh

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.memory = MemoryPowerReadingRepository()
        self.other = self.runner.run(self.stack.enter_async_context(self.opened()))

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def _append(self, tenant: TenantId, batch: Batch) -> None:
        expected = self.runner.run(self.memory.append(tenant, batch))
        assert self.runner.run(self.other.append(tenant, batch)) == expected

    @rule(
        tenant=tenants,
        batch=st.dictionaries(st.sampled_from(CIRCUITS), st.lists(power_readings(), max_size=20)),
    )
    def append(self, tenant: TenantId, batch: Batch) -> None:
        self._append(tenant, batch)

    @rule(tenant=tenants, reading=power_readings(), circuit=st.sampled_from(CIRCUITS))
    def append_one_late(self, tenant: TenantId, reading: PowerReading, circuit: CircuitId) -> None:
        self._append(tenant, {circuit: [reading]})

    @rule(tenant=tenants, question=power_questions())
    def ask(self, tenant: TenantId, question: PowerQuestion) -> None:
        expected = self.runner.run(self.memory.read(tenant, question))
        assert self.runner.run(self.other.read(tenant, question)) == expected

    @rule(tenant=tenants, window=power_windows(), interval=intervals(), zone=zones())
    def report(
        self, tenant: TenantId, window: TimeWindow, interval: Interval, zone: ZoneInfo
    ) -> None:
        request = PowerRequest(
            Level.LOCATION, LOCATION.record.id, window, interval, zone, frozenset(Statistic)
        )
        plan = PowerPlan.of(request, LOCATION)
        expected = plan.report(self.runner.run(self.memory.read(tenant, plan.question)))
        assert plan.report(self.runner.run(self.other.read(tenant, plan.question))) == expected

    @invariant()
    def positions_are_the_same(self) -> None:
        for tenant in (TenantId("acme"), TenantId("rival")):
            self.ask(tenant, PowerQuestion((), (), None, None))


class SqliteBesideMemory(BesideMemory):
    opened = staticmethod(sqlite)


class DuckDbBesideMemory(BesideMemory):
    opened = staticmethod(duckdb)


class ClickHousesBesideMemory(BesideMemory):
    opened = staticmethod(two_clickhouses)


@pytest.mark.parametrize(
    "machine", [SqliteBesideMemory, DuckDbBesideMemory, ClickHousesBesideMemory]
)
def test_every_store_answers_as_memory_does_however_readings_come_in(
    machine: type[BesideMemory],
) -> None:
    run_state_machine_as_test(
        machine, settings=settings(max_examples=10, stateful_step_count=12, deadline=None)
    )
