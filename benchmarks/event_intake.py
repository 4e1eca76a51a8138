"""What reading and checking a hundred events costs, in process, beside others who check.

The same body of about 20 kB for every contender, in interleaved rounds; the smallest counts.
Nothing is kept: what keeping costs is measured in `benchmarks.event_log`.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from attrs import frozen
from litestar import post

from sightline import bootstrap
from sightline.adapters.telemetry.prometheus import PrometheusTelemetry
from sightline.entrypoints.http.app import framework
from sightline.entrypoints.http.event_intake import plain_drafts, read_request, thorough_drafts
from sightline.entrypoints.http.inputs import Call

from . import Figure, ratio

ROUNDS, CALLS = 9, 60
START = datetime(2025, 1, 1, tzinfo=UTC)
BODY = json.dumps(
    {
        "events": [
            {
                "event_id": f"0199f2c1-6a0e-7c4b-9c1d-{n:012}",
                "user_id": f"user_{n * 7919 % 1000}",
                "event_type": "page_view",
                "timestamp": (START + timedelta(seconds=n)).isoformat().replace("+00:00", "Z"),
                "properties": {"page": "/pricing", "channel": "ads", "price": 9.5, "n": n},
            }
            for n in range(100)
        ]
    },
    separators=(",", ":"),
).encode()


class Typed(msgspec.Struct, forbid_unknown_fields=True):
    """An event as msgspec checks it."""

    event_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    properties: dict[str, Any]


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """Events as msgspec checks them."""

    events: list[Typed]


@frozen
class Sent:
    """An event as msgspec makes one of a class of attrs, checking the types alone."""

    event_id: str
    user_id: str
    event_type: str
    timestamp: datetime
    properties: dict[str, Any]


class SentBatch(msgspec.Struct, forbid_unknown_fields=True):
    """Events of a class of attrs."""

    events: list[Sent]


@post("/report", operation_id="sendEvents", status_code=200, public=True)
async def ours(request: Call) -> dict[str, int]:
    """How many events there are."""
    return {"events": len(read_request(await request.json_body(), "key", lenient=False).drafts)}


def fastapi_app() -> Any:
    """The same by FastAPI and pydantic."""
    from fastapi import FastAPI  # noqa: PLC0415  only the benchmark has it
    from pydantic import AwareDatetime, BaseModel, ConfigDict, Field  # noqa: PLC0415

    class Sent(BaseModel):
        model_config = ConfigDict(extra="forbid")
        event_id: str = Field(min_length=1, max_length=200)
        user_id: str = Field(min_length=1, max_length=200)
        event_type: str = Field(min_length=1, max_length=100)
        timestamp: AwareDatetime
        properties: dict[str, Any]

    class Many(BaseModel):
        model_config = ConfigDict(extra="forbid")
        events: list[Sent] = Field(min_length=1, max_length=100)

    app = FastAPI()

    async def answer(sent: Many) -> dict[str, int]:
        return {"events": len(sent.events)}

    app.post("/report")(answer)
    return app


async def run() -> list[Figure]:
    """Goal 15 of the performance notes."""
    bootstrap.start_logging("info", "json")
    apps = {
        "ours": framework(PrometheusTelemetry(lambda *_: None), [ours]),
        "fastapi": fastapi_app(),
    }
    best = dict.fromkeys((*apps, "msgspec", "attrs", "read", "thorough"), float("inf"))
    decode = msgspec.json.Decoder(Batch).decode
    made = msgspec.json.Decoder(SentBatch).decode
    for _ in range(ROUNDS):
        for name, app in apps.items():
            best[name] = min(best[name], await _round(app))
        best["msgspec"] = min(best["msgspec"], _timed(lambda: decode(BODY)))
        best["attrs"] = min(best["attrs"], _timed(lambda: made(BODY)))
        best["read"] = min(best["read"], _timed(lambda: plain_drafts(BODY)))
        best["thorough"] = min(best["thorough"], _timed(lambda: thorough_drafts(BODY)))
    return [
        ratio("POST of 100 events / FastAPI + pydantic", best["ours"], best["fastapi"], 0.6, "us"),
        ratio("reading 100 events / msgspec alone", best["read"], best["msgspec"], 1.3, "us"),
        ratio("reading / msgspec into attrs", best["read"], best["attrs"], None, "us"),
        ratio("reading them thoroughly / fast", best["thorough"], best["read"], None, "us"),
    ]


def _timed(call: Callable[[], object]) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        call()
    return (time.process_time() - started) / CALLS * 1e6


async def _round(app: Any) -> float:
    asked: Callable[..., Awaitable[None]] = app
    started = time.process_time()
    for _ in range(CALLS):
        await asked(_scope(), _receive, _send)
    return (time.process_time() - started) / CALLS * 1e6


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": BODY, "more_body": False}


async def _send(message: dict[str, Any]) -> None:
    assert message.get("status", 200) == 200, message


def _scope() -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": "/report",
        "raw_path": b"/report",
        "query_string": b"",
        "headers": [
            (b"host", b"localhost"),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(BODY)).encode()),
        ],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "root_path": "",
        "request_id": "benchmark",
    }


if __name__ == "__main__":
    for figure in asyncio.run(run()):
        print(figure)
