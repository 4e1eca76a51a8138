"""A noisy tenant waits for itself; nobody waits long; nobody is let in twice."""

import asyncio
import heapq
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import attrs
import httpx
import pytest

from sightline import bootstrap
from sightline.adapters.memory.properties import MemoryPropertyRepository
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import TenantId
from sightline.domain.portfolio.selection import PropertyPage, PropertyQuery
from sightline.domain.tenancy import CostClass
from sightline.entrypoints.http.admission import HELD_SECONDS, LIGHT_SECONDS, AdmissionOptions, Gate
from sightline.entrypoints.http.app import EdgeOptions

from .served import Served
from .served import serving as serving_with

PATH = "/api/v1/properties"
T = TypeVar("T")


class _NoWaiting(selectors.SelectSelector):
    def select(self, timeout: float | None = None) -> list[Any]:
        del timeout
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        super().__init__(_NoWaiting())
        self._virtual = 0.0

    def time(self) -> float:
        return self._virtual

    def _run_once(self) -> None:
        scheduled: list[asyncio.TimerHandle] = self._scheduled  # type: ignore[attr-defined]
        if not self._ready:  # type: ignore[attr-defined]
            while scheduled and scheduled[0].cancelled():
                heapq.heappop(scheduled)._scheduled = False  # type: ignore[attr-defined]
            if scheduled:
                self._virtual = max(self._virtual, scheduled[0].when())
        super()._run_once()  # type: ignore[misc]


