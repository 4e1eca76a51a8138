import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sightline.adapters.memory.jobs import MemoryJobRepository
from sightline.adapters.sql.jobs import SqlJobRepository
from sightline.domain.errors import SightlineError
from sightline.domain.identifiers import JobId, TenantId
from sightline.domain.jobs import Claim, Job, JobQuery, Lease
from sightline.testing.contracts.jobs import *  # noqa: F403
from sightline.testing.contracts.jobs import Fresh, Jobs
from sightline.testing.strategies import claims, job_ids, job_queries, new_jobs, tenant_ids

from .stores import postgres_database, sqlite_database


@asynccontextmanager
async def memory() -> AsyncIterator[Jobs]:
    yield MemoryJobRepository()


@asynccontextmanager
async def sqlite() -> AsyncIterator[Jobs]:
    async with sqlite_database() as database:
        yield SqlJobRepository(database)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Jobs]:
    async with postgres_database() as database:
        yield SqlJobRepository(database)


@pytest.fixture(params=[memory, sqlite, postgresql], ids=lambda make: make.__name__, scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    make: Fresh = request.param
    return make


async def _everything(tenant: TenantId, store: Jobs) -> object:
    return await store.page(tenant, JobQuery())


class SqliteBesideMemory(RuleBasedStateMachine):
    """Whatever tenants and workers do, both stores say the same."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.stores: tuple[Jobs, Jobs] = (
            MemoryJobRepository(),
            self.runner.run(self.stack.enter_async_context(sqlite())),
        )
        self.now = datetime(2024, 3, 31, tzinfo=UTC)
        self.known: set[JobId] = set()
        self.held: list[Job] = []

    def teardown(self) -> None:
        self.runner.run(self.stack.aclose())
        self.runner.close()

    def both(self, ask: Callable[[Jobs], Awaitable[object]]) -> object:
        """What both answer, or how both refuse."""

        async def answer(store: Jobs) -> object:
            try:
                return await ask(store)
            except SightlineError as error:
                return type(error), str(error)

        expected, found = (self.runner.run(answer(store)) for store in self.stores)
        assert found == expected
        return expected

    @rule(minutes=st.sampled_from([20, 40, 60, 120]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(job=new_jobs())
    def enqueue(self, job: Job) -> None:
        if job.id not in self.known:  # ids are drawn at random and never come twice
            self.both(lambda store: store.enqueue(job))
            self.known.add(job.id)

    @rule(claim=claims())
    def lease(self, claim: Claim) -> None:
        until = self.now + (claim.lease_until - claim.now)
        claim = evolve(claim, now=self.now, lease_until=until)
        taken = self.both(lambda store: store.lease(claim))
        assert isinstance(taken, tuple)
        self.held += taken

    @precondition(lambda self: self.held)
    @rule(which=st.integers(0, 100), what=st.integers(0, 4))
    def keep(self, which: int, what: int) -> None:
        job = self.held[which % len(self.held)]
        later = self.now + timedelta(hours=1)
        changed = (
            job.progressed(0.5, "half", later),
            job.done({"all": True}, self.now),
            job.failed("no", self.now),
            job.retried("not yet", later),
            job.given_back(),
        )[what]
        lease: Lease = job.lease
        self.both(lambda store: store.keep(lease, changed))

    @rule(tenant=tenant_ids(), identifier=job_ids())
    def cancel(self, tenant: TenantId, identifier: JobId) -> None:
        self.both(lambda store: store.cancel(tenant, identifier, self.now))

    @rule(tenant=tenant_ids(), query=job_queries())
    def look(self, tenant: TenantId, query: JobQuery) -> None:
        self.both(lambda store: store.page(tenant, query))

    @rule(hours=st.integers(0, 3))
    def prune(self, hours: int) -> None:
        before = self.now - timedelta(hours=hours)
        self.both(lambda store: store.ended_since("count", before))
        self.both(lambda store: store.prune(before))

    @invariant()
    def they_hold_the_same(self) -> None:
        for tenant in map(TenantId, ("acme", "demo", "rival_2")):
            self.both(partial(_everything, tenant))


def test_sqlite_does_as_memory_does_whatever_happens() -> None:
    run_state_machine_as_test(
        SqliteBesideMemory,
        settings=settings(max_examples=15, stateful_step_count=20, deadline=None),
    )
