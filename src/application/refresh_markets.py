"""Read the markets of a portfolio anew, ahead of whoever asks for them."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta

from attrs import frozen

from ..domain.errors import MarketNotFound, MarketUnavailable, Unavailable
from ..domain.identifiers import MarketId
from ..domain.jobs import Job
from ..domain.measures import CATALOGUE
from ..domain.portfolio.benchmarks import Source
from ..ports.followed_markets import FollowedMarkets
from ..ports.market_benchmarks import MarketBenchmarkGateway
from .run_jobs import Progress

KIND = "refresh_markets"
#: What was read so lately is not read again, for this tenant or another.
YOUNG = timedelta(minutes=1)

_METRICS = frozenset(CATALOGUE)
_NOT_FOUND = "not_found"
_UNAVAILABLE = "unavailable"


@frozen
class RefreshMarkets:
    """Job: every market in which a tenant has properties, read anew; again is harmless.

    Args:
        followed: Which markets those are.
        markets: Where they are read.
        at_once: How many are read at the same time, and per report of progress.
    """

    followed: FollowedMarkets
    markets: MarketBenchmarkGateway
    at_once: int = 16

    async def __call__(self, job: Job, progress: Progress) -> Mapping[str, object]:
        """Refresh; the result counts markets by where their data came from.

        Raises:
            Unavailable: If no market at all can be read, so that it is tried again.
        """
        listed = await self.followed.markets(job.tenant)
        counts: Counter[str] = Counter()
        for start in range(0, len(listed), self.at_once):
            counts.update(await self._sources(listed[start : start + self.at_once]))
            done = counts.total()
            await progress(done / len(listed), f"{done} of {len(listed)} markets")
        if listed and counts[_UNAVAILABLE] == len(listed):
            message = "no market can be read now"
            raise Unavailable(message)
        names = [*(source.value for source in Source), _NOT_FOUND, _UNAVAILABLE]
        return {"markets": len(listed), "sources": {name: counts[name] for name in names}}

    async def _sources(self, markets: Sequence[MarketId]) -> list[str]:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._source(market)) for market in markets]
        return [task.result() for task in tasks]

    async def _source(self, market: MarketId) -> str:
        try:
            reading = await self.markets.refresh(market, _METRICS, YOUNG)
        except MarketNotFound:
            return _NOT_FOUND
        except MarketUnavailable:
            return _UNAVAILABLE
        return reading.source.value
