"""The runner: no job twice at once, none lost, none left held; time stands still unless moved."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from attrs import define, evolve, field

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.jobs import MemoryJobRepository
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.application.run_jobs import Chore, Progress, RunJobs
from sightline.domain.errors import Unavailable
from sightline.domain.identifiers import JobId, TenantId
from sightline.domain.jobs import Claim, Job, JobState, Lease, new_job
from sightline.ports.tracing import TraceContext, current_trace

ACME = TenantId("acme")
NOON = datetime(2025, 9, 15, 12, tzinfo=UTC)


@define(eq=False)
class Sleeper:
    """Lets those who sleep on when it is told to, and moves the clock as far."""

    clock: FixedClock
    sleeping: list[tuple[datetime, asyncio.Future[None]]] = field(factory=list)

    async def __call__(self, seconds: float) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.sleeping.append((self.clock.at + timedelta(seconds=seconds), wake))
        await wake

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, waking whoever is due, in order."""
        end = self.clock.at + timedelta(seconds=seconds)
        while due := [one for one in self.sleeping if one[0] <= end and not one[1].done()]:
            at, wake = min(due, key=lambda one: one[0])
            self.clock.at = max(self.clock.at, at)
            wake.set_result(None)
            await settle()
        self.clock.at = end
        await settle()


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(50):
        await asyncio.sleep(0)


@define(eq=False)
class Flaky(MemoryJobRepository):
    """A queue that can be out of reach."""

    out_of_reach: bool = False

    async def lease(self, claim: Claim) -> tuple[Job, ...]:
        self._check()
        return await super().lease(claim)

    async def keep(self, lease: Lease, changed: Job) -> None:
        self._check()
        await super().keep(lease, changed)

    def _check(self) -> None:
        if self.out_of_reach:
            message = "the record store does not answer"
            raise Unavailable(message)


@define(eq=False)
class Rig:
    """A queue, runners on it, and one kind of work that waits until it is let go."""

    clock: FixedClock = field(factory=lambda: FixedClock(NOON))
    queue: Flaky = field(factory=Flaky)
    telemetry: RecordingTelemetry = field(factory=RecordingTelemetry)
    failures: list[tuple[str, str]] = field(factory=list)
    sleeper: Sleeper = field(init=False)
    begun: list[str] = field(factory=list)
    now: int = 0
    most: int = 0
    stopped: frozenset[TenantId] = frozenset()
    go: asyncio.Event = field(factory=asyncio.Event)
    progress: dict[str, Progress] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.sleeper = Sleeper(self.clock)

    async def work(self, job: Job, progress: Progress) -> Mapping[str, object]:
        self.begun.append(job.id)
        self.progress[job.id] = progress
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await self.go.wait()
        finally:
            self.now -= 1
        return {"attempt": job.attempts}

    async def without(self) -> frozenset[TenantId]:
        return self.stopped

    async def add(self, *names: str) -> None:
        for name in names:
            job = new_job(ACME, JobId(name), "count", key=None, arguments={}, now=self.clock.at)
            await self.queue.enqueue(job)

    async def job(self, name: str = "a") -> Job:
        return await self.queue.get(ACME, JobId(name))

    def runner(
        self,
        work: Callable[[Job, Progress], Awaitable[Mapping[str, object]]] | None = None,
        worker: str = "ann",
        chores: tuple[Chore, ...] = (),
    ) -> RunJobs:
        return RunJobs(
            queue=self.queue,
            clock=self.clock,
            telemetry=self.telemetry,
            worker=worker,
            handlers={"count": work or self.work},
            chores=chores,
            on_failure=lambda what, error: self.failures.append((what, str(error))),
            sleep=self.sleeper,
            jitter=lambda: 0.0,
            without=self.without,
            at_once=2,
        )

    def ended(self, outcome: str) -> int:
        return self.telemetry.counts["jobs.ended", (("kind", "count"), ("outcome", outcome))]


@asynccontextmanager
async def running(*runners: RunJobs) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(runner()) for runner in runners]
    await settle()
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_is_enqueued_is_done_within_a_poll() -> None:
    rig = Rig()
    rig.go.set()
    async with running(rig.runner()):
        await rig.add("a")
        await rig.sleeper.pass_by(1)
    job = await rig.job()
    assert (job.state, job.result, job.progress) == (JobState.DONE, {"attempt": 1}, 1.0)
    assert (job.finished_at, rig.ended("done")) == (NOON + timedelta(seconds=1), 1)


