"""Questions to a real server that has ten million events: the mix, the median tenant, many at once.

Tenants are drawn by their share of events, ranges anew each time, so that little is known from a
moment ago. The client runs in this process and shares the cores.
"""

import asyncio
import json
import random
import shutil
import sqlite3
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from attrs import define, field

from sightline import bootstrap
from sightline.adapters.duckdb.database import duckdb_database
from sightline.adapters.sql.event_log import events_file
from sightline.domain.identifiers import KeyId, TenantId
from sightline.domain.questions.attribution import AttributionQuery
from sightline.domain.questions.funnel import FunnelQuery
from sightline.domain.questions.retention import RetentionQuery
from sightline.entrypoints.http.questions_series import SeriesBody
from sightline.entrypoints.settings import read_settings
from sightline.entrypoints.structuring import from_json
from sightline.ports.question_engine import Asked

from . import Figure, ratio, within
from .connections import OURS, memory_mb, serving
from .question_set import CONVERTS, STEPS, TOUCHES
from .reference_set import DAYS, EVENTS, FIRST, LARGEST, TENANTS

MIDDLE = TenantId("t25")
"""The tenant that has as many above it as below."""

MIXED, OF_MIDDLE, CACHED = 300, 20, 400
READERS, SECONDS, WRITES_PER_SECOND = 16, 15.0, 5

Body = Mapping[str, Any]


def _range(chance: random.Random, days: int) -> Body:
    start = FIRST.date() + timedelta(days=chance.randrange(DAYS - days + 1))
    return {"start": f"{start}", "end": f"{start + timedelta(days=days - 1)}"}


def _daily(chance: random.Random) -> Body:
    measure = {"name": "users", "aggregate": "unique_users"}
    return {"range": _range(chance, 60), "measures": [measure], "interval": "day"}


def _cube(chance: random.Random) -> Body:
    held = {"property": "n", "op": "lt", "value": 5}
    return {
        "range": _range(chance, 28),
        "measures": [{"name": "events", "filters": held}],
        "dimensions": ["properties.channel", "event_type"],
        "interval": "day",
    }


def _funnel(chance: random.Random) -> Body:
    kinds = chance.sample(range(20), len(STEPS))
    steps = [{"event_type": f"type_{one}"} for one in kinds]
    return {"range": _range(chance, 60), "steps": steps, "window": "P7D"}


def _retention(chance: random.Random) -> Body:
    target = {"event_type": f"type_{chance.randrange(20)}"}
    return {"range": _range(chance, 84), "interval": "week", "target": target, "returning": {}}


def _attribution(chance: random.Random) -> Body:
    return {
        "range": _range(chance, 30),
        "conversion": {"event_type": CONVERTS},
        "touchpoint": {"event_type": list(TOUCHES), "property": "channel"},
        "lookback": "P30D",
        "models": ["first_touch", "last_touch", "linear"],
    }


def _top(chance: random.Random) -> Body:
    return {
        "range": _range(chance, 60),
        "measures": [{"name": "events"}],
        "dimensions": ["properties.page"],
        "order": [{"by": "events", "direction": "desc"}],
        "limit": 10,
    }


ROUTES: Mapping[str, tuple[str, Callable[[random.Random], Body]]] = {
    "daily users": ("realtime/query", _daily),
    "cube": ("realtime/query", _cube),
    "funnel": ("funnel/analyze", _funnel),
    "retention": ("retention/analyze", _retention),
    "attribution": ("attribution/model", _attribution),
    "top values": ("realtime/query", _top),
}
"""Where each question is asked, and one of its kind."""

BODIES: Mapping[str, type[Any]] = {
    "daily users": SeriesBody,
    "cube": SeriesBody,
    "funnel": FunnelQuery,
    "retention": RetentionQuery,
    "attribution": AttributionQuery,
    "top values": SeriesBody,
}
"""What a body says."""


