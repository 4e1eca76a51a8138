import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from sightline.adapters.memory.event_log import MemoryEventLog
from sightline.adapters.sql.event_log import SqlEventLog
from sightline.domain.errors import EventConflicts, SightlineError
from sightline.domain.events import EventBatch
from sightline.domain.identifiers import TenantId
from sightline.ports.event_log import EventLog
from sightline.testing.contracts.event_log import *  # noqa: F403
from sightline.testing.contracts.event_log import ACME, RIVAL, Fresh
from sightline.testing.strategies import event_batches, event_ids, user_ids

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[EventLog]:
    yield MemoryEventLog()


@asynccontextmanager
async def sqlite() -> AsyncIterator[EventLog]:
    async with sqlite_database() as database:
        yield SqlEventLog(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[EventLog]:
    async with postgres_database() as database:
        yield SqlEventLog(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


def tenants() -> st.SearchStrategy[TenantId]:
    return st.sampled_from([ACME, RIVAL])


class SqliteBesideMemory(RuleBasedStateMachine):
    """Whatever is sent, read and erased, both logs say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.logs: tuple[EventLog, EventLog] = (
            MemoryEventLog(),
            self.runner.run(self.stack.enter_async_context(sqlite())),
        )

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def both(self, ask: Callable[[EventLog], Awaitable[object]]) -> None:
        """What both answer, or how both refuse."""

        async def answer(log: EventLog) -> object:
            try:
                return await ask(log)
            except EventConflicts as error:
                return error.conflicts
            except SightlineError as error:
                return type(error), str(error)

        expected, found = (self.runner.run(answer(log)) for log in self.logs)
        assert found == expected

    @rule(tenant=tenants(), batch=event_batches())
    def append(self, tenant: TenantId, batch: EventBatch) -> None:
        self.both(lambda log: log.append(tenant, batch))

    @rule(tenant=tenants(), batches=st.lists(event_batches(), min_size=2, max_size=4))
    def append_at_once(self, tenant: TenantId, batches: list[EventBatch]) -> None:
        # They are judged in the order in which they were sent.
        async def together(log: EventLog) -> object:
            asked = (log.append(tenant, batch) for batch in batches)
            told = await asyncio.gather(*asked, return_exceptions=True)
            return [str(one) if isinstance(one, SightlineError) else one for one in told]

        self.both(together)

    @rule(tenant=tenants(), user=user_ids())
    def erase(self, tenant: TenantId, user: str) -> None:
        self.both(lambda log: log.erase(tenant, user))

    @rule(hours=st.integers(-6, 6))
    def prune(self, hours: int) -> None:
        before = datetime(2024, 3, 31, tzinfo=UTC) + timedelta(hours=hours)
        self.both(lambda log: log.prune(before))

    @rule(tenant=tenants(), identifier=event_ids())
    def find(self, tenant: TenantId, identifier: str) -> None:
        self.both(lambda log: log.find(tenant, identifier))

    @rule(tenant=tenants(), before=st.none() | st.integers(1, 8), limit=st.integers(1, 3))
    def quarantined(self, tenant: TenantId, before: int | None, limit: int) -> None:
        self.both(lambda log: log.quarantined(tenant, before, limit))

    @rule(tenant=tenants(), after=st.integers(0, 9))
    def read(self, tenant: TenantId, after: int) -> None:
        self.both(lambda log: log.read(tenant, after, 1_000))

    @invariant()
    def they_stand_at_the_same_positions(self) -> None:
        self.both(lambda log: log.positions())


class PostgresqlBesideMemory(SqliteBesideMemory):
    """The same, on PostgreSQL."""

    def __init__(self) -> None:
        super().__init__()
        postgres = self.runner.run(self.stack.enter_async_context(postgresql()))
        self.logs = (self.logs[0], postgres)


@pytest.mark.parametrize(
    ("machine", "examples"), [(SqliteBesideMemory, 25), (PostgresqlBesideMemory, 8)]
)
def test_whatever_happens_both_logs_say_the_same(
    machine: type[RuleBasedStateMachine], examples: int
) -> None:
    budget = settings(max_examples=examples, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(machine, settings=budget)