def virtually(work: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        return await work()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


async def visit(gate: Gate, tenant: str, seconds: float, cost: int = 1) -> float | None:
    """How long a request took from knocking to leaving; None if it was turned away. [s]"""
    now = asyncio.get_running_loop().time
    came = now()
    if not await gate.enter(tenant, cost, 1):
        return None
    try:
        await asyncio.sleep(seconds)
    finally:
        gate.leave()
    return now() - came


def test_a_noisy_tenant_makes_a_quiet_one_wait_for_one_request() -> None:
    """64 clients of one tenant without a pause against one that asks now and then; 0.1 s each."""

    waits: list[float | None] = []
    done = 0

    async def crowd() -> None:
        gate = Gate(2, 1_000, 60.0)
        ends = 20.0
        loop = asyncio.get_running_loop()

        async def noisy() -> None:
            nonlocal done
            while loop.time() < ends:
                await visit(gate, "noisy", 0.1)
                done += 1

        async def quiet() -> None:
            while loop.time() < ends:
                waits.append(await visit(gate, "quiet", 0.1))
                await asyncio.sleep(0.33)

        await asyncio.gather(*(noisy() for _ in range(64)), quiet())

    virtually(crowd)
    assert len(waits) > 30
    assert all(wait is not None and wait <= 0.2 + 1e-9 for wait in waits)
    assert done > 300  # and no place stood empty


def _ended(came: float, light_seconds: float) -> list[float]:
    """When each of two heavy reads of 0.1 s that came at once has ended. [s]

    Args:
        came: When the light request comes, after the heavy ones. [s]
        light_seconds: How long it stays. [s]
    """
    gates = AdmissionOptions(wait_seconds=60.0).gates()
    heavy, light = gates[CostClass.HEAVY], gates[CostClass.READ]
    ended: list[float] = []

    async def crowd() -> None:
        loop = asyncio.get_running_loop()

        async def noisy() -> None:
            await asyncio.sleep(1.0)
            await visit(heavy, "noisy", 0.1)
            ended.append(loop.time() - 1.0)

        async def quiet() -> None:
            await asyncio.sleep(1.0 + came)
            await visit(light, "quiet", light_seconds)

        await asyncio.gather(noisy(), noisy(), quiet())

    virtually(crowd)
    assert heavy.inside == light.inside == 0
    return ended


def test_the_next_heavy_read_begins_when_the_light_request_beside_it_is_through() -> None:
    assert _ended(0.09, 0.03) == pytest.approx([0.1, 0.09 + 0.03 + 0.1])


def test_a_place_for_heavy_reads_stays_empty_for_a_moment_only() -> None:
    assert _ended(0.09, 9.0) == pytest.approx([0.1, 0.1 + HELD_SECONDS + 0.1])


def test_a_stream_that_is_read_for_long_holds_no_heavy_read_back() -> None:
    assert _ended(0.1 - LIGHT_SECONDS, 9.0) == pytest.approx([0.1, 0.2])


def test_nobody_waits_longer_than_the_longest_wait() -> None:
    async def crowd() -> list[float | None]:
        gate = Gate(1, 100, 0.25)
        loop = asyncio.get_running_loop()

        async def timed() -> float | None:
            came = loop.time()
            if await visit(gate, "acme", 0.1) is None:
                return loop.time() - came
            return None

        found = await asyncio.gather(*(timed() for _ in range(20)))
        assert gate.inside == 0
        return list(found)

    refused = [wait for wait in virtually(crowd) if wait is not None]
    assert len(refused) == 17  # of three, the last one began at 0.2 s
    assert {round(wait, 9) for wait in refused} == {0.25}


def test_there_are_never_more_inside_than_places_whoever_leaves_early() -> None:
    async def crowd() -> int:
        gate = Gate(3, 10, 1.0)
        most = 0

        async def one(number: int) -> None:
            nonlocal most
            if await gate.enter("abc"[number % 3], 1, 1):
                most = max(most, gate.inside)
                try:
                    await asyncio.sleep(0.1 * (number % 4))
                finally:
                    gate.leave()

        tasks = [asyncio.create_task(one(number)) for number in range(60)]
        for number, task in enumerate(tasks):
            if number % 5 == 0:
                asyncio.get_running_loop().call_later(0.05 * (number % 7), task.cancel)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert gate.inside == 0
        assert await gate.enter("a", 1, 1)
        return most

    assert virtually(crowd) == 3


def test_a_place_that_was_on_its_way_to_somebody_who_left_goes_to_the_next() -> None:
    async def crowd() -> None:
        gate = Gate(1, 10, 1.0)
        assert await gate.enter("a", 1, 1)
        leaving = asyncio.create_task(gate.enter("a", 1, 1))
        following = asyncio.create_task(gate.enter("b", 1, 1))
        await asyncio.sleep(0)
        for task in (leaving, following):
            assert not task.done()
        gate.leave()
        leaving.cancel()
        following_first = asyncio.create_task(gate.enter("c", 1, 1))
        await asyncio.sleep(0)
        leaving.cancel()
        assert await following
        gate.leave()
        assert await following_first
        gate.leave()
        assert gate.inside == 0

    virtually(crowd)


def test_a_place_is_not_lost_to_somebody_who_was_cancelled_a_moment_before() -> None:
    async def crowd() -> None:
        gate = Gate(1, 1, 1.0)
        assert await gate.enter("a", 1, 1)
        cancelled = asyncio.create_task(gate.enter("a", 1, 1))
        await asyncio.sleep(0)
        cancelled.cancel()
        gate.leave()
        assert gate.inside == 0
        assert await gate.enter("a", 1, 1)
        await asyncio.wait({cancelled})
        assert gate.inside == 1

    virtually(crowd)


def test_a_cancelled_request_can_be_pushed_out_of_a_full_queue() -> None:
    async def crowd() -> None:
        gate = Gate(1, 2, 1.0)
        assert await gate.enter("a", 1, 1)
        waiting = [asyncio.create_task(gate.enter("a", 1, 1)) for _ in range(2)]
        await asyncio.sleep(0)
        waiting[1].cancel()
        asyncio.get_running_loop().call_later(0.1, gate.leave)
        assert await gate.enter("b", 1, 1)
        gate.leave()
        assert await waiting[0]

    virtually(crowd)


class Held(MemoryPropertyRepository):
    """Lists nothing until it is told to, and remembers for whom it did."""

    def __init__(self) -> None:
        super().__init__()
        self.began: list[str] = []
        self.doors: list[asyncio.Event] = []

    async def page(self, tenant: TenantId, query: PropertyQuery) -> PropertyPage:
        self.began.append(tenant)
        self.doors.append(asyncio.Event())
        await self.doors[-1].wait()
        return await super().page(tenant, query)


@asynccontextmanager
async def serving(
    admission: AdmissionOptions, origin: str | None = None
) -> AsyncIterator[tuple[Served, Held]]:
    held = Held()
    adapters = attrs.evolve(bootstrap.in_memory(), properties=held)
    options = EdgeOptions(admission=admission, origin=origin)
    async with serving_with(options, adapters) as served:
        yield served, held


async def until(true: Callable[[], bool]) -> None:
    """Let the others go on until something holds."""
    async with asyncio.timeout(30):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0)


