"""While there is too much to do, who is refused again is refused early, and on the same terms."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import SignatureAlgorithm
from sightline.entrypoints.http.admission import AdmissionOptions

from .served import Served
from .signing import ORIGIN, caller_with
from .test_admission import PATH, calls, gate_of, serving, until, virtually
from .test_limits import later, plan
from .test_limits import serving as serving_limited

HEALTH, JOBS = "/api/v1/properties/1/health", "/api/v1/jobs"


@asynccontextmanager
async def crowded(
    origin: str | None = None,
) -> AsyncIterator[tuple[Served, Callable[[], Awaitable[None]]]]:
    """The one place is taken, and the one turn to wait for it, until the crowd is told to go."""
    options = AdmissionOptions(light=1, waiting=1, wait_seconds=60)
    async with serving(options, origin) as (served, held):
        inside = await calls(served.rival, 2)
        await until(lambda: len(gate_of(served)._queue) == 1)

        async def go() -> None:
            for number in range(2):
                await until(lambda number=number: len(held.doors) > number)  # type: ignore[misc]
                held.doors[number].set()
            await asyncio.gather(*inside)

        yield served, go
        await go()


class Framework:
    """Counts what comes as far as the framework."""

    def __init__(self, served: Served) -> None:
        limited: Any = served.app
        while not hasattr(limited, "gates"):
            limited = limited.app
        self._app, self.count = limited.app, 0
        object.__setattr__(limited, "app", self)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.count += 1
        await self._app(scope, receive, send)


def units_left(answer: httpx.Response) -> int:
    """Units of reading that the tenant has left."""
    found = re.search('"read";r=([0-9]+)', answer.headers["ratelimit"])
    assert found
    return int(found[1])


async def test_who_is_refused_again_is_refused_without_the_framework_on_the_same_terms() -> None:
    async with crowded() as (served, _):
        framework = Framework(served)
        first, *again = answers = [await served.acme.get(HEALTH) for _ in range(4)]
        assert framework.count == 1
        assert [answer.status_code for answer in answers] == [503] * 4
        for answer in again:
            assert set(answer.headers) == set(first.headers)
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["content-length"]) == len(answer.content)
            request_id = answer.headers["x-request-id"]
            assert answer.json() == {**first.json(), "request_id": request_id}
        most = units_left(first)
        assert [units_left(answer) for answer in answers] == [most, most - 1, most - 2, most - 3]


async def test_who_is_refused_early_is_counted_and_on_record_like_everybody() -> None:
    async with crowded() as (served, _):
        for _ in range(3):
            await served.acme.get(HEALTH)
        telemetry = served.adapters.telemetry
        assert isinstance(telemetry, RecordingTelemetry)
        assert telemetry.counts["admission.refused", (("cost_class", "read"),)] == 3
        told = [(one.route, one.status) for one in telemetry.requests if one.tenant == "acme"]
        assert told == [("/api/v1/properties/{property_id}/health", 503)] * 3
        await served.cases.record_audit.flush()
        records = await served.adapters.audit_records.following(TenantId("acme"), 0, 10)
        assert [(one.action, one.object_kind, one.object_id, one.status) for one in records] == [
            ("getPropertyHealth", "property", "1", 503)
        ] * 3


async def test_where_somebody_was_refused_others_are_served_when_there_is_room_and_pay_once() -> (
    None
):
    async with crowded() as (served, go):
        refused = await served.acme.get(JOBS)
        await go()
        answers = [await served.acme.get(JOBS) for _ in range(2)]
        assert (refused.status_code, *(one.status_code for one in answers)) == (503, 200, 200)
        most = units_left(refused)
        assert [units_left(answer) for answer in answers] == [most - 1, most - 2]


async def test_where_one_tenant_is_refused_a_quiet_one_may_wait() -> None:
    patient = AdmissionOptions(light=1, waiting=3, wait_seconds=60, pause_seconds=0)
    async with serving(patient) as (served, held):
        noisy = await calls(served.acme, 6)
        await until(lambda: sum(call.done() for call in noisy) == 2)
        assert (await served.acme.get(PATH)).status_code == 503
        quiet = await calls(served.rival, 1)
        await until(lambda: sum(call.done() for call in noisy) == 3)  # one gave its turn up
        for number in range(4):
            await until(lambda number=number: len(held.doors) > number)  # type: ignore[misc]
            held.doors[number].set()
        (answer,) = await asyncio.gather(*quiet)
        assert answer.status_code == 200
        await asyncio.gather(*noisy)
        assert gate_of(served).inside == 0


def test_a_client_that_comes_again_at_once_is_held_back_each_time() -> None:
    async def crowd() -> None:
        async with crowded() as (served, _):
            now = asyncio.get_running_loop().time
            began = now()
            for number in range(20):
                path = JOBS if number % 2 else f"{PATH}/{number}"
                assert (await served.acme.get(path)).status_code == 503
            assert now() - began >= 20 * AdmissionOptions().pause_seconds - 1e-9

    virtually(crowd)


async def test_who_has_nothing_left_is_told_the_same_early_and_spends_nothing() -> None:
    async with serving_limited(plan(tenant=5, key=3)) as served:
        assert [(await served.acme.get(JOBS)).status_code for _ in range(3)] == [200] * 3
        framework = Framework(served)
        first, second = [await served.acme.get(JOBS) for _ in range(2)]
        assert (framework.count, first.status_code, second.status_code) == (1, 429, 429)
        assert set(first.headers) == set(second.headers)
        assert second.json()["violated-policies"] == ["read-key"]
        for name in ("content-type", "ratelimit-policy", "ratelimit"):
            assert second.headers[name] == first.headers[name]
        later(served, 20)  # one unit of the key's three a minute
        assert [(await served.acme.get(JOBS)).status_code for _ in range(2)] == [200, 429]


async def test_signatures_are_asked_for_and_made_where_somebody_was_refused_before() -> None:
    async with (
        crowded(ORIGIN) as (served, _),
        caller_with(served, SignatureAlgorithm.ED25519) as caller,
    ):
        assert (await served.acme.get(JOBS)).status_code == 503
        assert (await caller.client.get(JOBS)).status_code == 401
        assert (await caller.ask("GET", JOBS)).status_code == 503
        wanting = {**caller.headers("GET", JOBS), "accept-signature": 'sig1=("@status")'}
        answer = await caller.ask("GET", JOBS, headers=wanting)
        assert (answer.status_code, "signature" in answer.headers) == (503, True)
        assert answer.json()["status"] == 503
