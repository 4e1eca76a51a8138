"""What the HTTP edge costs per request, in process, beside bare frameworks.

One answer of about 2.2 kB (26 buckets) is built and encoded for every request by
every contender, in interleaved rounds; the smallest round counts.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import redirect_stderr
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import msgspec
from attrs import frozen
from litestar import Litestar, get
from litestar.logging.config import LoggingConfig
from litestar.middleware.logging import LoggingMiddlewareConfig

from sightline import bootstrap
from sightline.adapters.telemetry.logs import request_lines, start_logging
from sightline.adapters.telemetry.prometheus import PrometheusTelemetry
from sightline.domain.identifiers import KeyId, TenantId
from sightline.entrypoints.http.access import Authenticated
from sightline.entrypoints.http.app import EdgeOptions, framework, guarded
from sightline.entrypoints.http.cursors import Cursors
from sightline.entrypoints.http.inputs import Call, described
from sightline.entrypoints.http.observe import Observe

from . import Figure, ratio

KEY = b"benchmark-key-1"
ROUNDS, CALLS = 9, 400
START = datetime(2025, 1, 1, tzinfo=UTC)


@frozen(slots=False)
class Bucket:
    """A bucket."""

    start: datetime
    count: int
    mean_power_w: float
    share: float


@frozen(slots=False)
class Report:
    """A report of 26 buckets."""

    name: str
    buckets: tuple[Bucket, ...]


@frozen
class Asked:
    """Parameters."""

    start: datetime = described("Start.")  # noqa: RUF009
    limit: int = described("Limit.", default=26)


def report() -> Report:
    """The same work for every contender."""
    return Report(
        "two kilobytes",
        tuple(Bucket(START + timedelta(days=n), n, n * 1.25, n / 26) for n in range(26)),
    )


@get("/report", operation_id="getReport", needs="properties:read", asks=Asked)
async def ours(request: Call) -> Report:
    """The report, with parameters that are read strictly."""
    request.parameters(Asked)
    return report()


@get("/report", sync_to_thread=False)
def bare_litestar() -> Report:
    """The report."""
    return report()


async def bare_asgi(_scope: Any, _receive: Any, send: Any) -> None:
    """The report without any framework."""
    body = msgspec.json.encode(report())
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def fastapi_app() -> Any:
    """The report by FastAPI and pydantic."""
    from fastapi import FastAPI  # noqa: PLC0415  only the benchmark has it
    from pydantic import BaseModel  # noqa: PLC0415

    class Item(BaseModel):
        start: datetime
        count: int
        mean_power_w: float
        share: float

    class Answer(BaseModel):
        name: str
        buckets: list[Item]

    app = FastAPI()

    @app.get("/report")
    async def answer(start: datetime, limit: int = 26) -> Answer:
        buckets = [
            Item(start=START + timedelta(days=n), count=n, mean_power_w=n * 1.25, share=n / 26)
            for n in range(26)
        ]
        return Answer(name="two kilobytes", buckets=buckets)

    return app


async def run() -> list[Figure]:
    """Goals 13 and 14 of the performance notes."""
    start_logging("info", "json")
    adapters = bootstrap.in_memory()
    cases = bootstrap.use_cases(adapters)
    await cases.create_tenant(TenantId("bench"), "Bench")
    await cases.install_fixed_key(TenantId("bench"), KeyId("bench"), "bench", KEY.decode())
    telemetry = PrometheusTelemetry(request_lines("info", "json"))
    whole = guarded(framework(telemetry, [ours]), cases, telemetry, bytes(32), EdgeOptions())
    litestar: Any = Litestar([bare_litestar], openapi_config=None)
    logging_litestar: Any = Litestar(
        [bare_litestar],
        openapi_config=None,
        logging_config=LoggingConfig(),
        middleware=[LoggingMiddlewareConfig().middleware],
    )
    logging.disable(logging.CRITICAL)
    with redirect_stderr(StringIO()):
        us = await interleaved(
            {
                "bare asgi": bare_asgi,
                "fastapi": fastapi_app(),
                "litestar": litestar,
                "litestar+log": logging_litestar,
                "ours": whole,
                "observe": Observe(bare_asgi, telemetry),
                "authenticated": _identified(Authenticated(bare_asgi, cases, Cursors(bytes(32)))),
            }
        )
    auth, log = us["authenticated"] - us["bare asgi"], us["observe"] - us["bare asgi"]
    theirs = us["litestar+log"] - us["litestar"]
    return [
        ratio("GET 2.2 kB, whole stack / FastAPI alone", us["ours"], us["fastapi"], 0.65, "us"),
        ratio("GET 2.2 kB, whole stack / bare ASGI", us["ours"], us["bare asgi"], 4.0, "us"),
        ratio("GET 2.2 kB, whole stack / Litestar", us["ours"], us["litestar"], None, "us"),
        Figure(
            "authentication + log line + figures", f"{auth + log:.1f} us", "10 us", auth + log <= 10
        ),
        ratio("log line + figures / Litestar's logging middleware", log, theirs, 0.1, "us"),
    ]


def _identified(app: Any) -> Any:
    async def call(scope: Any, receive: Any, send: Any) -> None:
        scope["request_id"] = "benchmark"
        await app(scope, receive, send)

    return call


async def interleaved(apps: dict[str, Any]) -> dict[str, float]:
    """Microseconds per request of each application. [µs]"""
    best = dict.fromkeys(apps, float("inf"))
    for _ in range(ROUNDS):
        for name, app in apps.items():
            best[name] = min(best[name], await _round(app))
    return best


async def _round(app: Callable[..., Awaitable[None]]) -> float:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        assert message.get("status", 200) == 200, message

    scopes = list(_scopes())
    started = time.process_time()
    for scope in scopes:
        await app(scope, receive, send)
    return (time.process_time() - started) / CALLS * 1e6


def _scopes() -> Iterator[dict[str, Any]]:
    for _ in range(CALLS):
        yield {
            "type": "http",
            "method": "GET",
            "path": "/report",
            "raw_path": b"/report",
            "query_string": b"start=2025-01-01T00:00:00Z&limit=26",
            "headers": [
                (b"host", b"localhost"),
                (b"accept", b"application/json"),
                (b"authorization", b"Bearer " + KEY),
                (b"user-agent", b"benchmark"),
            ],
            "http_version": "1.1",
            "scheme": "http",
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "root_path": "",
        }


if __name__ == "__main__":
    for figure in asyncio.run(run()):
        print(figure)