@define
class Client:
    """One connection that is kept, and asks one thing at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    taken: list[float] = field(factory=list)
    refused: int = 0

    @staticmethod
    async def to(port: int) -> "Client":
        """A connection to a server on this machine."""
        return Client(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 20))

    async def ask(self, kind: str, tenant: TenantId, chance: random.Random) -> None:
        """Ask one question of a kind."""
        route, made = ROUTES[kind]
        await self.send(f"/api/v2/analytics/{route}", tenant, made(chance))

    async def send(self, path: str, tenant: TenantId, body: Body | None) -> None:
        """Send a request and read its answer; counts those that are not in order."""
        sent = b"" if body is None else json.dumps(body).encode()
        head = (
            f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {_key(tenant)}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(sent)}\r\n\r\n"
        )
        began = time.perf_counter()
        self.writer.write(head.encode() + sent)
        answer = await self.reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        told = await self.reader.readexactly(length)
        self.taken.append(1e3 * (time.perf_counter() - began))
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 202")):
            self.refused += 1
            print(path, answer.partition(b"\r\n")[0].decode(), told.decode()[:300])


def _key(tenant: TenantId) -> str:
    return f"benchmark-key-of-{tenant}"


async def figures_of(path: Path) -> Sequence[Figure]:
    """The figures of a server over a copy of a file that is filled."""
    with serving(OURS, partial(prepared, path)) as (port, pid):
        client, chance = await Client.to(port), random.Random(1)
        for number in range(1, TENANTS + 1):  # every tenant's columns are there from here on
            for kind in ROUTES:
                await client.ask(kind, TenantId(f"t{number}"), chance)
        mixed = await _mixed(client)
        middle = await _of_middle(client)
        cached = await _cached(client)
        over = await _overhead(path, client)
        many = await _many(port)
        memory = memory_mb(pid)
    return [
        *mixed,
        *middle,
        cached,
        *over,
        *many,
        within("server's memory after all of it", memory, 1536, "MB"),
    ]


def prepared(path: Path, folder: str) -> None:
    """Give a server's folder the events, tenants with a key, and where their logs stand."""
    shutil.copy(path, Path(folder) / "events.duckdb")
    with ThreadPoolExecutor(1) as other:  # this thread has a loop already
        other.submit(asyncio.run, _prepared(folder)).result()


async def _prepared(folder: str) -> None:
    settings = read_settings({"SIGHTLINE_DATA_DIR": folder})
    tenants = [TenantId(f"t{number}") for number in range(1, TENANTS + 1)]
    async with bootstrap.production(settings) as adapters:
        cases = bootstrap.use_cases(adapters)
        for one in tenants:
            await cases.create_tenant(one, one)
            await cases.install_fixed_key(one, KeyId(one), "bench", _key(one))
    # As if the log had acknowledged what the columns hold; new events follow.
    with sqlite3.connect(events_file(settings.database_url)) as log:
        log.executemany("insert into event_head values (?, ?)", [(one, EVENTS) for one in tenants])
    log.close()


def _drawn(chance: random.Random) -> TenantId:
    """A tenant by its share of events: Zipf's law with exponent 1."""
    return TenantId(f"t{min(TENANTS, int((TENANTS + 1) ** chance.random()))}")


async def _mixed(client: Client) -> Sequence[Figure]:
    chance, kinds = random.Random(2), list(ROUTES)
    client.taken.clear()
    for number in range(MIXED):
        await client.ask(kinds[number % len(kinds)], _drawn(chance), chance)
    name = "HTTP, mix, tenants by their share of events"
    assert not client.refused
    return [
        within(f"{name}: p90", _percentile(client.taken, 90), 100, "ms"),
        within(f"{name}: p95", _percentile(client.taken, 95), 100, "ms"),
        Figure(f"{name}: median", f"{statistics.median(client.taken):.1f} ms"),
    ]