async def test_a_job_is_done_in_the_trace_of_whoever_asked_for_it() -> None:
    rig = Rig()
    seen: dict[str, TraceContext | None] = {}

    async def look(job: Job, _: Progress) -> Mapping[str, object]:
        seen[f"{job.id}{job.attempts}"] = current_trace.get()
        if (job.id, job.attempts) == ("a", 1):
            raise Unavailable("not now")
        return {}

    asked = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    job = new_job(ACME, JobId("a"), "count", key=None, arguments={}, now=NOON, trace=asked)
    await rig.queue.enqueue(job)
    await rig.add("b")
    async with running(rig.runner(look)):
        await rig.sleeper.pass_by(600)
    first, second, alone = seen["a1"], seen["a2"], seen["b1"]
    assert first
    assert second
    assert alone
    assert first.traceparent.split("-")[1::2] == asked.split("-")[1::2]  # trace and flags
    assert (second.trace_id, second.span_id == first.span_id) == (first.trace_id, False)
    assert "b7ad6b7169203331" not in {first.span_id, second.span_id}
    assert alone.trace_id not in {first.trace_id, "0" * 32}
    assert current_trace.get() is None


async def test_only_so_many_run_at_once_and_who_ends_makes_room_at_once() -> None:
    rig = Rig()
    await rig.add(*"abcdefg")
    async with running(rig.runner()):
        assert (rig.begun, rig.most) == (["a", "b"], 2)
        rig.go.set()
        await settle()
        await settle()
    assert (rig.begun, rig.most) == (list("abcdefg"), 2)
    assert rig.clock.at == NOON
    assert rig.ended("done") == 7


async def test_two_runners_never_do_the_same_job() -> None:
    rig = Rig()
    await rig.add(*"abcd")
    async with running(rig.runner(worker="ann"), rig.runner(worker="bob")):
        assert sorted(rig.begun) == list("abcd")
        rig.go.set()
        await rig.sleeper.pass_by(60)
    assert sorted(rig.begun) == list("abcd")


async def test_a_long_job_keeps_its_lease() -> None:
    rig = Rig()
    await rig.add("a")
    async with running(rig.runner(worker="ann"), rig.runner(worker="bob")):
        await rig.sleeper.pass_by(300)
        assert rig.begun == ["a"]
        assert (await rig.job()).attempts == 1
        rig.go.set()
        await settle()
        assert (await rig.job()).state is JobState.DONE


async def test_a_failed_attempt_is_tried_again_later_and_then_given_up() -> None:
    rig, attempts = Rig(), list[datetime]()

    async def fail(job: Job, progress: Progress) -> Mapping[str, object]:
        attempts.append(rig.clock.at)
        message = "the market is closed"
        raise Unavailable(message)

    await rig.add("a")
    async with running(rig.runner(fail)):
        job = await rig.job()
        assert (job.state, job.error) == (JobState.READY, "the market is closed")
        await rig.sleeper.pass_by(3600)
    job = await rig.job()
    assert (job.state, job.attempts, job.error) == (JobState.FAILED, 5, "the market is closed")
    rests = [(after - before).total_seconds() for before, after in pairwise(attempts)]
    assert rests == [10, 20, 40, 80]
    assert (rig.ended("again"), rig.ended("failed"), rig.failures) == (4, 1, [])


async def test_a_blunder_is_told_to_the_log_and_not_to_the_tenant() -> None:
    rig = Rig()

    async def blunder(job: Job, progress: Progress) -> Mapping[str, object]:
        message = "secret detail"
        raise KeyError(message)

    await rig.add("a")
    async with running(rig.runner(blunder)):
        pass
    assert (await rig.job()).error == "something went wrong here (KeyError); the log says what"
    assert rig.failures == [("count", "'secret detail'")]


async def test_a_handler_that_cancels_itself_has_failed() -> None:
    rig = Rig()

    async def broken(job: Job, progress: Progress) -> Mapping[str, object]:
        raise asyncio.CancelledError

    await rig.add("a")
    async with running(rig.runner(broken)):
        assert (await rig.job()).attempts == 1
        assert (await rig.job()).state is JobState.READY
        assert rig.ended("again") == 1


async def test_who_stops_gives_back_what_is_under_way() -> None:
    rig = Rig()
    await rig.add("a", "b", "c")
    async with running(rig.runner()):
        assert rig.now == 2
    assert rig.now == 0
    for name in "abc":
        job = await rig.job(name)
        assert (job.state, job.attempts, job.worker) == (JobState.READY, 0, None)
    rig.go.set()
    async with running(rig.runner(worker="bob")):
        assert rig.begun == ["a", "b", "a", "b", "c"]
        assert (await rig.job()).result == {"attempt": 1}


