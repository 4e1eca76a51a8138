"""Questions that are answered later, and questions that nobody waits for any more."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import define, evolve, field

from sightline import bootstrap
from sightline.application import request_answer
from sightline.application.record_events import EventRequest
from sightline.application.run_jobs import RunJobs
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.questions import Reach
from sightline.domain.tenancy import Permission
from sightline.entrypoints.http import question_jobs
from sightline.entrypoints.http.admission import AdmissionOptions
from sightline.entrypoints.http.app import EdgeOptions
from sightline.entrypoints.http.cursors import Cursors
from sightline.entrypoints.http.question_jobs import AnswerQuestion
from sightline.ports.question_engine import Answered, Asked

from .served import KEYS, Served, serving
from .test_admission import until

ACME = TenantId("acme")
PATH = "/api/v2/analytics"
LATER = {"prefer": "respond-async, wait=10"}
RANGE = {"start": "2025-12-20", "end": "2025-12-23"}
VISIT: dict[str, Any] = {"event_type": "visit"}
QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "analyzeFunnel": (
        f"{PATH}/funnel/analyze",
        {"range": RANGE, "window": "P1D", "steps": [VISIT, {"event_type": "pay"}]},
    ),
    "analyzeRetention": (
        f"{PATH}/retention/analyze",
        {"range": RANGE, "interval": "day", "target": VISIT, "returning": {"event_type": None}},
    ),
    "analyzeLifecycle": (
        f"{PATH}/lifecycle/analyze",
        {"range": RANGE, "interval": "day", "event": VISIT},
    ),
    "analyzeStickiness": (
        f"{PATH}/stickiness/analyze",
        {"range": RANGE, "interval": "day", "event": VISIT},
    ),
    "analyzeAttribution": (
        f"{PATH}/attribution/model",
        {
            "range": RANGE,
            "conversion": {"event_type": "pay"},
            "touchpoint": {"event_type": "visit", "property": "channel"},
        },
    ),
    "querySeries": (
        f"{PATH}/realtime/query",
        {"range": RANGE, "interval": "day", "measures": [{"name": "n", "aggregate": "count"}]},
    ),
}


@pytest.fixture
async def told() -> AsyncIterator[Served]:
    async with serving() as served:
        at = datetime(2025, 12, 21, 9, tzinfo=UTC)
        drafts = [
            EventDraft("ann", "visit", "e1", at, {"channel": "ads"}),
            EventDraft("ann", "pay", "e2", at.replace(hour=10)),
            EventDraft("bob", "visit", "e3", at.replace(day=22)),
        ]
        await served.cases.record_events(ACME, EventRequest(dict(enumerate(drafts))))
        await served.cases.load_events.once()
        yield served


def runner(served: Served) -> RunJobs:
    cursors = Cursors(served.adapters.server_secret)
    answering = AnswerQuestion(served.cases.ask_question, cursors)
    return bootstrap.job_runner(served.adapters, {request_answer.KIND: answering})


async def ended(served: Served, address: str) -> dict[str, Any]:
    """What became of a job that a runner does, at its first attempt."""
    running = asyncio.create_task(runner(served)())
    job: dict[str, Any] = {"state": "ready", "error": None}
    async with asyncio.timeout(60):
        while job["state"] in {"ready", "leased"} and not job["error"]:
            job = (await served.acme.get(address)).json()
            await asyncio.sleep(0)
    running.cancel()
    await asyncio.wait({running})
    return job


@pytest.mark.parametrize("operation", QUESTIONS)
async def test_the_result_of_a_job_is_the_answer(told: Served, operation: str) -> None:
    path, question = QUESTIONS[operation]
    asked = await told.acme.post(path, json=question, headers=LATER)
    assert (asked.status_code, asked.headers["preference-applied"]) == (202, "respond-async")
    job = await ended(told, asked.headers["location"])
    assert (job["state"], job["error"]) == ("done", None)
    assert job["arguments"] == {"operation": operation, "question": question}
    assert job["result"] == (await told.acme.post(path, json=question)).json()


def test_every_question_that_can_be_asked_for_later_is_tried_here() -> None:
    assert QUESTIONS.keys() == question_jobs.QUESTIONS.keys()


async def test_a_question_that_is_wrong_makes_no_job(told: Served) -> None:
    path, question = QUESTIONS["analyzeFunnel"]
    refused = await told.acme.post(path, json={**question, "steps": []}, headers=LATER)
    assert refused.status_code == 422
    assert (await told.acme.get("/api/v1/jobs")).json()["items"] == []


async def test_an_answer_is_shown_to_those_who_may_see_events_alone(told: Served) -> None:
    path, question = QUESTIONS["analyzeFunnel"]
    address = (await told.acme.post(path, json=question, headers=LATER)).headers["location"]
    assert (await ended(told, address))["result"] is not None
    listed = (await told.acme.get("/api/v1/jobs")).json()["items"]
    assert [one["result"] for one in listed] == [None]
    only_jobs = frozenset({Permission.JOBS_READ})
    key = "only-jobs-key-for-tests"
    await told.cases.install_fixed_key(ACME, KeyId("jobs"), "test", key, only_jobs)
    seen = await told.stranger.get(address, headers={"x-api-key": key})
    assert (seen.status_code, seen.json()["result"]) == (200, None)
    assert (await told.rival.get(address)).status_code == 404


async def test_a_job_whose_answer_is_too_long_fails_with_words(
    told: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(question_jobs, "LARGEST_RESULT", 10)
    path, question = QUESTIONS["analyzeFunnel"]
    address = (await told.acme.post(path, json=question, headers=LATER)).headers["location"]
    job = await ended(told, address)
    assert "larger than" in job["error"]
    assert job["result"] is None


@define
class Waiting:
    """An engine that answers nothing until it is stopped."""

    began: int = 0
    stopped: int = 0
    gate: asyncio.Event = field(factory=asyncio.Event)

    async def answer(self, tenant: TenantId, asked: Asked) -> Answered:
        self.began += 1
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        raise AssertionError

    async def position(self, tenant: TenantId) -> int:
        return 0

    async def weight(self, tenant: TenantId, reach: Reach) -> int:
        return 0


async def test_questions_do_not_wait_for_the_one_place_of_heavy_reads() -> None:
    engine = Waiting()
    adapters = evolve(bootstrap.in_memory(), question_engine=engine)
    options = EdgeOptions(admission=AdmissionOptions(heavy=1, questions=2, wait_seconds=60))
    async with serving(options, adapters) as served:
        asked = [(f"{PATH}/funnel/analyze", "P1D"), (f"{PATH}/funnel/analyze", "P2D")]
        calls = [
            asyncio.create_task(
                served.acme.post(path, json={**QUESTIONS["analyzeFunnel"][1], "window": window})
            )
            for path, window in [*asked, (asked[0][0], "P3D")]
        ]
        await until(lambda: engine.began == 2)
        for _ in range(50):
            await asyncio.sleep(0)
        assert engine.began == 2  # the third waits for a place
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)


def question_scope(path: str) -> dict[str, Any]:
    """A request of the server to the application."""
    headers = {"x-api-key": KEYS["acme"], "content-type": "application/json"}
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("192.0.2.1", 7),
    }


async def test_a_question_stops_when_whoever_asked_it_hangs_up() -> None:
    engine = Waiting()
    adapters = evolve(bootstrap.in_memory(), question_engine=engine)
    async with serving(adapters=adapters) as served:
        hung_up = asyncio.Event()
        path, question = QUESTIONS["analyzeRetention"]
        body = json.dumps(question).encode()
        bodies = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if bodies:
                return bodies.pop()
            await hung_up.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            pass

        app: Any = served.app
        call = asyncio.create_task(app(question_scope(path), receive, send))
        await until(lambda: engine.began == 1)
        assert engine.stopped == 0
        hung_up.set()
        await until(lambda: call.done() and engine.stopped == 1)


async def test_what_is_known_is_told_without_looking_whether_anybody_left(told: Served) -> None:
    path, question = QUESTIONS["analyzeFunnel"]
    asked = []

    async def receive() -> dict[str, Any]:
        asked.append(path)
        if len(asked) > 1:
            await asyncio.Event().wait()
        body = json.dumps(question).encode()
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        pass

    assert (await told.acme.post(path, json=question)).status_code == 200
    app: Any = told.app
    await app(question_scope(path), receive, send)
    assert asked == [path]
