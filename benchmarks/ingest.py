"""Events through HTTP into the log of a real server, acknowledged and read back.

Sixteen connections send batches of a hundred, each with ids and a key of its own; the client
runs in this process and shares the two cores. Beside it the same events go into the log
without HTTP.
"""

import asyncio
import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx

from sightline import bootstrap
from sightline.application.record_events import EventRequest
from sightline.domain.events import EventDraft
from sightline.domain.identifiers import KeyId, TenantId
from sightline.entrypoints.settings import Settings, read_settings

from . import Figure, ratio
from .connections import OURS, memory_mb, serving

KEY = "benchmark-key-1"
CONNECTIONS, SECONDS, EVENTS = 16, 15.0, 100
GOAL = 15_000.0
START = datetime(2026, 1, 1, tzinfo=UTC)


def event(number: int) -> dict[str, Any]:
    """An event like many."""
    return {
        "event_id": f"0199f2c1-6a0e-7c4b-9c1d-{number:012}",
        "user_id": f"user_{number * 7919 % 10_000}",
        "event_type": ("page_view", "search", "signup", "purchase")[number % 4],
        "timestamp": (START + timedelta(seconds=number % 86_400)).isoformat(),
        "properties": {"page": f"/p/{number % 50}", "channel": "ads", "price": 9.5, "n": number},
    }


async def run() -> list[Figure]:
    """The goal of the issue: at least 15,000 events a second through HTTP, durable."""
    with serving(OURS, prepare=prepared) as (port, pid):
        rate, p50, p99 = await _sent(port)
        rss = memory_mb(pid)
        acknowledged, listed = round(rate * SECONDS), await _listed(port)
    with tempfile.TemporaryDirectory() as folder:
        prepared_alone = read_settings({"SIGHTLINE_DATA_DIR": folder})
        alone = await _without_http(prepared_alone)
    return [
        Figure("durable events through HTTP", f"{rate:,.0f} /s", f">= {GOAL:,.0f}", rate >= GOAL),
        Figure("a batch of 100, median and p99", f"{p50 * 1e3:.0f} / {p99 * 1e3:.0f} ms"),
        ratio("events a second in process / through HTTP", alone, rate, None, "/s"),
        Figure("read back by a stream / acknowledged", f"{listed:,} / {acknowledged:,}"),
        Figure("resident memory of the server", f"{rss:.0f} MB"),
    ]


def prepared(folder: str) -> None:
    """Give the server's store a tenant with a key."""
    with ThreadPoolExecutor(1) as other:  # this thread has a loop already
        other.submit(asyncio.run, _prepared(folder)).result()


async def _prepared(folder: str) -> None:
    settings = read_settings({"SIGHTLINE_DATA_DIR": folder})
    async with bootstrap.production(settings) as adapters:
        cases = bootstrap.use_cases(adapters)
        await cases.create_tenant(TenantId("bench"), "Bench")
        await cases.install_fixed_key(TenantId("bench"), KeyId("bench"), "bench", KEY)


async def _sent(port: int) -> tuple[float, float, float]:
    numbers, times = count(), []
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{port}", headers=headers, limits=limits, timeout=30
    ) as client:
        ends = time.perf_counter() + SECONDS

        async def sender() -> None:
            while time.perf_counter() < ends:
                first = next(numbers) * EVENTS
                body = json.dumps({"events": [event(first + n) for n in range(EVENTS)]}).encode()
                began = time.perf_counter()
                answer = await client.post(
                    "/api/v1/events", content=body, headers={"idempotency-key": f"k{first}"}
                )
                answer.raise_for_status()
                assert answer.json()["accepted"] == EVENTS
                times.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
        taken = time.perf_counter() - began
    times.sort()
    return len(times) * EVENTS / taken, times[len(times) // 2], times[len(times) * 99 // 100]


async def _listed(port: int) -> int:
    headers = {"authorization": f"Bearer {KEY}", "accept": "application/x-ndjson"}
    lines = 0
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120) as client,
        client.stream("GET", "/api/v1/events", headers=headers) as answer,
    ):
        async for chunk in answer.aiter_bytes():
            lines += chunk.count(b"\n")
    return lines


async def _without_http(settings: Settings) -> float:
    numbers, kept = count(), 0
    async with bootstrap.production(settings) as adapters:
        record = bootstrap.use_cases(adapters).record_events
        ends = time.perf_counter() + SECONDS / 3

        async def sender() -> None:
            nonlocal kept
            while time.perf_counter() < ends:
                first = next(numbers) * EVENTS
                drafts = {n: draft(first + n) for n in range(EVENTS)}
                await record(TenantId("bench"), EventRequest(drafts, key=f"k{first}"))
                kept += EVENTS

        began = time.perf_counter()
        await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))
        return kept / (time.perf_counter() - began)


def draft(number: int) -> EventDraft:
    """The same event, checked."""
    said = event(number)
    at = datetime.fromisoformat(said.pop("timestamp"))
    return EventDraft(timestamp=at, **said)
