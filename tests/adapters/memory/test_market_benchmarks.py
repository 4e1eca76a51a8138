from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given

from sightline.adapters.memory.clock import FixedClock
from sightline.adapters.memory.market_benchmarks import MemoryMarketBenchmarkGateway
from sightline.domain.errors import MarketNotFound, MarketUnavailable
from sightline.domain.identifiers import MarketId
from sightline.domain.portfolio.benchmarks import MarketBenchmark, Source
from sightline.testing.strategies import market_benchmarks

CLOCK = FixedClock(datetime(2025, 9, 20, tzinfo=UTC))


@given(benchmark=market_benchmarks())
async def test_what_was_put_is_read(benchmark: MarketBenchmark) -> None:
    gateway = MemoryMarketBenchmarkGateway(CLOCK, [benchmark])
    reading = await gateway.read(benchmark.market, benchmark.metrics)
    assert (reading.benchmark, reading.source) == (benchmark, Source.LIVE)
    assert (reading.fetched_at, reading.position) == (CLOCK.now(), 1)
    assert gateway.reads == [benchmark.market]


@given(benchmark=market_benchmarks())
async def test_its_position_grows_with_its_content_and_only_then(
    benchmark: MarketBenchmark,
) -> None:
    gateway = MemoryMarketBenchmarkGateway(CLOCK, [benchmark, benchmark])
    changed = evolve(benchmark, last_updated=benchmark.last_updated + timedelta(days=1))
    gateway.put(changed)
    reading = await gateway.read(benchmark.market, benchmark.metrics)
    assert (reading.benchmark, reading.position) == (changed, 2)


async def test_it_can_be_told_to_be_unavailable_and_knows_only_what_it_was_given() -> None:
    gateway = MemoryMarketBenchmarkGateway(CLOCK)
    with pytest.raises(MarketNotFound):
        await gateway.read(MarketId(1), set())
    gateway.available = False
    with pytest.raises(MarketUnavailable):
        await gateway.read(MarketId(1), set())
