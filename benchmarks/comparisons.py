"""Properties against their markets: one from a warm cache, and the whole sample portfolio.

The market API is the stand-in behind a real socket, the record store is SQLite in a
file, the markets' gateway is the one of a deployment. The smallest round counts.
"""

import logging
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
from attrs import evolve

from sightline import bootstrap
from sightline.adapters.market_api import HttpMarketBenchmarkGateway, serve_stand_in
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_snapshots import MemoryMarketSnapshotRepository
from sightline.adapters.sample.portfolio import PROPERTIES, sample_histories, sample_portfolio
from sightline.adapters.sql.database import Database
from sightline.adapters.sql.migrate import migrate
from sightline.adapters.sql.properties import SqlPropertyRepository
from sightline.domain.identifiers import KeyId, MarketId, PropertyId, TenantId
from sightline.domain.measures import CATALOGUE, PROPERTY_METRICS
from sightline.domain.portfolio.benchmarks import MarketReading
from sightline.domain.portfolio.comparison import ComparisonPolicy
from sightline.domain.portfolio.history import HistoryRequest
from sightline.domain.portfolio.performance import (
    PerformanceQuestion,
    PropertyFacts,
    market_performance,
)
from sightline.domain.portfolio.selection import PropertyQuery
from sightline.domain.portfolio.standings import property_standings
from sightline.domain.windows import Interval
from sightline.entrypoints.http.app import create_app

from . import Figure, within

ACME = TenantId("acme")
WILLIS = PropertyId(1)
KEY = "benchmark-key-1"
NOON = datetime(2025, 10, 1, 12, tzinfo=UTC)
ROUNDS, CALLS = 7, 60
GOAL_PORTFOLIO_MS = 100.0
MARKETS = 60


async def run() -> Sequence[Figure]:
    """The figures of this benchmark."""
    logging.disable(logging.CRITICAL)
    async with _deployed() as (adapters, counted):
        cases = bootstrap.use_cases(adapters)
        figures = [*await _portfolio(cases, counted), *await _domain(adapters)]
        return [*figures, *await _one(adapters, cases)]


@asynccontextmanager
async def _deployed() -> AsyncIterator[tuple[bootstrap.Adapters, Callable[[], int]]]:
    called: list[str] = []
    clock = FixedClock(NOON)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        database = Database(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
        stack.push_async_callback(database.aclose)
        await migrate(database)
        stand_in = await serve_stand_in("127.0.0.1", 0)
        stack.push_async_callback(stand_in.aclose)
        gateway = HttpMarketBenchmarkGateway(
            stand_in.url,
            snapshots=MemoryMarketSnapshotRepository(),
            clock=clock,
            on_event=lambda name, _: called.append(name),
        )
        stack.push_async_callback(gateway.aclose)
        store = SqlPropertyRepository(database)
        await store.put_all(ACME, [one.draft for one in sample_portfolio()], NOON)
        await store.replace_histories(ACME, sample_histories(), {}, NOON)
        adapters = evolve(
            bootstrap.in_memory(NOON),
            properties=store,
            property_histories=store,
            comparison_policies=store,
            markets=gateway,
        )
        yield adapters, lambda: called.count("market.calls")


async def _portfolio(cases: bootstrap.UseCases, counted: Callable[[], int]) -> Sequence[Figure]:
    everything = PropertyQuery()
    started = time.perf_counter()
    found = await cases.compare_portfolio(ACME, everything, tuple(CATALOGUE))
    cold_ms = 1000 * (time.perf_counter() - started)
    cold = counted()
    warm_ms = await _fastest(
        lambda: cases.compare_portfolio(ACME, everything, tuple(CATALOGUE)), calls=1
    )
    warm = counted() - cold
    assert len(found.items) == PROPERTIES
    return [
        Figure("calls of the market API for 1,200 properties, cold", str(cold),
               f"<= {MARKETS}", 0 < cold <= MARKETS),
        Figure("calls of the market API for 1,200 properties, warm", str(warm), "0", warm == 0),
        Figure("portfolio of 1,200, use case on SQLite, cold", f"{cold_ms:.0f} ms"),
        Figure("portfolio of 1,200, use case on SQLite, warm", f"{warm_ms:.0f} ms"),
    ]  # fmt: skip


async def _domain(adapters: bootstrap.Adapters) -> Sequence[Figure]:
    found = await adapters.properties.page(ACME, PropertyQuery())
    readings = await _readings(adapters)
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        property_standings(found.items, readings, PROPERTY_METRICS, ComparisonPolicy())
        times.append(1000 * (time.perf_counter() - started))
    return [
        within("1,200 properties compared at once, domain", min(times), GOAL_PORTFOLIO_MS, "ms")
    ]


async def _readings(adapters: bootstrap.Adapters) -> dict[MarketId, MarketReading]:
    every = frozenset(CATALOGUE)
    return {
        MarketId(number): await adapters.markets.read(MarketId(number), every)
        for number in range(1, MARKETS + 1)
    }


async def _one(adapters: bootstrap.Adapters, cases: bootstrap.UseCases) -> Sequence[Figure]:
    plain = PerformanceQuestion()
    whole = PerformanceQuestion(history=HistoryRequest(Interval.MONTH))
    await cases.create_tenant(ACME, "Acme")
    await cases.install_fixed_key(ACME, KeyId("bench"), "bench", KEY)
    app = create_app(cases, adapters.telemetry, adapters.server_secret)
    transport = httpx.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {KEY}"}
    path = f"/api/v1/properties/{WILLIS}/market-performance"
    async with httpx.AsyncClient(
        transport=transport, base_url="http://bench", headers=headers
    ) as client:
        assert (await client.get(path)).status_code == 200
        timed = {
            "domain": await _fastest(lambda: _in_domain(adapters, plain)),
            "use case": await _fastest(lambda: cases.compare_with_market(ACME, WILLIS, plain)),
            "use case, 36 months": await _fastest(
                lambda: cases.compare_with_market(ACME, WILLIS, whole), calls=10
            ),
            "ASGI and httpx": await _fastest(lambda: client.get(path)),
        }
    name = "market-performance of one property, warm"
    return [Figure(f"{name}: {what}", f"{found:.2f} ms") for what, found in timed.items()]


async def _in_domain(adapters: bootstrap.Adapters, question: PerformanceQuestion) -> object:
    if not _KNOWN:
        subject = await adapters.properties.get(ACME, WILLIS)
        reading = await adapters.markets.read(MarketId(1), frozenset(CATALOGUE))
        _KNOWN.append((PropertyFacts(subject, (), ComparisonPolicy(), 1), reading))
    facts, reading = _KNOWN[0]
    return market_performance(question, facts, reading, NOON.date())


_KNOWN: list[tuple[PropertyFacts, MarketReading]] = []


async def _fastest(call: Callable[[], Awaitable[object]], calls: int = CALLS) -> float:
    """Time of one call in the fastest of several rounds. [ms]"""
    rounds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for _ in range(calls):
            await call()
        rounds.append(1000 * (time.perf_counter() - started) / calls)
    return min(rounds)
