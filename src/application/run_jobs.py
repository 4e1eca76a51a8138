"""Do the jobs: lease them, run their handlers, keep what came of it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, Protocol

from attrs import define, field, frozen

from ..domain.errors import LeaseLost, SightlineError
from ..domain.identifiers import TenantId
from ..domain.jobs import Claim, Job, RetryPolicy
from ..ports.clock import Clock
from ..ports.jobs import JobQueue
from ..ports.telemetry import Telemetry
from ..ports.tracing import continued, current_trace


class Progress(Protocol):
    """Tells how far a job is; every call is a commit, so report in steps."""

    async def __call__(self, done: float, text: str, /) -> None:
        """So much is done. [0..1]

        Raises:
            LeaseLost: If the job was cancelled or another worker has it; the
                handler lets it pass and stops.
            Unavailable: If the store does not answer.
        """


Handler = Callable[[Job, Progress], Awaitable[Mapping[str, object]]]
Sleep = Callable[[float], Awaitable[object]]


@frozen
class Chore:
    """Something that is done again and again.

    Args:
        do: Does it; whatever it raises is told and the next turn comes all the same.
        every_seconds: From the end of one turn to the next. [s]
    """

    do: Callable[[], Awaitable[None]]
    every_seconds: float


@frozen
class RunJobs:
    """Works until it is cancelled; what is under way then is given back.

    Args:
        queue: Where the jobs come from.
        clock: Dates leases and ends.
        telemetry: Counts ``jobs.ended`` by kind and outcome.
        worker: A name that no other runner has, now or before.
        handlers: Per kind what does it; only these kinds are leased. Idempotent,
            because a job may be done twice.
        chores: What else is to be done, from the start on.
        on_failure: Told of every exception that is not one of ours, with what was
            done when it came.
        retries: How often a job is tried.
        lease: How long a job is held without a sign of life; renewed every third of it.
        at_once: Jobs under way at the same time.
        without: Tells the tenants whose jobs are not begun now; asked before every lease.
        poll_seconds: How often the queue is asked while it is empty. [s]
        sleep: Waits so many seconds.
        jitter: In [0, 1).
    """

    queue: JobQueue
    clock: Clock
    telemetry: Telemetry
    worker: str
    handlers: Mapping[str, Handler]
    chores: tuple[Chore, ...]
    on_failure: Callable[[str, BaseException], None]
    sleep: Sleep
    jitter: Callable[[], float]
    without: Callable[[], Awaitable[frozenset[TenantId]]]
    retries: RetryPolicy = field(factory=RetryPolicy)
    lease: timedelta = field(default=timedelta(seconds=30))
    at_once: int = field(default=4)
    poll_seconds: float = field(default=1.0)

    async def __call__(self) -> None:
        """Work; ends by being cancelled."""
        async with asyncio.TaskGroup() as group:
            for chore in self.chores:
                group.create_task(self._repeat(chore))
            await self._work(group)

    async def _repeat(self, chore: Chore) -> NoReturn:
        while True:
            try:
                await chore.do()
            except Exception as error:  # the next turn comes all the same
                self.on_failure(type(chore.do).__name__, error)
            await self.sleep(chore.every_seconds)

    async def _work(self, group: asyncio.TaskGroup) -> NoReturn:
        running: set[asyncio.Task[None]] = set()
        while True:
            for job in await self._leased(self.at_once - len(running)):
                task = group.create_task(self._run(job))
                running.add(task)
                task.add_done_callback(running.discard)
            nap = asyncio.ensure_future(self.sleep(self.poll_seconds))
            try:
                # Whoever ends makes room at once.
                await asyncio.wait({nap, *running}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                nap.cancel()

    async def _leased(self, limit: int) -> tuple[Job, ...]:
        if limit == 0:
            return ()
        now = self.clock.now()
        kinds = frozenset(self.handlers)
        until = now + self.lease
        try:
            without = await self.without()
            return await self.queue.lease(
                Claim(self.worker, kinds, now, until, limit, self.retries.attempts, without)
            )
        except Exception as error:  # the store may answer the next time
            self.on_failure("lease", error)
            return ()

    async def _run(self, job: Job) -> None:
        # What is done and told from here on belongs to the trace of whoever asked for it.
        current_trace.set(continued(job.trace, f"{job.tenant}/{job.id}/{job.attempts}"))
        held = _Held(job, self)
        work = asyncio.create_task(self._handled(held))
        beat = asyncio.create_task(held.beat())
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
        finally:  # stopped or not, what came of it is kept
            stopped = not work.done()
            await _ended(work, beat)
            changed = None if held.lost else self._outcome(held.job, work, stopped=stopped)
            await self._keep(held, changed)

    async def _handled(self, held: "_Held") -> Mapping[str, object]:
        return await self.handlers[held.job.kind](held.job, held.progress)

    def _outcome(
        self, job: Job, work: "asyncio.Task[Mapping[str, object]]", *, stopped: bool
    ) -> Job:
        if work.cancelled() and stopped:
            return job.given_back()
        now = self.clock.now()
        error = asyncio.CancelledError() if work.cancelled() else work.exception()
        if error is None:
            return job.done(work.result(), now)
        if isinstance(error, SightlineError):
            words = str(error)
        else:
            words = f"something went wrong here ({type(error).__name__}); the log says what"
            self.on_failure(job.kind, error)
        return self.retries.after_failure(job, words, now, self.jitter())

    async def _keep(self, held: "_Held", changed: Job | None) -> None:
        outcome = "lost"
        if changed is not None:
            try:
                await held.keep(changed)
                outcome = "again" if changed.open else changed.state.value
            except LeaseLost:
                pass  # cancelled, or somebody else's by now
            except Exception as error:  # its lease will run out, and somebody else take it
                self.on_failure(held.job.kind, error)
        self.telemetry.count("jobs.ended", kind=held.job.kind, outcome=outcome)


@define(eq=False)
class _Held:
    """A job in this runner's hands.

    Args:
        job: As it was kept last.
        runner: Whose hands those are.
        lost: Whether it is somebody else's or nobody's by now.
    """

    job: Job
    runner: RunJobs
    lost: bool = False
    _one_by_one: asyncio.Lock = field(factory=asyncio.Lock, init=False)

    async def progress(self, done: float, text: str, /) -> None:
        async with self._one_by_one:
            await self.keep(self.job.progressed(done, text, self._until()))

    async def beat(self) -> None:
        """Renew the lease, until it is lost."""
        while not self.lost:
            await self.runner.sleep(self.runner.lease.total_seconds() / 3)
            try:
                async with self._one_by_one:
                    await self.keep(self.job.renewed(self._until()))
            except LeaseLost:
                return
            except Exception as error:  # there are two more beats before the lease runs out
                self.runner.on_failure(self.job.kind, error)
                self.lost = self.job.lease_until is None or self._now() >= self.job.lease_until

    async def keep(self, changed: Job) -> None:
        try:
            await self.runner.queue.keep(self.job.lease, changed)
        except LeaseLost:
            self.lost = True
            raise
        if changed.worker is not None:
            self.job = changed

    def _now(self) -> datetime:
        return self.runner.clock.now()

    def _until(self) -> datetime:
        return self._now() + self.runner.lease


async def _ended(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()  # does nothing to one that has ended
    await asyncio.wait(tasks)
