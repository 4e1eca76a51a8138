"""API8:2023 Security misconfiguration.

Control: one wrapper round everything puts the security headers on every answer, whoever
makes it; other origins come in only by name; what is wrong is told without the inside.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import attrs
import httpx
import pytest

from sightline import bootstrap
from sightline.adapters.memory.telemetry import RecordingTelemetry
from sightline.domain.errors import Unavailable
from sightline.entrypoints.http.access import Authenticated
from sightline.entrypoints.http.admission import AdmissionOptions
from sightline.entrypoints.http.app import EdgeOptions
from sightline.entrypoints.http.observe import HEADERS

from ..http.seeds import PROPERTY
from ..http.served import Served
from ..http.test_limits import plan
from ..http.test_limits import serving as limited

HOME, ELSEWHERE = "https://app.example.com", "https://evil.example.com"
PATH = "/api/v1/properties"
PREFLIGHT = {"access-control-request-method": "POST"}
JSON = {"content-type": "application/json"}


class Exploding(RecordingTelemetry):
    """Fails inside of a route."""

    def exposition(self) -> tuple[bytes, str]:
        raise RuntimeError("secret detail of the inside")


@asynccontextmanager
async def failing() -> AsyncIterator[Served]:
    """An application in which everything can be made to fail."""
    adapters = attrs.evolve(bootstrap.in_memory(), telemetry=Exploding())
    served = Served(adapters, EdgeOptions(cors_origins=(HOME,), body_deadline_seconds=0.05))
    await served.prepare()
    yield served


async def spent(served: Served, headers: dict[str, str]) -> httpx.Response:
    """The answer to a stranger who has asked too much."""
    seen = [await served.stranger.get("/nowhere", headers=headers) for _ in range(601)]
    return seen[-1]


async def down(served: Served, headers: dict[str, str]) -> httpx.Response:
    """The answer while the store that knows the keys does not answer."""
    return await _with_authentication(served, headers, Unavailable("down", retry_after_seconds=7))


async def broken(served: Served, headers: dict[str, str]) -> httpx.Response:
    """The answer when something breaks before any route is reached."""
    return await _with_authentication(served, headers, ZeroDivisionError("secret detail"))


async def _with_authentication(
    served: Served, headers: dict[str, str], error: Exception
) -> httpx.Response:
    async def fails(_: str) -> None:
        raise error

    app = served.app
    while not isinstance(app, Authenticated):
        app = app.app  # type: ignore[attr-defined]
    object.__setattr__(app, "cases", type("Failing", (), {"authenticate": staticmethod(fails)})())
    return await served.acme.get(PATH, headers=headers)


async def stalled(served: Served, headers: dict[str, str]) -> httpx.Response:
    """The answer to a body that does not come."""

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    return await served.acme.post(PATH, content=never(), headers={**headers, **JSON})


Ask = Callable[[Served, dict[str, str]], Awaitable[httpx.Response]]

#: An answer of every kind, with the status that it must have.
ANSWERS: dict[str, tuple[int, Ask]] = {
    "health": (200, lambda s, h: s.stranger.get("/health/live", headers=h)),
    "data": (200, lambda s, h: s.acme.get(PATH, headers=h)),
    "head": (200, lambda s, h: s.acme.head(PATH, headers=h)),
    "documents": (200, lambda s, h: s.stranger.get("/docs", headers=h)),
    "made": (201, lambda s, h: s.acme.post(PATH, json=PROPERTY, headers=h)),
    "options": (204, lambda s, h: s.acme.options(PATH, headers=h)),
    "preflight": (204, lambda s, h: s.stranger.options(PATH, headers={**h, **PREFLIGHT})),
    "unreadable": (400, lambda s, h: s.acme.post(PATH, content=b"{", headers={**h, **JSON})),
    "token refused": (400, lambda s, h: s.stranger.post("/oauth/token", data={}, headers=h)),
    "stranger": (401, lambda s, h: s.stranger.get(PATH, headers=h)),
    "absent": (404, lambda s, h: s.acme.get("/nowhere", headers=h)),
    "no method": (405, lambda s, h: s.acme.put(PATH, headers=h)),
    "trace": (405, lambda s, h: s.stranger.request("TRACE", "/health/live", headers=h)),
    "not acceptable": (406, lambda s, h: s.acme.get(PATH, headers={**h, "accept": "image/png"})),
    "too slow": (408, stalled),
    "too large": (413, lambda s, h: s.acme.post(PATH, json=["x" * 300_000], headers=h)),
    "no JSON": (415, lambda s, h: s.acme.post(PATH, content=b"x", headers=h)),
    "invalid": (422, lambda s, h: s.acme.post(PATH, json={}, headers=h)),
    "spent": (429, spent),
    "fault": (500, lambda s, h: s.acme.get("/metrics", headers=h)),
    "fault before the routes": (500, broken),
    "store down": (503, down),
}


def assert_guarded(answer: httpx.Response) -> None:
    """The headers that stand on everything."""
    for name, value in HEADERS.items():
        told = answer.headers[name.decode()]
        if name not in {
            b"cache-control",
            b"content-security-policy",
            b"cross-origin-resource-policy",
        }:
            assert told == value.decode()
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "unsafe-eval" not in answer.headers["content-security-policy"]
    assert answer.headers["x-request-id"]
    assert answer.headers["server"] == "sightline"  # and nothing of what it is made of
    assert "x-powered-by" not in answer.headers
    assert answer.headers.get_list("cache-control") == [answer.headers["cache-control"]]


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("origin", [HOME, ELSEWHERE])
async def test_every_kind_of_answer_is_guarded_and_open_to_listed_origins_only(
    kind: str, origin: str
) -> None:
    status, ask = ANSWERS[kind]
    async with failing() as served:
        answer = await ask(served, {"origin": origin})
        assert answer.status_code == status, answer.text
        assert_guarded(answer)
        assert "Origin" in answer.headers["vary"]
        opened = answer.headers.get("access-control-allow-origin")
        assert opened == (HOME if origin == HOME else None)
        assert "access-control-allow-credentials" not in answer.headers
        assert "secret detail" not in answer.text
        if status >= 400 and kind != "token refused":
            assert answer.headers["content-type"] == "application/problem+json"


async def test_refusals_of_a_tenant_without_allowance_or_place_are_guarded_too() -> None:
    options = EdgeOptions(
        cors_origins=(HOME,), admission=AdmissionOptions(light=0, waiting=1, wait_seconds=0.01)
    )
    async with limited(plan(tenant=5, key=2), options) as served:
        seen = [await served.acme.get(PATH, headers={"origin": HOME}) for _ in range(3)]
        assert [answer.status_code for answer in seen] == [503, 503, 429]
        for answer in seen:
            assert_guarded(answer)
            assert answer.headers["access-control-allow-origin"] == HOME
            assert answer.headers["retry-after"]


@pytest.mark.parametrize(
    "origin",
    ["null", "https://app.example.com.evil.com", "http://app.example.com", "HTTPS://APP.EXAMPLE.COM",
     "https://app.example.com:8443", "https://evilapp.example.com", "*", ""],
)  # fmt: skip
async def test_an_origin_is_the_listed_one_or_it_is_not(origin: str) -> None:
    async with failing() as served:
        for answer in (
            await served.stranger.get("/health/live", headers={"origin": origin}),
            await served.stranger.options(PATH, headers={"origin": origin, **PREFLIGHT}),
        ):
            assert "access-control-allow-origin" not in answer.headers


async def test_the_readers_of_the_documents_load_nothing_from_elsewhere() -> None:
    async with failing() as served:
        for path in ("/docs", "/redoc"):
            page = await served.stranger.get(path)
            assert re.findall(r'(?:src|href)="(?:https?:)?//[^"]*"', page.text) == []
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "http" not in policy
