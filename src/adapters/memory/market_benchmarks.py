"""Benchmarks that are given, for tests and demonstrations without a market API."""

from collections.abc import Iterable, Set
from datetime import timedelta

from ...domain.errors import MarketNotFound, MarketUnavailable
from ...domain.identifiers import MarketId
from ...domain.measures import Metric
from ...domain.portfolio.benchmarks import MarketBenchmark, MarketReading, Source
from ...ports.clock import Clock


class MemoryMarketBenchmarkGateway:
    """Gives out what it was given; can be told to be stale or unavailable.

    Args:
        clock: Dates the readings.
        benchmarks: At most one per market; a later one replaces an earlier.
    """

    def __init__(self, clock: Clock, benchmarks: Iterable[MarketBenchmark] = ()) -> None:
        self._clock = clock
        self._benchmarks: dict[MarketId, MarketBenchmark] = {}
        self._positions: dict[MarketId, int] = {}
        self.source = Source.LIVE
        self.reasons: tuple[str, ...] = ()
        self.available = True
        self.reads: list[MarketId] = []
        for benchmark in benchmarks:
            self.put(benchmark)

    def put(self, benchmark: MarketBenchmark) -> None:
        """Replace what is known of a market; its position grows if that changes anything."""
        if self._benchmarks.get(benchmark.market) == benchmark:
            return
        self._benchmarks[benchmark.market] = benchmark
        self._positions[benchmark.market] = self._positions.get(benchmark.market, 0) + 1

    async def refresh(
        self,
        market: MarketId,
        metrics: Set[Metric],
        younger_than: timedelta,  # nothing here grows old
    ) -> MarketReading:
        return await self.read(market, metrics)

    async def read(self, market: MarketId, metrics: Set[Metric]) -> MarketReading:
        self.reads.append(market)
        if not self.available:
            raise MarketUnavailable(market, self.reasons or ("connection_failed",))
        if market not in self._benchmarks:
            raise MarketNotFound(market)
        return MarketReading(
            benchmark=self._benchmarks[market],
            source=self.source,
            fetched_at=self._clock.now(),
            age_seconds=0.0,
            reasons=self.reasons,
            position=self._positions[market],
        )

    async def position(self) -> int:
        return sum(self._positions.values())
