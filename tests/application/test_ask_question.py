"""Questions: refused when they cost too much, remembered while true, stopped when unwanted."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import define, evolve, field, frozen

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.event_store import MemoryEventStore
from sightline.adapters.memory.question_engine import ReferenceQuestionEngine
from sightline.adapters.memory.recent_questions import RecentQuestions
from sightline.adapters.memory.users import MemoryUserRepository
from sightline.application.ask_question import AskQuestion
from sightline.domain.attributes import Json
from sightline.domain.errors import QuestionTooCostly, Unavailable
from sightline.domain.events import Event, EventSlice
from sightline.domain.identifiers import TenantId, UserId
from sightline.domain.questions import History, Reach, Sheet
from sightline.domain.tenancy import PLANS, LimitPlan, PlanName
from sightline.domain.users import UserChange
from sightline.ports.question_engine import Answered, Asked

ACME, RIVAL = TenantId("acme"), TenantId("rival")
NOON = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)


@frozen
class HowMany:
    """How many events there are, and what is known of who did them."""

    attribute: str | None = None
    explain: bool = field(default=False, repr=False)

    def reference(self, history: History, now: datetime) -> tuple[int, list[Any], datetime]:
        known = [
            history.attributes(one.user_id).get(self.attribute or "") for one in history.events
        ]
        return len(history.events), known, now

    def sheet(self, figures: tuple[int, list[Any], datetime]) -> Sheet:
        return Sheet(("events",), [(figures[0],)])

    def attributes(self) -> frozenset[str]:
        return frozenset() if self.attribute is None else frozenset({self.attribute})

    def reach(self) -> Reach:
        return Reach()

    def rules(self) -> Mapping[str, Json]:
        return {"attribute": self.attribute}

    def complete_until(self, now: datetime) -> datetime:
        return now


@define
class Counting:
    """The reference engine, which counts how often it answers and may be told to wait or fail."""

    store: MemoryEventStore
    answers: int = 0
    stopped: int = 0
    gate: asyncio.Event | None = None
    failure: Exception | None = None

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        self.answers += 1
        if self.failure is not None:
            raise self.failure
        if self.gate is not None:
            try:
                await self.gate.wait()
            except asyncio.CancelledError:
                self.stopped += 1
                raise
        return await ReferenceQuestionEngine(self.store).answer(tenant, asked)

    async def position(self, tenant: TenantId) -> int:
        return await ReferenceQuestionEngine(self.store).position(tenant)

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return await ReferenceQuestionEngine(self.store).weight(tenant, reach)


@frozen
class OnePlan:
    plan: LimitPlan

    async def of(self, tenant: TenantId) -> LimitPlan:
        return self.plan


@define
class World:
    """A use case with everything behind it."""

    store: MemoryEventStore = field(factory=MemoryEventStore)
    users: MemoryUserRepository = field(factory=MemoryUserRepository)
    clock: FixedClock = field(factory=lambda: FixedClock(NOON))
    allowed: int = 100
    engine: Counting = field(init=False)
    ask: AskQuestion = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.engine = Counting(self.store)
        plan = evolve(PLANS[PlanName.STARTER], question_events=self.allowed)
        recent = RecentQuestions(self.engine)
        self.ask = AskQuestion(recent, self.users, OnePlan(plan), self.clock)

    async def load(self, tenant: TenantId, first: int, last: int) -> None:
        events = tuple(
            Event(f"e{at}", "u1", "view", NOON, {}, NOON, None, at) for at in range(first, last + 1)
        )
        await self.store.load({tenant: EventSlice(first - 1, last, events)})


async def test_a_question_that_costs_too_much_is_refused_with_the_estimate_and_not_run() -> None:
    world = World(allowed=3)
    await world.load(ACME, 1, 4)
    with pytest.raises(QuestionTooCostly) as refused:
        await world.ask(ACME, HowMany())
    assert (refused.value.estimate, refused.value.limit) == (4, 3)
    assert world.engine.answers == 0


async def test_an_answer_is_remembered_while_its_position_and_minute_last() -> None:
    world = World()
    await world.load(ACME, 1, 2)
    first = await world.ask(ACME, HowMany())
    again = await world.ask(ACME, HowMany())
    assert first.figures == again.figures == (2, [None, None], NOON.replace(second=0))
    assert (first.explanation.cached, again.explanation.cached) == (False, True)
    await world.load(ACME, 3, 3)
    assert (await world.ask(ACME, HowMany())).figures[0] == 3
    assert (await world.ask(ACME, HowMany(), through=2)).figures[0] == 2
    assert world.engine.answers == 2
    world.clock.at = NOON + timedelta(minutes=1)
    assert (await world.ask(ACME, HowMany())).figures[2] == NOON.replace(minute=1, second=0)


async def test_tenants_do_not_share_what_is_remembered() -> None:
    world = World()
    await world.load(ACME, 1, 2)
    await world.load(RIVAL, 1, 2)
    await world.ask(ACME, HowMany())
    assert not (await world.ask(RIVAL, HowMany())).explanation.cached


async def test_what_is_said_of_users_makes_a_new_answer_where_it_is_looked_at() -> None:
    world = World()
    await world.load(ACME, 1, 1)
    assert (await world.ask(ACME, HowMany("plan"))).figures[1] == [None]
    await world.users.apply(ACME, [UserChange(UserId("u1"), {"plan": "pro"})], NOON)
    assert (await world.ask(ACME, HowMany("plan"))).figures[1] == ["pro"]


async def test_the_same_question_by_many_at_once_runs_once() -> None:
    world = World()
    await world.load(ACME, 1, 2)
    world.engine.gate = asyncio.Event()
    asking = [asyncio.create_task(world.ask(ACME, HowMany())) for _ in range(5)]
    await _settled()
    asking[0].cancel()
    await _settled()
    world.engine.gate.set()
    found = await asyncio.gather(*asking[1:])
    assert [one.figures[0] for one in found] == [2] * 4
    assert (world.engine.answers, world.engine.stopped) == (1, 0)


async def test_work_that_nobody_waits_for_is_stopped_and_can_be_asked_for_anew() -> None:
    world = World()
    await world.load(ACME, 1, 2)
    world.engine.gate = asyncio.Event()
    asking = [asyncio.create_task(world.ask(ACME, HowMany())) for _ in range(2)]
    await _settled()
    for one in asking:
        one.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    await _settled()
    assert world.engine.stopped == 1
    world.engine.gate.set()
    assert (await world.ask(ACME, HowMany())).figures[0] == 2


async def test_a_failure_is_not_remembered() -> None:
    world = World()
    await world.load(ACME, 1, 2)
    world.engine.failure = Unavailable("away")
    with pytest.raises(Unavailable):
        await world.ask(ACME, HowMany())
    world.engine.failure = None
    assert (await world.ask(ACME, HowMany())).figures[0] == 2


async def _settled() -> None:
    """Let everything that can run now run."""
    for _ in range(20):
        await asyncio.sleep(0)
