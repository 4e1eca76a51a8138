"""Read the market of a property, within a time."""

import asyncio
from collections.abc import Iterable

from attrs import frozen

from ..domain.errors import MarketNotFound, MarketUnavailable
from ..domain.identifiers import MarketId
from ..domain.measures import Metric
from ..domain.portfolio.benchmarks import MarketReading
from ..ports.market_benchmarks import MarketBenchmarkGateway


@frozen
class ReadMarket:
    """A step of several use cases: a market, or why there is none.

    Args:
        markets: Where it is read; the gateway keeps its own, shorter deadline.
        deadline_seconds: After which a silent market counts as unavailable. [s]
    """

    markets: MarketBenchmarkGateway
    deadline_seconds: float

    async def __call__(
        self, market: MarketId, metrics: Iterable[Metric]
    ) -> MarketReading | MarketUnavailable | None:
        """The market; None if the market API does not know it, the error if it cannot be had."""
        try:
            async with asyncio.timeout(self.deadline_seconds):
                return await self.markets.read(market, frozenset(metrics))
        except MarketNotFound:
            return None
        except MarketUnavailable as error:
            return error
        except TimeoutError:
            return MarketUnavailable(market, ("deadline_exceeded",))