async def test_the_job_of_a_runner_that_vanished_is_done_by_another() -> None:
    rig = Rig()
    await rig.add("a")
    claim = Claim("dead", frozenset({"count"}), NOON, NOON + timedelta(seconds=30), 1, 5)
    await rig.queue.lease(claim)
    rig.go.set()
    async with running(rig.runner()):
        await rig.sleeper.pass_by(29)
        assert rig.begun == []
        await rig.sleeper.pass_by(1)
        assert (await rig.job()).result == {"attempt": 2}


async def test_a_cancelled_job_stops_at_its_next_report() -> None:
    rig, passed = Rig(), list[int]()
    step = asyncio.Event()

    async def count(job: Job, progress: Progress) -> Mapping[str, object]:
        for number in range(4):
            await progress(number / 4, f"{number} of 4")
            passed.append(number)
            await step.wait()
            step.clear()
        return {}

    await rig.add("a")
    async with running(rig.runner(count)):
        assert ((await rig.job()).progress, (await rig.job()).progress_text) == (0.0, "0 of 4")
        step.set()
        await settle()
        assert (await rig.job()).progress == 0.25
        gone = await rig.queue.cancel(ACME, JobId("a"), rig.clock.at)
        step.set()
        await settle()
        assert passed == [0, 1]
        assert await rig.job() == gone
        assert rig.ended("lost") == 1


async def test_a_silent_handler_is_stopped_when_its_job_is_cancelled() -> None:
    rig = Rig()
    await rig.add("a")
    async with running(rig.runner()):
        await rig.queue.cancel(ACME, JobId("a"), rig.clock.at)
        await rig.sleeper.pass_by(10)
        assert rig.now == 0
        assert (await rig.job()).state is JobState.CANCELLED


async def test_a_store_out_of_reach_for_a_moment_costs_nothing() -> None:
    rig = Rig()
    await rig.add("a")
    async with running(rig.runner()):
        rig.queue.out_of_reach = True
        await rig.sleeper.pass_by(15)
        rig.queue.out_of_reach = False
        await rig.sleeper.pass_by(60)
        rig.go.set()
        await settle()
    assert ((await rig.job()).result, rig.begun) == ({"attempt": 1}, ["a"])


async def test_who_cannot_renew_stops_before_another_begins() -> None:
    rig = Rig()
    await rig.add("a")
    async with running(rig.runner()):
        rig.queue.out_of_reach = True
        await rig.sleeper.pass_by(29)
        assert rig.now == 1
        await rig.sleeper.pass_by(1)
        assert rig.now == 0
        rig.queue.out_of_reach = False
        await rig.sleeper.pass_by(1)
        assert (await rig.job()).attempts == 2


async def test_kinds_without_a_handler_are_left_to_others() -> None:
    rig = Rig()
    await rig.add("a")
    other = evolve(await rig.job(), id=JobId("b"), kind="newer")
    await rig.queue.enqueue(other)
    rig.go.set()
    async with running(rig.runner()):
        assert await rig.job("b") == other


async def test_chores_are_done_again_and_again_whatever_happens() -> None:
    rig, turns = Rig(), list[datetime]()

    async def sweep() -> None:
        turns.append(rig.clock.at)
        if len(turns) == 2:
            message = "no broom"
            raise Unavailable(message)

    async with running(rig.runner(chores=(Chore(sweep, 60),))):
        await rig.sleeper.pass_by(180)
    assert turns == [NOON + timedelta(minutes=count) for count in range(4)]
    assert [text for _, text in rig.failures] == ["no broom"]


async def test_it_ends_only_by_being_cancelled() -> None:
    rig = Rig()
    async with running(rig.runner()) as (task,):
        rig.queue.out_of_reach = True
        await rig.sleeper.pass_by(60)
        assert not task.done()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_job_of_a_tenant_that_is_stopped_waits_until_it_is_not() -> None:
    rig = Rig(stopped=frozenset({ACME}))
    rig.go.set()
    await rig.add("a")
    async with running(rig.runner()):
        await rig.sleeper.pass_by(5)
        assert rig.begun == []
        rig.stopped = frozenset()
        await rig.sleeper.pass_by(5)
        assert rig.begun == ["a"]
