"""Market snapshots of one process."""

from datetime import datetime

from attrs import evolve

from ...domain.identifiers import MarketId
from ...domain.portfolio.benchmarks import MarketBenchmark, MarketSnapshot


class MemoryMarketSnapshotRepository:
    """Keeps the newest few snapshots of every market in a dictionary.

    Args:
        per_market: How many remain of each market.
    """

    def __init__(self, per_market: int = 12) -> None:
        self._per_market = per_market
        self._kept: dict[MarketId, list[MarketSnapshot]] = {}

    async def latest(self, market: MarketId) -> MarketSnapshot | None:
        kept = self._kept.get(market)
        return kept[-1] if kept else None

    async def at(self, market: MarketId, position: int) -> MarketSnapshot | None:
        kept = self._kept.get(market, [])
        return next((snapshot for snapshot in kept if snapshot.position == position), None)

    async def keep(self, benchmark: MarketBenchmark, fetched_at: datetime) -> MarketSnapshot:
        kept = self._kept.setdefault(benchmark.market, [])
        last = kept[-1] if kept else None
        if last and benchmark == last.benchmark:
            kept[-1] = evolve(last, fetched_at=fetched_at)
        elif not last or benchmark.last_updated >= last.benchmark.last_updated:
            position = last.position + 1 if last else 1
            kept.append(MarketSnapshot(benchmark, fetched_at, position))
            del kept[: -self._per_market]
        return kept[-1]

    async def position(self) -> int:
        return sum(kept[-1].position for kept in self._kept.values())
