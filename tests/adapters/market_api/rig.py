"""A gateway, the real stand-in on a real socket, and clocks that stand still."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from attrs import define, field

from sightline.adapters.market_api import (
    HttpMarketBenchmarkGateway,
    MarketStandIn,
    serve_stand_in,
)
from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_snapshots import MemoryMarketSnapshotRepository
from sightline.adapters.sample.markets import sample_benchmarks
from sightline.domain.circuit_breaker import BreakerPolicy
from sightline.domain.errors import MarketUnavailable
from sightline.domain.identifiers import MarketId
from sightline.domain.measures import CATALOGUE, Metric
from sightline.domain.portfolio.benchmarks import MarketReading
from sightline.domain.portfolio.market_freshness import FreshnessPolicy
from sightline.ports.market_snapshots import MarketSnapshotRepository

LOOP = MarketId(1)
EVERY = frozenset(CATALOGUE)
RENT = frozenset({Metric.RENT_PER_SQFT})
OCCUPANCY = frozenset({Metric.OCCUPANCY_RATE})

#: Impatient after failures, so that a whole table of faults fits into seconds; patient with
#: slow calls, because a busy machine makes every call slow.
QUICK = FreshnessPolicy(pause_after_failure=timedelta(milliseconds=20))
BREAKER = BreakerPolicy(slow_seconds=30.0, open_seconds=1.0)

#: How long a busy machine may take for what is a matter of moments.
PATIENCE_SECONDS = 10.0

Facts = set[tuple[MarketId, Metric, date, float]]


@define(eq=False)
class Seconds:
    """A monotonic clock that is moved by hand."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@define(eq=False)
class Rig:
    """Makes gateways to one stand-in; every gateway is as after a restart."""

    stand_in: MarketStandIn
    clock: FixedClock
    snapshots: MemoryMarketSnapshotRepository
    events: list[tuple[str, dict[str, str]]] = field(factory=list)
    gateways: list[HttpMarketBenchmarkGateway] = field(factory=list)

    def gateway(
        self,
        *,
        url: str = "",
        snapshots: MarketSnapshotRepository | None = None,
        deadline_seconds: float = 5.0,
        freshness: FreshnessPolicy = QUICK,
        breaker: BreakerPolicy = BREAKER,
        monotonic: Callable[[], float] = time.monotonic,
        **others: Any,
    ) -> HttpMarketBenchmarkGateway:
        gateway = HttpMarketBenchmarkGateway(
            url or self.stand_in.url,
            snapshots=snapshots or self.snapshots,
            clock=self.clock,
            deadline_seconds=deadline_seconds,
            freshness=freshness,
            breaker=breaker,
            monotonic=monotonic,
            jitter=lambda: 0.0,
            on_event=lambda name, fields: self.events.append((name, dict(fields))),
            **others,
        )
        self.gateways.append(gateway)
        return gateway

    @property
    def calls(self) -> int:
        """How often the stand-in was asked for a market."""
        return sum(self.stand_in.calls.values())

    def count(self, name: str, **fields: str) -> int:
        """How often an event was told."""
        return self.events.count((name, fields))


@asynccontextmanager
async def rigged() -> AsyncIterator[Rig]:
    """A healthy stand-in and nothing kept."""
    clock = FixedClock(datetime(2025, 9, 20, 12, tzinfo=UTC))
    rig = Rig(await serve_stand_in("127.0.0.1", 0), clock, MemoryMarketSnapshotRepository())
    try:
        yield rig
    finally:
        for gateway in rig.gateways:
            await gateway.aclose()
        await rig.stand_in.aclose()


def facts(reading: MarketReading) -> Facts:
    """Every figure that a reading states."""
    market = reading.benchmark.market
    return {
        (market, metric, row.month, value)
        for row in reading.benchmark.months
        for metric, value in row.values.items()
    }


def truth() -> Facts:
    """Every figure of the sample markets that is true."""
    return {
        (benchmark.market, metric, row.month, value)
        for benchmark in sample_benchmarks()
        for row in benchmark.months
        for metric, value in row.values.items()
    }


def undegraded(reading: MarketReading) -> bool:
    """Whether a reading is as fresh as it should be."""
    return not reading.degraded


async def until(
    gateway: HttpMarketBenchmarkGateway,
    enough: Callable[[MarketReading], bool],
) -> MarketReading:
    """Read market 1 again and again until a reading is what is waited for.

    Raises:
        TimeoutError: If that takes longer than it may.
    """
    # A refresh in the background tells nobody when it is done.
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not enough(reading := await gateway.read(LOOP, EVERY)):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    return reading


async def until_so(condition: Callable[[], object]) -> None:
    """Wait for something that happens on the other side of the socket.

    Raises:
        TimeoutError: If it does not happen in time.
    """
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.001)


async def recovered(gateway: HttpMarketBenchmarkGateway) -> MarketReading:
    """The first reading after a time without any; a market is left alone after a failure."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            try:
                return await gateway.read(LOOP, EVERY)
            except MarketUnavailable:
                await asyncio.sleep(0.02)
