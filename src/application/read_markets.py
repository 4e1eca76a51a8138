"""Read many markets, each once, within a common time."""

import asyncio
from collections.abc import Iterable, Mapping, Set

from attrs import frozen

from ..domain.errors import MarketNotFound, MarketUnavailable
from ..domain.identifiers import MarketId
from ..domain.measures import Metric
from ..domain.portfolio.benchmarks import MarketReading
from ..domain.portfolio.observations import Reason
from ..domain.portfolio.standings import AbsentMarket
from ..ports.market_benchmarks import MarketBenchmarkGateway


@frozen
class ReadMarkets:
    """A step of several use cases: many markets, and why some of them cannot be read.

    Args:
        markets: Where they are read.
        at_once: How many are read at the same time; the gateway bounds the calls that
            come of it.
        deadline_seconds: After which silent markets count as unavailable. [s]
    """

    markets: MarketBenchmarkGateway
    at_once: int
    deadline_seconds: float

    async def __call__(
        self, markets: Iterable[MarketId], metrics: Iterable[Metric]
    ) -> Mapping[MarketId, MarketReading | AbsentMarket]:
        """Every market, however often it is named, as it was read; nothing is raised."""
        gate = asyncio.Semaphore(self.at_once)
        deadline = asyncio.get_running_loop().time() + self.deadline_seconds
        listed, wanted = sorted(set(markets)), frozenset(metrics)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._reading(gate, deadline, market, wanted))
                for market in listed
            ]
        return {market: task.result() for market, task in zip(listed, tasks, strict=True)}

    async def _reading(
        self, gate: asyncio.Semaphore, deadline: float, market: MarketId, metrics: Set[Metric]
    ) -> MarketReading | AbsentMarket:
        try:
            async with asyncio.timeout_at(deadline), gate:
                return await self.markets.read(market, metrics)
        except MarketNotFound:
            return AbsentMarket(Reason.MARKET_NOT_FOUND)
        except MarketUnavailable as error:
            seconds = error.retry_after_seconds
            return AbsentMarket(Reason.MARKET_UNAVAILABLE, error.reasons, seconds)
        except TimeoutError:
            return AbsentMarket(Reason.MARKET_UNAVAILABLE, ("deadline_exceeded",))
