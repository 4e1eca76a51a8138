"""What reading and checking a hundred events costs, in process, beside others who check.

The same body of about 20 kB for every contender, in many short rounds; what counts is the median
of the ratios of single rounds.
Nothing is kept: what keeping costs is measured in `benchmarks.event_log`.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
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

ROUNDS, CALLS = 61, 8
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
    decode = msgspec.json.Decoder(Batch).decode
    made = msgspec.json.Decoder(SentBatch).decode
    calls: dict[str, Callable[[], object]] = {
        "msgspec": lambda: decode(BODY),
        "attrs": lambda: made(BODY),
        "read": lambda: plain_drafts(BODY),
        "thorough": lambda: thorough_drafts(BODY),
    }
    took: dict[str, list[float]] = {name: [] for name in (*apps, *calls)}
    for _ in range(ROUNDS):
        for name, app in apps.items():
            took[name].append(await _round(app))
        for name, call in calls.items():
            took[name].append(_timed(call))
    return [
        _paired("POST of 100 events / FastAPI + pydantic", took["ours"], took["fastapi"], 0.6),
        _paired("reading 100 events / msgspec alone", took["read"], took["msgspec"], 1.3),
        _paired("reading / msgspec into attrs", took["read"], took["attrs"], None),
        _paired("reading them thoroughly / fast", took["thorough"], took["read"], None),
    ]


def _paired(
    name: str, ours: Sequence[float], theirs: Sequence[float], goal: float | None
) -> Figure:
    """The median of the rounds' ratios: both of a round meet the same machine."""
    found = median(one / other for one, other in zip(ours, theirs, strict=True))
    return ratio(name, found * median(theirs), median(theirs), goal, "us")


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
