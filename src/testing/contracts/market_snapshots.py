"""What every repository of market snapshots must do.

Import everything from here and define a module-scoped fixture ``fresh`` that
returns a maker of empty repositories which keep four snapshots of each market.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from ...domain.identifiers import MarketId
from ...domain.portfolio.benchmarks import MarketBenchmark
from ...ports.market_snapshots import MarketSnapshotRepository
from ..strategies import market_benchmarks

__all__ = [
    "test_a_market_that_was_never_kept_has_none",
    "test_concurrent_keeps_give_every_content_its_own_position",
    "test_markets_do_not_share_positions",
    "test_older_data_does_not_replace_newer",
    "test_only_the_newest_few_remain",
    "test_the_same_content_again_keeps_its_position_and_renews_its_time",
    "test_what_was_kept_comes_back_equal",
]

PER_MARKET = 4

Fresh = Callable[[], AbstractAsyncContextManager[MarketSnapshotRepository]]

_READ_AT = datetime(2025, 9, 15, 12, 0, 0, 123456, tzinfo=UTC)


def _progress(benchmark: MarketBenchmark, count: int) -> list[MarketBenchmark]:
    """So many updates of a benchmark, each a little newer."""
    return [
        evolve(benchmark, last_updated=benchmark.last_updated + timedelta(hours=step))
        for step in range(count)
    ]


async def test_a_market_that_was_never_kept_has_none(fresh: Fresh) -> None:
    async with fresh() as snapshots:
        assert await snapshots.latest(MarketId(1)) is None
        assert await snapshots.at(MarketId(1), 1) is None


@given(benchmark=market_benchmarks())
async def test_what_was_kept_comes_back_equal(fresh: Fresh, benchmark: MarketBenchmark) -> None:
    async with fresh() as snapshots:
        kept = await snapshots.keep(benchmark, _READ_AT)
        assert (kept.benchmark, kept.fetched_at, kept.position) == (benchmark, _READ_AT, 1)
        assert await snapshots.latest(benchmark.market) == kept
        assert await snapshots.at(benchmark.market, 1) == kept


@given(benchmark=market_benchmarks(), later=st.integers(-2, 3))
async def test_the_same_content_again_keeps_its_position_and_renews_its_time(
    fresh: Fresh, benchmark: MarketBenchmark, later: int
) -> None:
    again = _READ_AT + timedelta(hours=later)
    async with fresh() as snapshots:
        await snapshots.keep(benchmark, _READ_AT)
        kept = await snapshots.keep(benchmark, again)
        assert (kept.position, kept.fetched_at) == (1, again)
        assert await snapshots.latest(benchmark.market) == kept
        assert await snapshots.at(benchmark.market, 2) is None


@given(benchmark=market_benchmarks())
async def test_older_data_does_not_replace_newer(fresh: Fresh, benchmark: MarketBenchmark) -> None:
    older, newer = _progress(benchmark, 2)
    async with fresh() as snapshots:
        kept = await snapshots.keep(newer, _READ_AT)
        assert await snapshots.keep(older, _READ_AT + timedelta(hours=1)) == kept
        assert await snapshots.latest(benchmark.market) == kept


@given(benchmark=market_benchmarks(), count=st.integers(1, 2 * PER_MARKET))
async def test_only_the_newest_few_remain(
    fresh: Fresh, benchmark: MarketBenchmark, count: int
) -> None:
    async with fresh() as snapshots:
        updates = _progress(benchmark, count)
        for update in updates:
            await snapshots.keep(update, _READ_AT)
        remaining = [await snapshots.at(benchmark.market, 1 + step) for step in range(count)]
        gone = max(count - PER_MARKET, 0)
        assert remaining[:gone] == [None] * gone
        assert [kept.benchmark for kept in remaining[gone:] if kept] == updates[gone:]


@given(benchmark=market_benchmarks())
async def test_markets_do_not_share_positions(fresh: Fresh, benchmark: MarketBenchmark) -> None:
    neighbour = evolve(benchmark, market=MarketId(benchmark.market + 1))
    async with fresh() as snapshots:
        for update in _progress(benchmark, 2):
            await snapshots.keep(update, _READ_AT)
        assert (await snapshots.keep(neighbour, _READ_AT)).position == 1
        last = await snapshots.latest(benchmark.market)
        assert last is not None
        assert last.position == 2


@given(benchmark=market_benchmarks())
async def test_concurrent_keeps_give_every_content_its_own_position(
    fresh: Fresh, benchmark: MarketBenchmark
) -> None:
    updates = [evolve(benchmark, sample_size=size) for size in range(PER_MARKET)]
    async with fresh() as snapshots:
        kept = await asyncio.gather(*(snapshots.keep(update, _READ_AT) for update in updates))
        assert sorted(snapshot.position for snapshot in kept) == [1, 2, 3, 4]
        for snapshot in kept:
            assert await snapshots.at(benchmark.market, snapshot.position) == snapshot