async def _of_middle(client: Client) -> Sequence[Figure]:
    figures, chance = [], random.Random(3)
    for kind in ROUTES:
        client.taken.clear()
        for _ in range(OF_MIDDLE):
            await client.ask(kind, MIDDLE, chance)
        median = statistics.median(client.taken)
        figures.append(within(f"HTTP, median tenant, {kind}: median", median, 30, "ms"))
    return figures


async def _cached(client: Client) -> Figure:
    """Goal 9: an answer that is known beside the least that the server can say."""
    route, made = ROUTES["funnel"]
    path, body = f"/api/v2/analytics/{route}", made(random.Random(4))
    known, hello = [], []
    for _ in range(CACHED):
        await client.send(path, MIDDLE, body)
        known.append(client.taken[-1])
        await client.send("/health/live", MIDDLE, None)
        hello.append(client.taken[-1])
    medians = statistics.median(known), statistics.median(hello)
    return ratio("HTTP, known answer / hello", *medians, 2, "ms")


async def _overhead(path: Path, client: Client) -> Sequence[Figure]:
    """The same questions to the engine in this process, in turn."""
    from .questions import NOW, engine_of  # noqa: PLC0415  it imports this module

    figures = []
    async with duckdb_database(path) as database:
        engine = engine_of(database)
        for kind, (route, made) in ROUTES.items():
            alone, asked = [], []
            for number in range(9):
                body = made(random.Random(number))
                question = from_json(body, BODIES[kind])
                if isinstance(question, SeriesBody):
                    question = question.question()
                began = time.perf_counter()
                await engine.answer(LARGEST, Asked(question, {}, 0, NOW))
                alone.append(1e3 * (time.perf_counter() - began))
                await client.send(f"/api/v2/analytics/{route}", LARGEST, {**body, "explain": True})
                asked.append(client.taken[-1])
            medians = statistics.median(asked), statistics.median(alone[1:])
            figures.append(ratio(f"HTTP / the engine, {kind}", *medians, 1.15, "ms"))
    return figures


async def _many(port: int) -> Sequence[Figure]:
    """Sixteen who ask and one who sends events, all at once."""
    readers = [await Client.to(port) for _ in range(READERS)]
    writer, ends = await Client.to(port), time.perf_counter() + SECONDS

    async def asking(number: int, client: Client) -> None:
        chance, kinds = random.Random(100 + number), list(ROUTES)
        while time.perf_counter() < ends:
            await client.ask(chance.choice(kinds), _drawn(chance), chance)

    async def sending() -> None:
        chance = random.Random(99)
        while time.perf_counter() < ends:
            await writer.send("/api/v1/events", _drawn(chance), _events(chance))
            await asyncio.sleep(1 / WRITES_PER_SECOND)

    await asyncio.gather(sending(), *(asking(*one) for one in enumerate(readers)))
    taken = [one for client in readers for one in client.taken]
    refused = sum(client.refused for client in (writer, *readers))
    return [
        within("HTTP, 16 readers and a writer: p99", _percentile(taken, 99), 1000, "ms"),
        Figure("the same: median", f"{statistics.median(taken):.0f} ms"),
        Figure("the same: questions a second", f"{len(taken) / SECONDS:.0f} /s"),
        Figure("the same: failures", f"{refused}", "0", refused == 0),
    ]


def _events(chance: random.Random) -> Body:
    def event() -> Body:
        return {
            "event_id": f"bench-{chance.getrandbits(96):024x}",
            "user_id": f"user-{int(chance.random() ** 5 * 100_000)}",
            "event_type": f"type_{chance.randrange(20)}",
            "timestamp": datetime.now(UTC).isoformat(),
            "properties": {"channel": f"ch{chance.randrange(8)}", "n": chance.randrange(10)},
        }

    return {"events": [event() for _ in range(100)]}


def _percentile(taken: Sequence[float], percent: int) -> float:
    return statistics.quantiles(taken, n=100)[percent - 1]