async def calls(client: httpx.AsyncClient, times: int) -> list[asyncio.Task[httpx.Response]]:
    return [asyncio.create_task(client.get(PATH)) for _ in range(times)]


async def test_behind_sixty_four_calls_of_another_tenant_a_quiet_one_is_next() -> None:
    patient = AdmissionOptions(light=1, waiting=100, wait_seconds=60)
    async with serving(patient) as (served, held):
        noisy = await calls(served.acme, 64)
        gate = gate_of(served)
        await until(lambda: len(gate._queue) == 63)
        quiet = await calls(served.rival, 1)
        await until(lambda: len(gate._queue) == 64)
        for number in range(65):
            await until(lambda number=number: len(held.doors) > number)  # type: ignore[misc]
            held.doors[number].set()
        answers = await asyncio.gather(*noisy, *quiet)
        assert {answer.status_code for answer in answers} == {200}
        assert held.began[:2] == ["acme", "rival"]


async def test_who_finds_no_place_is_told_so_and_nothing_is_done() -> None:
    full = AdmissionOptions(light=1, waiting=1, wait_seconds=0)
    async with serving(full) as (served, held):
        first = await calls(served.acme, 1)
        await until(lambda: len(held.doors) == 1)
        answer = await served.rival.get(PATH)
        assert answer.status_code == 503
        problem = answer.json()
        assert problem["type"].endswith("http-problem-types#temporary-reduced-capacity")
        assert problem["status"] == 503
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["retry-after"]) in {1, 2}
        assert answer.headers["ratelimit"]
        assert held.began == ["acme"]
        telemetry = served.adapters.telemetry
        assert isinstance(telemetry, RecordingTelemetry)
        assert telemetry.counts["admission.refused", (("cost_class", "read"),)] == 1
        held.doors[0].set()
        assert (await first[0]).status_code == 200
        assert gate_of(served).inside == 0


async def test_health_figures_and_other_classes_pass_while_all_places_are_taken() -> None:
    full = AdmissionOptions(light=1, waiting=1, wait_seconds=0)
    async with serving(full) as (served, held):
        first = await calls(served.acme, 1)
        await until(lambda: len(held.doors) == 1)
        assert (await served.stranger.get("/health/live")).status_code == 200
        assert (await served.stranger.get("/health/ready")).status_code == 200
        assert (await served.acme.get("/metrics")).status_code == 200
        assert (await served.acme.post("/api/v1/market-refreshes")).status_code == 202
        assert (await served.acme.get("/api/v1/jobs")).status_code == 503
        held.doors[0].set()
        await first[0]


async def test_a_place_comes_back_whatever_became_of_the_request() -> None:
    async with serving(AdmissionOptions(light=1, waiting=1, wait_seconds=0)) as (served, held):
        for path in (f"{PATH}/77", f"{PATH}?limit=x", "/api/v1/jobs?state=odd", "/nowhere"):
            assert (await served.acme.get(path)).status_code in {404, 422}
        held.page = None  # type: ignore[method-assign,assignment]  # a fault of ours
        assert (await served.acme.get(PATH)).status_code == 500
        assert (await served.acme.get("/api/v1/jobs")).status_code == 200


def gate_of(served: Served) -> Gate:
    app: Any = served.app
    while not hasattr(app, "gates"):
        app = app.app
    found: Gate = app.gates["read"]
    return found
