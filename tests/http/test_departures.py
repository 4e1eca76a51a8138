"""Who hangs up while they wait gives their turn to the next, and nothing is done for them."""

import asyncio
from typing import Any

from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.identifiers import TenantId
from sightline.domain.tenancy import SignatureAlgorithm
from sightline.entrypoints.http.admission import AdmissionOptions, Gate

from .served import KEYS, Served
from .signing import ORIGIN, caller_with
from .test_admission import PATH, calls, gate_of, serving, until, virtually

PATIENT = AdmissionOptions(light=1, waiting=100, wait_seconds=60)


class Line:
    """One call of the application by a caller who may hang up."""

    def __init__(self, served: Served, key: str, *headers: tuple[bytes, bytes]) -> None:
        self.hung_up = asyncio.Event()
        self.sent: list[Any] = []
        self._bodies = ["here is everything"]
        scope = {
            "type": "http",
            "method": "GET",
            "path": PATH,
            "raw_path": PATH.encode(),
            "query_string": b"",
            "headers": [(b"x-api-key", key.encode()), *headers],
            "client": ("192.0.2.1", 7),
        }
        app: Any = served.app
        self.call = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        if self._bodies:
            self._bodies.pop()
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.hung_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


async def test_nothing_is_done_for_a_caller_who_left_the_queue() -> None:
    async with serving(PATIENT) as (served, held):
        gate = gate_of(served)
        first = await calls(served.rival, 1)
        await until(lambda: len(held.doors) == 1)
        leaving = Line(served, KEYS["acme"])
        await until(lambda: len(gate._queue) == 1)
        staying = Line(served, KEYS["platform"])
        await until(lambda: len(gate._queue) == 2)
        leaving.hung_up.set()
        await until(leaving.call.done)
        assert len(gate._queue) == 1  # at once, not when its turn comes
        held.doors[0].set()
        await until(lambda: len(held.doors) == 2)
        held.doors[1].set()
        await asyncio.gather(*first, staying.call, leaving.call)
        assert held.began == ["rival", "platform"]
        assert staying.sent[0]["status"] == 200
        assert leaving.sent == []
        assert gate.inside == 0


async def test_a_caller_who_left_is_on_record() -> None:
    async with serving(PATIENT) as (served, held):
        first = await calls(served.rival, 1)
        await until(lambda: len(held.doors) == 1)
        leaving = Line(served, KEYS["acme"])
        await until(lambda: len(gate_of(served)._queue) == 1)
        leaving.hung_up.set()
        await leaving.call
        held.doors[0].set()
        await asyncio.gather(*first)
        telemetry = served.adapters.telemetry
        assert isinstance(telemetry, RecordingTelemetry)
        assert telemetry.counts["admission.left", (("cost_class", "read"),)] == 1
        assert [one.status for one in telemetry.requests if one.tenant == "acme"] == [499]
        await served.cases.record_audit.flush()
        (record,) = await served.adapters.audit_records.following(TenantId("acme"), 0, 10)
        assert (record.action, record.outcome, record.status) == ("listProperties", "unknown", 499)


def test_a_place_that_was_on_its_way_to_a_caller_who_left_goes_to_the_next() -> None:
    async def crowd() -> None:
        gate = Gate(1, 10, 1.0)
        assert await gate.enter("a", 1, 1)
        left = asyncio.Event()

        async def departure() -> None:
            await left.wait()

        leaving = asyncio.create_task(gate.enter("a", 1, 1, departure))
        following = asyncio.create_task(gate.enter("a", 1, 1))
        await asyncio.sleep(0.1)
        left.set()
        await asyncio.sleep(0)  # the departure has ended, and nobody knows it yet
        gate.leave()
        assert not await leaving
        assert await following
        assert gate.inside == 1

    virtually(crowd)


async def test_a_signed_call_that_waited_is_read_and_checked_as_any_other() -> None:
    async with (
        serving(PATIENT, ORIGIN) as (served, held),
        caller_with(served, SignatureAlgorithm.ED25519) as caller,
    ):
        first = await calls(served.rival, 1)
        await until(lambda: len(held.doors) == 1)
        waiting = asyncio.create_task(caller.ask("GET", PATH))
        await until(lambda: len(gate_of(served)._queue) == 1)
        held.doors[0].set()
        await until(lambda: len(held.doors) == 2)
        held.doors[1].set()
        assert (await waiting).status_code == 200
        await asyncio.gather(*first)
